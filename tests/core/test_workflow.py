"""Workflows are found by their entry point and say what they are before anything heavy is imported."""

import subprocess
import sys

import pytest

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, nest
from genodesk.core.metrics import Metric, meaning
from genodesk.core.settings import Settings, leaves, setting
from genodesk.core.workflow import Action, get_workflow, load_function, workflow_names

HEAVY = {
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
}


class Few(Settings):
    steps: int = setting(5, title="Steps", ge=1, help="How many.")


def test_an_installed_workflow_is_found_by_its_entry_point():
    assert "toy" in workflow_names()
    assert get_workflow("toy").title == "Toy"
    assert get_workflow("toy").action("add").kind == "call"


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="no workflow called tyo") as refused:
        get_workflow("tyo")
    assert refused.value.hint == "Did you mean toy?"
    with pytest.raises(UserError) as refused:
        get_workflow("toy").action("zzz")
    assert refused.value.hint == "Choose one of train, add."


def test_presets_are_partial_settings_and_standard_is_always_there():
    action = Action("train", "Train", "Trains.", Few, "m:f", presets={"published": {"steps": 9}, "quick": {"steps": 1}})
    assert action.preset_names == ("quick", "standard", "published")
    assert action.preset("standard") == {}
    with pytest.raises(UserError) as refused:
        action.preset("fast")
    assert refused.value.hint == "Choose one of quick, standard, published."


def test_a_function_is_loaded_by_name():
    assert load_function("genodesk.core.workflow:get_workflow") is get_workflow


def test_a_number_without_vocabulary_still_has_a_name():
    own = (Metric("knn_overlap", "Neighbours kept", "higher", chance=0.01),)
    assert meaning("knn_overlap", own).chance == 0.01
    assert meaning("loss").better == "lower"
    assert meaning("odd_number").title == "odd number"


@pytest.mark.parametrize("name", workflow_names())
def test_every_preset_and_demonstration_of_an_installed_workflow_can_be_built(name):
    workflow = get_workflow(name)
    for action in workflow.actions:
        needed = {leaf.name: ["x"] if leaf.is_list else "x" for leaf in leaves(action.settings) if leaf.required}
        for preset in action.preset_names:
            build(action.settings, Layer(nest(action.settings, needed)), Layer(action.preset(preset), preset))
    if workflow.demo is not None:
        action = workflow.action(workflow.demo.action)
        build(action.settings, Layer(action.preset(workflow.demo.preset)), Layer(workflow.demo.settings))
        for then, flat in workflow.demo.then:
            settings = workflow.action(then).settings
            build(settings, Layer(nest(settings, flat)))


@pytest.mark.parametrize("name", workflow_names())
def test_a_declaration_imports_nothing_heavy(name):
    program = (
        f"import sys; from genodesk.core.workflow import get_workflow; get_workflow({name!r}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert {module.partition(".")[0] for module in done.stdout.split()} & HEAVY == set()
