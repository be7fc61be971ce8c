"""The command line as a person and a program use it, proved by the toy workflow."""

import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import toy_workflow
from rich.console import Console

from genodesk.core.events import Progress, parse_event
from genodesk.core.ids import new_run_id
from genodesk.core.run import RunFolder
from genodesk.core.workflow import Demo
from genodesk.core.yaml_text import read_yaml
from genodesk.engine import cli, cli_follow
from genodesk.jobs.liveness import judge
from genodesk.jobs.status import read

ENGINE = [sys.executable, "-m", "genodesk.engine.cli"]
HEAVY = (
    "torch",
    "numpy",
    "pandas",
    "anndata",
    "scanpy",
    "h5py",
    "zarr",
    "matplotlib",
    "scipy",
    "sklearn",
    "accelerate",
)


class Shell:
    """Runs command lines in this process, which is ten times faster than in one of their own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: object) -> int:
        self._capsys.readouterr()
        code = cli.main([str(word) for word in words])
        self.out, self.err = self._capsys.readouterr()
        return code

    def json(self) -> dict[str, Any]:
        (line,) = self.out.splitlines()  # exactly one document
        document: dict[str, Any] = json.loads(line)
        return document


@pytest.fixture
def engine(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def start(*words: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*ENGINE, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def until(condition: Any, seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.02)
    return pytest.fail("what was waited for did not happen")


def step_of(place: Path) -> int:
    return (read(place).step or 0) if (place / "run.json").exists() else 0


def test_help_takes_well_under_a_second_of_the_processor():
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([*ENGINE, "--help"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(5)) < 0.8  # 0.35 to 0.55 on two cores, as busy as they are


@pytest.mark.parametrize("words", [["--help"], ["toy", "train", "--help"], ["runs", "list"], ["version"]])
def test_help_and_lists_import_nothing_heavy(words):
    program = f"import sys; from genodesk.engine.cli import main; main({words!r}); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert {name.partition(".")[0] for name in done.stderr.split()} & set(HEAVY) == set()


def test_help_names_every_setting_with_sentence_bounds_and_default(engine):
    assert engine("toy", "train", "--help") == 0
    text = " ".join(engine.out.replace("│", " ").split())
    assert "--steps WHOLE Steps. Steps of the walk. [at least 1; default 40]" in text
    assert "Settings, advanced" in text
    assert "none | user | error" in text
    assert "--config FILE.yaml" in text
    assert engine("toy", "--help") == 0
    assert "Adds numbers." in engine.out


def test_a_run_prints_one_json_document_and_leaves_its_folder(engine, tmp_path):
    place = tmp_path / "run"
    assert engine("toy", "train", "--steps", 4, "--run-dir", place, "--json") == 0
    document = engine.json()
    assert document["run"] == {"id": RunFolder.open(place).info.id, "folder": str(place), "state": "finished"}
    assert len(document["weights"]) == 4
    assert engine.err == ""
    assert read_yaml(place / "settings.yaml")["steps"] == 4


def test_people_get_progress_beside_the_answer_and_a_calm_summary(engine, tmp_path):
    assert engine("toy", "train", "--steps", 1, "--run-dir", tmp_path / "run") == 0
    assert "note: One step is hardly a walk. Take more steps." in engine.err
    assert "1 of 1 steps, Loss" in engine.err
    assert engine.out.startswith("Finished after ")
    assert "Best train Loss:" in engine.out
    assert "this model" in engine.out
    assert f"Folder: {tmp_path / 'run'} (figures: 1)" in engine.out


def test_the_command_line_wins_over_yaml_over_preset_over_default(engine, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text("format: 1\nworkflow: toy\naction: train\npreset: quick\ndata: here.txt\nruntime:\n  seed: 5\n")
    (tmp_path / "here.txt").touch()
    place = tmp_path / "run"

    assert engine("toy", "train", "--config", file, "--checkpoint-every", "7", "--run-dir", place, "--json") == 0

    written = read_yaml(place / "settings.yaml")
    assert written["preset"] == "quick"
    assert written["steps"] == 10  # preset
    assert written["runtime"]["seed"] == 5  # YAML
    assert written["data"] == str(tmp_path / "here.txt")  # relative to the file, not to the current folder
    assert written["checkpoint_every"] == 7  # command line
    assert written["step_seconds"] == 0.0  # default


def test_running_saved_settings_again_repeats_the_run(engine, tmp_path):
    assert engine("toy", "train", "--preset", "quick", "--seed", 3, "--run-dir", tmp_path / "a", "--json") == 0
    first = engine.json()["weights"]
    assert engine("run", tmp_path / "a" / "settings.yaml", "--run-dir", tmp_path / "b", "--json") == 0
    assert engine.json()["weights"] == first


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["toy", "train", "--stepz", "3"], "There is no option called --stepz.", "Did you mean --steps?"),
        (["toy", "train", "--detatch"], "There is no option called --detatch.", "Did you mean --detach?"),
        (["toy", "trian"], "toy has no action called trian.", "Did you mean train?"),
        (["toyy", "train"], "There is no command or workflow called toyy.", "Did you mean toy?"),
        (["run", "missing.yaml"], "There is no such settings file.", "Check the path."),
        (["toy", "train", "--preset", "fast"], "train has no preset called fast.", "Choose one of quick, standard."),
        (["toy", "train", "--steps", "0"], "--steps should be greater than or equal to 1, but is 0.", None),
        (
            ["toy", "train", "--steps"],
            "--steps needs a value.",
            "`genodesk-engine toy train --help` shows how it is used.",
        ),
        (["inspect"], "FILE is missing.", "`genodesk-engine inspect --help` shows how it is used."),
        (["inspect", "a", "b"], "b is more than `genodesk-engine inspect` takes.", None),
        (["runs", "lst"], "`genodesk-engine runs` knows no lst.", "Did you mean list?"),
        (["render", "x", "--out", "y.png", "--dpi", "big"], "--dpi is 'big', which is not a whole number.", None),
        (["devices", "--jsn"], "There is no option called --jsn.", "Did you mean --json?"),
        (["runs", "show", "nothing"], "There is no run called nothing.", None),
        (["toy", "train", "--device", "npu"], "The device npu is not ready: No Ascend NPU was found.", None),
        (["render", "x.json", "--out", "x.png"], "There is no such figure.", None),
    ],
)
def test_a_persons_mistake_is_one_sentence_with_a_remedy_and_exit_2(engine, home, words, message, hint):
    assert engine(*words) == 2
    first, *rest = engine.err.splitlines()
    assert first.startswith("error: ")
    assert message is None or first.endswith(message)
    assert hint is None or rest == [f"  {hint}"]
    assert engine(*words, "--json") == 2
    error = engine.json()["error"]
    assert set(error) == {"message", "hint", "where"}
    assert message is None or error["message"] == message
    assert not (home / "runs").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workflow: other\n", "is for the workflow other"),
        ("action: add\n", "is for the action add"),
        ("format: 2\n", "made by a newer Genodesk"),
        ("step: 3\n", "no setting called step"),
        ("steps: [\n", "not valid YAML"),
        ("steps: 0\n", "steps should be greater"),
        ("preset: [quick]\n", "not a word"),
    ],
)
def test_a_mistake_in_the_settings_file_names_the_file(engine, tmp_path, text, message):
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    assert engine("toy", "train", "--config", file, "--json") == 2
    assert message in engine.json()["error"]["message"]
    assert engine.json()["error"]["where"].startswith(str(file))


def test_what_the_check_refuses_leaves_nothing_behind(engine, tmp_path):
    place = tmp_path / "run"
    assert engine("toy", "train", "--data", tmp_path / "absent.txt", "--run-dir", place) == 2
    assert not place.exists()


def test_a_folder_that_holds_a_run_is_refused_with_the_way_to_go_on(engine, tmp_path):
    place = tmp_path / "run"
    assert engine("toy", "train", "--steps", 2, "--run-dir", place, "--json") == 0
    assert engine("toy", "train", "--steps", 2, "--run-dir", place) == 2
    assert f"runs resume {place}" in engine.err


@pytest.mark.parametrize(("trouble", "code"), [("user", 2), ("error", 1)])
def test_the_exit_code_tells_a_persons_mistake_from_a_fault(engine, tmp_path, trouble, code):
    assert engine("toy", "train", "--trouble", trouble, "--run-dir", tmp_path / "run", "--json") == code
    error = engine.json()["error"]
    assert "Traceback" not in json.dumps(error)
    assert error["hint"]


def test_ctrl_c_stops_the_run_and_resuming_gives_the_same_weights(engine, tmp_path):
    place = tmp_path / "run"
    options = ["--steps", 150, "--step-seconds", 0.02, "--seed", 1]
    process = start("toy", "train", *options, "--run-dir", place)
    until(lambda: step_of(place) >= 5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 3, err
    assert out.startswith("Stopped after ")
    assert f"runs resume {place}" in out
    assert engine("runs", "resume", place, "--json") == 0
    resumed = engine.json()["weights"]
    assert engine("toy", "train", "--steps", 150, "--seed", 1, "--run-dir", tmp_path / "whole", "--json") == 0
    assert engine.json()["weights"] == resumed


def test_a_second_ctrl_c_ends_a_run_that_does_not_listen(tmp_path):
    place = tmp_path / "run"
    process = start("toy", "train", "--trouble", "deaf", "--steps", 10, "--run-dir", place)
    until(lambda: step_of(place) >= 5)
    process.send_signal(signal.SIGINT)
    until(lambda: b'"request":"stop"' in (place / "events.jsonl").read_bytes())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 3


def test_closing_the_terminal_leaves_the_run_alive(engine, tmp_path):
    place = tmp_path / "run"
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored, and inherited as ignored
    try:
        process = start("toy", "train", "--steps", 2000, "--step-seconds", 0.02, "--run-dir", place)
    finally:
        signal.signal(signal.SIGHUP, before)
    until(lambda: step_of(place) >= 3)
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=10)
    then = step_of(place)
    assert judge(RunFolder.open(place)) == "alive"
    until(lambda: step_of(place) > then)
    assert engine("runs", "stop", place) == 0
    until(lambda: read(place).state == "stopped")
    until(lambda: judge(RunFolder.open(place)) == "dead")


def test_a_detached_run_can_be_listed_watched_stopped_and_deleted(engine, tmp_path):
    assert engine("toy", "train", "--steps", 2000, "--step-seconds", 0.02, "--detach", "--json") == 0
    started = engine.json()
    place = Path(started["folder"])
    assert set(started) == {"id", "folder", "state"}
    until(lambda: step_of(place) >= 2)

    assert engine("runs", "list", "--json") == 0
    assert [run["id"] for run in engine.json()["runs"]] == [started["id"]]
    assert engine("runs", "delete", place, "--yes") == 2  # it is alive
    watching = start("runs", "watch", started["id"], "--json")
    assert engine("runs", "stop", place.name) == 0
    lines, _ = watching.communicate(timeout=30)

    assert watching.returncode == 3
    assert [parse_event(line).seq for line in lines.splitlines()] == list(range(len(lines.splitlines())))
    assert engine("runs", "show", place, "--json") == 0
    assert engine.json()["state"] == "stopped"
    until(lambda: judge(RunFolder.open(place)) == "dead")
    assert engine("runs", "delete", place) == 2  # nobody said yes
    assert engine("runs", "delete", place, "--yes", "--json") == 0
    assert engine.json()["deleted"] == str(place)
    assert not place.exists()


def test_a_request_on_standard_input_starts_a_run_and_asking_again_starts_no_other(tmp_path, home):
    request = {"id": new_run_id(), "workflow": "toy", "action": "train", "settings": {"steps": 2}}

    def submit(document: object) -> subprocess.CompletedProcess[str]:
        text = document if isinstance(document, str) else json.dumps(document)
        return subprocess.run([*ENGINE, "submit"], input=text, capture_output=True, text=True, check=False)

    first, second = (json.loads(submit(request).stdout) for _ in range(2))
    assert first["folder"] == second["folder"]
    assert first["id"] == request["id"]
    until(lambda: read(Path(first["folder"])).state == "finished")
    for wrong in ("{", "[1]", {**request, "id": "../../x"}, {**request, "settings": {"stepz": 1}}, {**request, "x": 1}):
        done = submit(wrong)
        assert done.returncode == 2
        assert json.loads(done.stdout)["error"]["message"]
    assert len(list((home / "runs").iterdir())) == 1


def test_a_call_answers_at_once_and_makes_no_folder(engine, home):
    assert engine("toy", "add", "--numbers", 3, "--numbers", 4.5, "--json") == 0
    assert engine.json() == {"sum": 7.5}
    assert engine("toy", "add") == 0
    assert engine.out == "sum  3\n"
    assert not (home / "runs").exists()


def test_a_fault_of_the_program_is_one_calm_sentence_and_a_saved_traceback(engine, home, monkeypatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inner workings")

    monkeypatch.setattr(toy_workflow, "add", broken)
    assert engine("toy", "add") == 1
    assert engine.err.startswith("error: Something went wrong inside Genodesk.\n")
    assert "inner workings" not in engine.err
    (saved,) = (home / "cache" / "faults").iterdir()
    assert "ZeroDivisionError: inner workings" in saved.read_text()


def test_the_demonstration_leaves_run_figures_and_numbers(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("genodesk.engine.demo.workflow_names", lambda: ("toy",))
    out = tmp_path / "demo"
    assert engine("demo", "--out", out, "--json") == 0
    (toy,) = engine.json()["workflows"]
    assert toy["metrics"]["loss"] > 0
    assert toy["then"] == [{"action": "add", "sum": 9.0}]
    assert sorted(path.name for path in (out / "toy" / "figures").iterdir()) == [
        "walk.csv",
        "walk.pdf",
        "walk.png",
        "walk.svg",
    ]
    assert (out / "toy" / "metrics.csv").read_text().splitlines()[1].startswith("this model,")
    assert engine("demo", "--out", out, "--json") == 0, "a second time it is only shown"
    assert engine.json()["workflows"] == [toy]
    kept = out / "toy" / "run" / "result.json"
    beside = {"warnings": ["Doubt it."], "remarks": ["Few walks."], "how": "By steps."}
    kept.write_text(json.dumps(json.loads(kept.read_text()) | beside))
    assert engine("demo", "--out", out) == 0
    assert [said for said in ("Doubt it.", "Few walks.", "By steps.") if said not in engine.out] == []
    assert engine("demo", "--out", out, "--json") == 0
    assert engine.json()["workflows"] == [toy | beside]
    (out / "notes.txt").write_text("mine")
    assert engine("demo", "--out", out) == 2, "a person's own folder is left alone"


def test_a_demonstration_that_was_stopped_goes_on(engine, tmp_path, monkeypatch):
    long = replace(toy_workflow.WORKFLOW, demo=Demo("train", "quick", {"steps": 100, "step_seconds": 0.02}))
    monkeypatch.setattr("genodesk.engine.demo.workflow_names", lambda: ("toy",))
    monkeypatch.setattr("genodesk.engine.demo.get_workflow", lambda name: long)
    out = tmp_path / "demo"
    run = out / "toy" / "run"
    process = start("toy", "train", "--steps", 100, "--step-seconds", 0.02, "--preset", "quick", "--run-dir", run)
    until(lambda: step_of(run) >= 10)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 3
    assert engine("demo", "--out", out) == 0
    assert engine.err.count("Preparing") == 1, "what the first part of the run told is not told again"
    last = RunFolder.open(run)
    assert last.last_exit().state == "finished"
    assert len(last.attempt_folders()) == 2


def test_a_demonstration_takes_no_run_of_other_settings_for_its_own(engine, tmp_path, monkeypatch):
    monkeypatch.setattr("genodesk.engine.demo.workflow_names", lambda: ("toy",))
    assert engine("toy", "train", "--steps", 3, "--run-dir", tmp_path / "demo" / "toy" / "run", "--json") == 0
    assert engine("demo", "--out", tmp_path / "demo") == 2
    assert "other settings" in engine.err


def test_a_bar_leaves_room_for_itself_and_for_the_time_that_is_left():
    bar = cli_follow.Bar("train")
    bar.close()
    bar.progress(Progress(done=1400, total=5000, unit="steps", eta_s=5000), "validation Pair-distance Spearman 0.8453")
    console = Console(width=80, file=io.StringIO())
    console.print(bar._bar.get_renderable())
    line = console.file.getvalue().splitlines()[0]
    assert line.count("━") == 6
    assert "1,400 of 5,000 steps, 1 h 23 min left" in line


def test_the_width_of_a_picture_is_a_column_or_millimetres(engine, tmp_path):
    assert engine("toy", "train", "--steps", 2, "--run-dir", tmp_path / "run", "--json") == 0
    figure = tmp_path / "run" / "figures" / "walk.json"
    sizes = []
    for width in ("single", "double", "100"):
        assert engine("render", figure, "--out", tmp_path / "walk.svg", "--width", width) == 0
        sizes.append(float(re.search(r'width="([\d.]+)pt"', (tmp_path / "walk.svg").read_text())[1]) / 72 * 25.4)
    assert sizes == pytest.approx([89, 183, 100], abs=0.1)
    assert engine("render", figure, "--out", tmp_path / "walk.svg", "--width", "wide") == 2
    assert "Give single, double, or 40 to 400 mm." in engine.err


def test_a_run_that_failed_is_shown_with_its_reason_and_one_that_finished_with_its_methods(engine, tmp_path):
    assert engine("toy", "train", "--trouble", "user", "--run-dir", tmp_path / "failed", "--json") == 2
    reason = engine.json()["error"]
    assert engine("runs", "show", tmp_path / "failed") == 0
    assert reason["message"] in engine.out
    assert engine("toy", "train", "--steps", 2, "--run-dir", tmp_path / "good", "--json") == 0
    assert engine("runs", "show", tmp_path / "good") == 0
    assert "For a methods section: Results were computed with Genodesk" in engine.out


def test_hostile_text_reaches_the_terminal_without_its_control_characters(engine):
    assert engine("inspect", "\x1b[31mred") == 2
    assert "\x1b" not in engine.err
    assert os.linesep in engine.err
