"""Settings are declared once and come together as preset < file < command line, with words for every mistake."""

import re
from pathlib import Path
from typing import Any, Literal, Self

import pytest
from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, flatten, nest, problems, starting_values
from genodesk.core.settings import RESERVED_NAMES, FileKind, Settings, difference, group, leaves, plain, setting
from genodesk.core.training_settings import RuntimeSettings, TrainingSettings
from genodesk.core.workflow import get_workflow, workflow_names
from genodesk.core.yaml_text import parse_yaml, write_yaml


class Inner(Settings):
    rate: float = setting(0.5, title="Rate", gt=0, le=1, help="How fast.", unit="per s", advanced=True)
    kind: Literal["round", "square"] = setting(
        "round", title="Kind", help="Which one.", offers="columns", choice_titles={"round": "like a ball"}
    )


class Outer(Settings):
    data: Path = setting(title="Data", help="What to read.", file=FileKind((".h5ad",)))
    names: tuple[str, ...] = setting(("a",), title="Names", help="Which names.")
    other: Path | None = setting(None, title="Other", help="Another file.")
    inner: Inner = group(Inner, title="Inner", rate=0.25)


def outer(*layers: Layer) -> Outer:
    return build(Outer, Layer({"data": "x"}), *layers)


def test_a_later_layer_wins_and_leaves_the_rest_of_its_group():
    made = outer(
        Layer({"inner": {"rate": 0.1, "kind": "square"}}, "preset quick"), Layer({"inner": {"rate": 0.2}}, "f.yaml")
    )
    assert made.inner == Inner(rate=0.2, kind="square")
    assert outer().inner.rate == 0.25  # the parent's default for the group, not the group's own


def test_relative_paths_belong_to_the_folder_of_their_layer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = outer(Layer({"other": "in/file"}, "s.yaml", Path("/somewhere")), Layer({"data": "here"}))
    assert made.other == Path("/somewhere/in/file")
    assert made.data == tmp_path / "here"


def test_the_leaves_carry_all_that_an_option_needs():
    by_name = {leaf.name: leaf for leaf in leaves(Outer)}
    rate = by_name["rate"]
    assert (rate.path, rate.option, rate.title, rate.unit) == (("inner", "rate"), "--rate", "Rate", "per s")
    assert (rate.default, rate.minimum, rate.exclusive_minimum, rate.maximum) == (0.25, 0.0, True, 1.0)
    assert rate.advanced
    assert by_name["kind"].choices == ("round", "square")
    assert (by_name["kind"].offers, by_name["rate"].offers) == ("columns", "")
    assert by_name["kind"].choice_titles == {"round": "like a ball"}
    assert by_name["data"].required
    assert by_name["data"].file == FileKind((".h5ad",))
    assert by_name["names"].is_list
    assert by_name["other"].plain_type is Path


@pytest.mark.parametrize(
    ("layer", "message", "hint", "where"),
    [
        (
            Layer({"inner": {"rate": 2}}, "f.yaml"),
            "inner.rate should be less than or equal to 1, but is 2.",
            "above 0",
            "f.yaml",
        ),
        (Layer({"inner": {"rate": 0}}), "--rate should be greater than 0, but is 0.", "default 0.25", "command line"),
        (Layer({"inner": {"kind": "flat"}}), "--kind should be 'round' or 'square'", "round, square", "command line"),
        (Layer({"nmaes": ["b"]}, "f.yaml"), "There is no setting called nmaes.", "Did you mean names?", "f.yaml"),
        (Layer({"rate": 1}, "f.yaml"), "rate stands at a wrong place.", "into the group inner", "f.yaml"),
        (Layer({"inner": 3}, "f.yaml"), "inner is a group of settings", "inner: {rate: ...}", "f.yaml"),
        (Layer({"inner": {"rate": float("nan")}}), "--rate should be a finite number", "", "command line"),
        (Layer({"names": "b"}), "--names should be a valid tuple", "", "command line"),
    ],
)
def test_a_mistake_names_source_setting_and_remedy(layer, message, hint, where):
    with pytest.raises(UserError) as refused:
        outer(layer)
    assert refused.value.message.startswith(message)
    assert hint in refused.value.hint
    assert refused.value.where == where


class Pair(Settings):
    low: int = setting(1, title="Low", help="The lower one.")
    high: int = setting(2, title="High", help="The higher one.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise UserError("low is above high.", "Swap them.", "--low" if self.low < 10 else "")
        return self


@pytest.mark.parametrize(
    ("layers", "name", "where"),
    [
        ([Layer({"low": 3}, "f.yaml")], "low", "f.yaml, --low"),
        ([Layer({"low": 3})], "low", "--low"),
        ([Layer({"high": 0}, "f.yaml")], "low", "--low"),
        ([Layer({"high": 0}), Layer({"low": 12}, "f.yaml"), Layer({})], "", "f.yaml"),
        ([Layer({"low": 12})], "", "command line"),
    ],
)
def test_what_a_settings_class_refuses_names_its_source(layers, name, where):
    with pytest.raises(UserError) as refused:
        build(Pair, *layers)
    assert refused.value.where == where
    assert [(found, error.where) for found, error in problems(Pair, *layers)] == [(name, where)]


def test_a_setting_that_is_needed_is_asked_for():
    with pytest.raises(UserError, match="--data is needed"):
        build(Outer)


def test_all_problems_are_told_by_name_and_building_tells_the_first_and_how_many():
    layers = (Layer({"inner": {"rate": -1, "kind": "flat"}}, "form"),)
    assert [name for name, _ in problems(Outer, *layers)] == ["data", "rate", "kind"]
    assert problems(Outer, Layer({"data": "x"})) == []
    assert [name for name, _ in problems(Outer, Layer({"absent": 1}))] == [""]
    with pytest.raises(UserError) as refused:
        build(Outer, *layers)
    assert refused.value.hint.endswith("(2 more settings need attention.)")
    with pytest.raises(UserError) as refused:
        build(Outer, Layer({"inner": {"rate": -1}}, "form"))
    assert refused.value.hint.endswith("(1 more setting needs attention.)")


def test_settings_cannot_be_changed_and_survive_being_written():
    made = outer(Layer({"names": ["x", "no", "1e-4"], "inner": {"rate": 1e-4}}))
    with pytest.raises(ValueError, match="frozen"):
        made.data = Path("y")  # type: ignore[misc]
    again = build(Outer, Layer(parse_yaml(write_yaml(plain(made)), "text")))
    assert again == made


def test_the_difference_names_what_was_changed():
    assert difference(outer(Layer({"inner": {"rate": 0.3}}))) == {
        "data": (str(Path("x").absolute()), None),
        "rate": (0.3, 0.25),
    }


def test_where_a_form_starts_is_what_defaults_and_preset_give():
    started = starting_values(Outer, Layer({"inner": {"kind": "square"}, "names": ("x",)}, "preset quick"))
    assert started == {"data": None, "names": ["x"], "other": None, "rate": 0.25, "kind": "square"}


def test_nested_values_become_names_with_absolute_paths(tmp_path):
    layer = Layer({"data": "in/x.h5ad", "inner": {"rate": "0.1x"}}, "s.yaml", tmp_path)
    assert flatten(Outer, layer) == {"data": str(tmp_path / "in/x.h5ad"), "rate": "0.1x"}
    with pytest.raises(UserError, match="no setting called raet"):
        flatten(Outer, Layer({"inner": {"raet": 1}}, "s.yaml"))


def test_names_of_the_command_line_find_their_group():
    assert nest(Outer, {"rate": 0.1, "data": "x"}) == {"inner": {"rate": 0.1}, "data": "x"}
    with pytest.raises(UserError, match="no setting called raet"):
        nest(Outer, {"raet": 1})


def _actions() -> list[Any]:
    names = [name for name in workflow_names() if name != "toy"]
    return [
        pytest.param(action.settings, id=f"{name}-{action.name}")
        for name in names
        for action in get_workflow(name).actions
    ]


@pytest.mark.parametrize("kind", [TrainingSettings, RuntimeSettings, *_actions()])
def test_names_are_unique_unreserved_and_explained(kind):
    names = [leaf.name for leaf in leaves(kind)]
    assert len(names) == len(set(names))
    assert not {*RESERVED_NAMES, "config", "run_dir", "detach", "json"} & set(names)
    for leaf in leaves(kind):
        assert leaf.title
        assert re.fullmatch(r"\S.+[.]", leaf.help), f"{leaf.name} needs a sentence, not {leaf.help!r}"
