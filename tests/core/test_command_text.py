"""The command shown on the last page of the wizard builds the settings that were chosen there, and says no more."""

import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest

from genodesk.core.command_text import command_text, command_words
from genodesk.core.layers import Layer, build
from genodesk.core.settings import Settings, group, setting
from genodesk.core.workflow import Action, Workflow, get_workflow
from genodesk.engine.cli_workflows import Asked, workflow_app


class Inner(Settings):
    rate: float = setting(0.5, title="Rate", help="How fast.")
    limit: int | None = setting(3, title="Limit", help="How many.")


class Odd(Settings):
    data: Path = setting(title="Data", help="What to read.")
    names: tuple[str, ...] = setting(("a",), title="Names", help="Which names.")
    forms: tuple[Literal["h5ad", "csv"], ...] = setting(("h5ad", "csv"), title="Forms", help="Which forms.")
    exact: bool = setting(True, title="Exact", help="Whether.")
    note: str = setting("", title="Note", help="Anything.")
    inner: Inner = group(Inner, title="Inner")


ODD = Action("try", "Try", "Tries.", Odd, "m:f", presets={"quick": {"names": ["b", "c"], "inner": {"rate": 0.1}}})
WORKFLOW = Workflow("odd", "Odd", "Odd.", (ODD,))


def read_back(workflow: Workflow, words: list[str]) -> Asked:
    """What the command line makes of the words."""
    assert words[:2] == ["genodesk-engine", workflow.name]
    caught: list[Asked] = []
    app = workflow_app(workflow, words[2], lambda asked: caught.append(asked) or 0)
    app(words[2:], exit_on_error=False, result_action="return_value")
    return caught[0]


@pytest.mark.parametrize("preset", ["standard", "quick"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"names": []},
        {"names": ["切片 1", "-x", "it's"]},
        {"forms": ["csv"]},
        {"forms": []},
        {"exact": False, "note": "--note"},
        {"inner": {"rate": 1e-5, "limit": None}},
        {"inner": {"rate": -2.0, "limit": -7}},
        {"inner": {"rate": 0.1}, "names": ["b", "c"]},
    ],
)
def test_the_command_builds_the_same_settings(values: dict[str, Any], preset: str, tmp_path):
    settings = build(
        Odd, Layer(ODD.preset(preset)), Layer({"data": str(tmp_path / "测试 data" / "a b.h5ad")}), Layer(values)
    )
    words = command_words("odd", ODD, settings, preset)
    asked = read_back(WORKFLOW, words)
    assert asked.settings == settings
    assert asked.preset == preset


def test_only_what_the_preset_does_not_say_is_named(tmp_path):
    settings = build(Odd, Layer(ODD.preset("quick")), Layer({"data": "/x.h5ad", "inner": {"rate": 0.5}}))
    words = command_words("odd", ODD, settings, "quick", tmp_path)
    assert words == [
        *("genodesk-engine", "odd", "try", "--preset", "quick"),
        *("--data", "/x.h5ad", "--rate", "0.5", "--run-dir", str(tmp_path)),
    ]


@pytest.mark.parametrize("preset", ["quick", "standard", "published"])
def test_a_real_training_comes_back_from_its_command(preset):
    workflow = get_workflow("alphastomics")
    action = workflow.action("train")
    values = {
        "tissue": {"data": "/data/mouse brain.h5ad", "reading": {"slice_key": "section", "label_key": None}},
        "slices": {"holdout": ["s1", "s 2"], "rotate": False},
        "training": {"max_steps": None, "epochs": 3, "learning_rate": 5e-4},
        "runtime": {"device": "cpu", "seed": 7},
    }
    settings = build(action.settings, Layer(action.preset(preset)), Layer(values))
    assert read_back(workflow, command_words("alphastomics", action, settings, preset)).settings == settings


def test_the_text_can_be_pasted_and_has_an_option_a_line():
    words = ["genodesk-engine", "odd", "try", "--data", "/a b/c.h5ad", "--no-exact"]
    text = command_text(words)
    assert text.splitlines() == ["genodesk-engine odd try \\", "  --data '/a b/c.h5ad' \\", "  --no-exact"]
    printed = subprocess.run(["sh", "-c", f"printf '%s\\n' {text}"], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines() == words
