"""Every setting means something: it is read where the workflow computes, has one name, and its presets can be built."""

import ast
from pathlib import Path

import pytest

import genodesk
from genodesk.core.layers import Layer, build
from genodesk.core.settings import RESERVED_NAMES, leaves
from genodesk.core.workflow import get_workflow
from genodesk.workflows.alphastomics.denoiser import build_network
from genodesk.workflows.alphastomics.settings import TrainSettings
from genodesk.workflows.alphastomics.trained import network_sizes, noise_schedule

WORKFLOW = get_workflow("alphastomics")
HOUSE = Path(genodesk.__file__).parent
# Checks within the settings classes themselves use nothing.
DECLARATIONS = (
    HOUSE / "workflows/alphastomics/settings.py",
    HOUSE / "workflows/alphastomics/settings_actions.py",
    HOUSE / "core/training_settings.py",
)


def names_read() -> set[str]:
    """What is read as an attribute in the workflow, the engine and the jobs, by `.name` or by getattr."""
    found: set[str] = set()
    for room in ("workflows/alphastomics", "engine", "jobs", "core"):
        for file in (HOUSE / room).rglob("*.py"):
            if file in DECLARATIONS:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    found.add(node.attr)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
                    found |= {arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)}
    return found


@pytest.mark.parametrize("action", WORKFLOW.actions, ids=lambda action: action.name)
def test_every_setting_is_read_somewhere(action):
    read = names_read()
    assert [leaf.name for leaf in leaves(action.settings) if leaf.name not in read] == []


@pytest.mark.parametrize("action", WORKFLOW.actions, ids=lambda action: action.name)
def test_options_have_one_name_each_and_none_is_reserved(action):
    names = [leaf.name for leaf in leaves(action.settings)]
    assert len(names) == len(set(names))
    assert not set(names) & {*RESERVED_NAMES, "config", "run_dir", "detach", "json"}
    assert all(leaf.title and leaf.help.endswith(".") for leaf in leaves(action.settings))


@pytest.mark.parametrize("preset", WORKFLOW.action("train").preset_names)
def test_every_preset_makes_a_network(preset):
    settings = build(TrainSettings, Layer(WORKFLOW.action("train").preset(preset), f"preset {preset}"))
    sizes = network_sizes(settings.model, settings.masking, 30)
    network = build_network(settings.model.network, sizes)
    assert sum(weight.numel() for weight in network.parameters()) > 10_000
    assert noise_schedule(settings.diffusion).timesteps == settings.diffusion.timesteps


def test_the_published_preset_is_the_published_network():
    settings = build(TrainSettings, Layer(WORKFLOW.action("train").preset("published"), "preset published"))
    network = build_network("published", network_sizes(settings.model, settings.masking, 100))
    assert sum(weight.numel() for weight in network.parameters()) == 707_508


def test_the_demonstration_names_settings_that_exist():
    demo = WORKFLOW.demo
    assert demo is not None
    action = WORKFLOW.action(demo.action)
    settings = build(action.settings, Layer(action.preset(demo.preset), "preset"), Layer(demo.settings, "demo"))
    assert settings.tissue.difficulty == "demo"
