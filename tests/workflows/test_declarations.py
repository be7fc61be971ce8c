"""Every setting of every workflow means something: it is read where the workflow computes, and has one name."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from settings_read import nested, settings_read

import genodesk
from genodesk.core.layers import Layer, build
from genodesk.core.settings import RESERVED_NAMES, Settings, group, leaves, setting
from genodesk.core.workflow import Action, get_workflow, workflow_names

HOUSE = Path(genodesk.__file__).parent
WORKFLOWS = [get_workflow(name) for name in workflow_names() if name != "toy"]
ACTIONS = [pytest.param(w.name, a, id=f"{w.name} {a.name}") for w in WORKFLOWS for a in w.actions]
PRESETS = [
    pytest.param(a, preset, id=f"{w.name} {a.name} {preset}")
    for w in WORKFLOWS
    for a in w.actions
    for preset in a.presets
]


@cache
def read_of(workflow: str) -> set[tuple[type[Settings], str]]:
    """What the workflow, the engine and the jobs read from the settings of the workflow's actions."""
    rooms = (f"workflows/{workflow.replace('-', '_')}", "engine", "jobs", "core")
    files = [file for room in rooms for file in (HOUSE / room).rglob("*.py") if "settings" not in file.stem]
    return settings_read(files, {kind for a in get_workflow(workflow).actions for kind in nested(a.settings)})


def is_read(settings: type[Settings], path: tuple[str, ...], read: set[tuple[type[Settings], str]]) -> bool:
    owner: Any = settings
    for name in path[:-1]:
        owner = owner.model_fields[name].annotation
    return any(name == path[-1] and issubclass(owner, kind) for kind, name in read)


@pytest.mark.parametrize(("workflow", "action"), ACTIONS)
def test_every_setting_is_read_from_the_settings_of_its_action(workflow: str, action: Action):
    read = read_of(workflow)
    assert [leaf.name for leaf in leaves(action.settings) if not is_read(action.settings, leaf.path, read)] == []


class Deep(Settings):
    window: int = setting(1, title="Window", help="Read.")
    sweep: int = setting(1, title="Sweep", help="Read by a property.")
    regions: int = setting(1, title="Regions", help="Not read.")

    @property
    def swept(self) -> int:
        return self.sweep


class Shallow(Settings):
    deep: Deep = group(Deep, title="Deep")
    seed: int = setting(0, title="Seed", help="Not read.")


def test_a_word_on_something_else_does_not_count_as_reading_a_setting(tmp_path: Path):
    (tmp_path / "a.py").write_text(
        "def act(settings: 'Shallow', data):\n"
        "    deep = settings.deep\n"
        "    return deep.window, deep.swept, data.regions, data.seed, [one.seed for one in data.deep]\n"
    )
    read = settings_read([tmp_path / "a.py"], nested(Shallow))
    assert read == {(Shallow, "deep"), (Deep, "window"), (Deep, "sweep")}


@pytest.mark.parametrize(("workflow", "action"), ACTIONS)
def test_options_have_one_name_each_and_none_is_reserved(workflow: str, action: Action):
    names = [leaf.name for leaf in leaves(action.settings)]
    assert len(names) == len(set(names))
    assert not set(names) & {*RESERVED_NAMES, "config", "run_dir", "detach", "json"}
    assert all(leaf.title and leaf.help.endswith(".") for leaf in leaves(action.settings))


@pytest.mark.parametrize(("action", "preset"), PRESETS)
def test_every_preset_names_settings_that_exist(action: Action, preset: str):
    assert build(action.settings, Layer(action.preset(preset), f"preset {preset}"))


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_the_demonstration_names_settings_that_exist_and_needs_no_file(workflow):
    demo = workflow.demo
    assert demo is not None
    action = workflow.action(demo.action)
    settings = build(action.settings, Layer(action.preset(demo.preset), "preset"), Layer(demo.settings, "demo"))
    given = [leaf for leaf in leaves(action.settings) if leaf.file is not None and leaf.file.role == "data"]
    for leaf in given:
        value = settings
        for name in leaf.path:
            value = getattr(value, name)
        assert value is None, leaf.name
