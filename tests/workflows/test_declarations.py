"""Every setting of every workflow means something: it is read where the workflow computes, and has one name."""

import ast
from functools import cache
from pathlib import Path

import pytest

import genodesk
from genodesk.core.layers import Layer, build
from genodesk.core.settings import RESERVED_NAMES, leaves
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
def names_read(workflow: str) -> set[str]:
    """What is read as an attribute in the workflow, the engine and the jobs, by `.name` or by getattr.

    Checks within the settings classes themselves use nothing.
    """
    found: set[str] = set()
    for room in (f"workflows/{workflow.replace('-', '_')}", "engine", "jobs", "core"):
        for file in (HOUSE / room).rglob("*.py"):
            if file.stem.startswith("settings") or file.stem == "training_settings":
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    found.add(node.attr)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                    found |= {arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)}
    return found


@pytest.mark.parametrize(("workflow", "action"), ACTIONS)
def test_every_setting_is_read_somewhere(workflow: str, action: Action):
    read = names_read(workflow)
    assert [leaf.name for leaf in leaves(action.settings) if leaf.name not in read] == []


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
