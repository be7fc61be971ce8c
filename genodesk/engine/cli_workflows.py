"""Turns the settings class of an action into a command with options and help, and a command line into settings.

Light: knows declarations only. It starts nothing (see `cli_runs.py`) and knows no workflow by name.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from cyclopts import App, Group, Parameter

from genodesk.core.errors import UserError
from genodesk.core.layers import Layer, build, nest
from genodesk.core.settings import RESERVED_NAMES, Leaf, Settings, group_at, leaves
from genodesk.core.settings_file import read_settings_file
from genodesk.core.workflow import Action, Workflow

FIXED_OPTIONS = ("config", "preset", "run_dir", "detach", "json")

Start = Callable[["Asked"], int]


@dataclass(frozen=True)
class Asked:
    """What a command line asked for, checked: the complete settings and how the run is to be followed."""

    workflow: Workflow
    action: Action
    settings: Settings
    preset: str
    run_dir: Path | None = None
    detach: bool = False
    json: bool = False


def workflow_app(workflow: Workflow, named: str, start: Start) -> App:
    """The commands of one workflow. Only the action `named` gets its options; the others are listed."""
    app = App(
        name=f"genodesk-engine {workflow.name}",
        help=f"{workflow.title}. {workflow.summary}",
        version_flags=[],
        help_format="plaintext",
    )
    for action in workflow.actions:
        if action.name == named:
            app.command(action_app(workflow, action, start))
        else:
            app.command(App(name=action.name, help=action.summary, version_flags=[], help_format="plaintext"))
    return app


def action_app(workflow: Workflow, action: Action, start: Start) -> App:
    """The command of one action, with an option for every leaf of its settings. It returns what `start` returns."""
    by_name = {leaf.name: leaf for leaf in leaves(action.settings)}
    required = [leaf.name for leaf in by_name.values() if leaf.required]
    clash = sorted({*FIXED_OPTIONS, *RESERVED_NAMES} & by_name.keys())
    if clash:
        raise ValueError(f"{workflow.name} {action.name}: settings may not be called {', '.join(clash)}")

    def command(*in_order: Any, **given: Any) -> int:
        given |= dict(zip(required, in_order, strict=False))
        fixed = {name: given.pop(name) for name in FIXED_OPTIONS if name in given}
        flat = {name: _typed(by_name[name], value) for name, value in given.items() if value is not None}
        settings, preset = settings_from(
            workflow, action, flat=flat, config=fixed.get("config"), preset=fixed.get("preset")
        )
        return start(
            Asked(
                workflow=workflow,
                action=action,
                settings=settings,
                preset=preset,
                run_dir=fixed.get("run_dir"),
                detach=fixed.get("detach", False),
                json=fixed.get("json", False),
            )
        )

    command.__signature__ = _signature(action)  # type: ignore[attr-defined]
    command.__annotations__ = {}
    app = App(name=action.name, help=f"{action.title}. {action.summary}", version_flags=[], help_format="plaintext")
    app.default(command)
    return app


def settings_from(
    workflow: Workflow,
    action: Action,
    *,
    flat: Mapping[str, Any],
    config: Path | None = None,
    preset: str | None = None,
) -> tuple[Settings, str]:
    """Preset < YAML file < command line, checked; and the preset's name.

    `flat` holds leaf names; its relative paths are relative to the current folder, those of the file to the file's.
    Raises UserError.
    """
    values, named = (read_settings_file(config, workflow.name, action.name)) if config else ({}, {})
    preset = preset or named.get("preset") or "standard"
    if not isinstance(preset, str):
        raise UserError(
            f"preset is {preset!r}, not a word.", f"Choose one of {', '.join(action.preset_names)}.", str(config)
        )
    settings = build(
        action.settings,
        Layer(action.preset(preset), f"preset {preset}"),
        Layer(values, str(config), config.absolute().parent if config else None),
        Layer(nest(action.settings, flat)),
    )
    return settings, preset


def _signature(action: Action) -> inspect.Signature:
    parameters = [*_leaf_parameters(action), *_fixed_parameters(action)]
    positional = [p for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    keyword = [p for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY]
    return inspect.Signature([*positional, *keyword])


def _leaf_parameters(action: Action) -> Iterator[inspect.Parameter]:
    """An option for each leaf; one that is required may also stand without its name, in order."""
    panels: dict[tuple[str, ...], Group] = {}
    for leaf in leaves(action.settings):
        title = _panel_title(action.settings, leaf)
        panel = panels.setdefault((title,), Group(title, sort_key=(leaf.advanced, len(panels))))
        annotation: Any = bool if leaf.plain_type is bool else list[str] if leaf.is_list else str
        yield inspect.Parameter(
            leaf.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD if leaf.required else inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                annotation | None,
                Parameter(
                    name=leaf.option,
                    help=_help(leaf),
                    group=panel,
                    metavar=_metavar(leaf),
                    required=False,
                    show_default=False,
                    show_choices=False,
                    negative_iterable=(),
                    negative_none=(),
                ),
            ],
        )


def _fixed_parameters(action: Action) -> Iterator[inspect.Parameter]:
    panel = Group("This command", sort_key=(False, -1))
    presets = ", ".join(action.preset_names)
    options: list[tuple[str, Any, Any, str, str]] = [
        ("config", Path | None, None, "FILE.yaml", "Settings file; options on the command line win over it."),
        ("preset", str | None, None, "NAME", f"Set of values to start from: {presets}."),
    ]
    if action.kind == "run":
        options += [
            ("run_dir", Path | None, None, "FOLDER", "New or empty folder for the run, instead of one named by date."),
            ("detach", bool, False, "", "Print the run's id and folder and return at once."),
        ]
    options.append(("json", bool, False, "", "Print one JSON document instead of text."))
    for name, annotation, default, metavar, text in options:
        details = Parameter(
            name="--" + name.replace("_", "-"),
            help=text,
            group=panel,
            metavar=metavar or None,
            negative=(),
            show_default=False,
        )
        yield inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[annotation, details]
        )


def _panel_title(kind: type[Settings], leaf: Leaf) -> str:
    title = group_at(kind, leaf.path[:-1])[0] or "Settings"
    return f"{title}, advanced" if leaf.advanced else title


def _help(leaf: Leaf) -> str:
    """Title, sentence, then what may be given: unit, bounds and default."""
    facts = [leaf.unit] if leaf.unit else []
    if leaf.choices:
        facts.append(" | ".join(leaf.choices))
    if leaf.minimum is not None:
        facts.append(f"{'above' if leaf.exclusive_minimum else 'at least'} {_number(leaf.minimum)}")
    if leaf.maximum is not None:
        facts.append(f"{'below' if leaf.exclusive_maximum else 'at most'} {_number(leaf.maximum)}")
    if leaf.is_list:
        facts.append("may be repeated")
    facts.append("required" if leaf.required else f"default {_default_text(leaf)}")
    return f"{leaf.title}. {leaf.help} [{'; '.join(facts)}]"


def _default_text(leaf: Leaf) -> str:
    if leaf.default is None or leaf.default == ():
        return "none"
    if isinstance(leaf.default, bool):
        return "yes" if leaf.default else "no"
    if isinstance(leaf.default, tuple):
        return ", ".join(map(str, leaf.default))
    return _number(leaf.default) if isinstance(leaf.default, float) else str(leaf.default)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _metavar(leaf: Leaf) -> str | None:
    if leaf.plain_type is bool:
        return None
    if leaf.plain_type is Path:
        return "FOLDER" if leaf.file and leaf.file.folder else "FILE"
    return {int: "WHOLE", float: "NUMBER"}.get(leaf.plain_type, "WORD")


def _typed(leaf: Leaf, value: Any) -> Any:
    """A word of the command line as the value it stands for; what does not fit is left for the settings class."""
    if isinstance(value, list):
        if value == ["none"] and "none" not in leaf.choices:
            return []
        return [_typed(leaf, item) for item in value]
    if not isinstance(value, str):
        return value
    if value == "none" and type(None) in get_args(leaf.annotation):
        return None
    if leaf.choices:
        return next((choice for choice in get_args(leaf.plain_type) if str(choice) == value), value)
    if leaf.plain_type in (int, float):
        for kind in (int, float):
            try:
                return kind(value)
            except ValueError:
                continue
    return value
