"""How settings come about: values in layers (preset < YAML < command line), joined, checked, and refused in words.

Knows no particular setting and reads no YAML (see `yaml_text.py`).
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import ValidationError

from genodesk.core.errors import UserError
from genodesk.core.settings import Leaf, Settings, as_json, group_of, leaves, without_none

S = TypeVar("S", bound="Settings")
_PLAIN_WORDS = {"int": "should be a whole number", "float": "should be a number", "bool": "should be true or false"}


@dataclass(frozen=True)
class Layer:
    """Values from one source. `label` names the source in error messages; an empty label means the command line."""

    values: Mapping[str, Any]
    label: str = ""
    base: Path | None = None


def build(kind: type[S], *layers: Layer) -> S:
    """The settings that result from the layers, later ones winning.

    Raises UserError naming the source, the setting and the remedy for an unknown key or a value out of bounds.
    """
    merged, origin = _merged(kind, layers)
    try:
        return kind.model_validate(merged)
    except UserError as error:
        raise _with_source(kind, error, origin)[1] from None
    except ValidationError as error:
        (_, first), *others = _as_user_errors(kind, error, origin)
        needing = "1 more setting needs" if len(others) == 1 else f"{len(others)} more settings need"
        more = f" ({needing} attention.)" if others else ""
        raise UserError(first.message, f"{first.hint}{more}".strip(), first.where) from None


def problems(kind: type[Settings], *layers: Layer) -> list[tuple[str, UserError]]:
    """Everything that stands against the settings of the layers: (name of the setting, or "" for all; the problem).

    An empty list means that `build` succeeds.
    """
    try:
        merged, origin = _merged(kind, layers)
    except UserError as error:
        return [("", error)]
    try:
        kind.model_validate(merged)
    except UserError as error:
        return [_with_source(kind, error, origin)]
    except ValidationError as error:
        return _as_user_errors(kind, error, origin)
    return []


def starting_values(kind: type[Settings], *layers: Layer) -> dict[str, Any]:
    """Leaf name -> the JSON value that the defaults and the layers give it, unchecked; None for one that is needed."""
    merged, _ = _merged(kind, layers)
    found: dict[str, Any] = {}
    for leaf in leaves(kind):
        value: Any = merged
        for part in leaf.path:
            value = value.get(part) if isinstance(value, Mapping) else None
        found[leaf.name] = as_json(value)
    return found


def flatten(kind: type[Settings], layer: Layer) -> dict[str, Any]:
    """A layer as leaf name -> JSON value, paths made absolute. Raises UserError for a key that does not exist."""
    _refuse_unknown(kind, layer.values, layer.label, whole=kind)
    values = _with_absolute_paths(kind, layer)
    found: dict[str, Any] = {}
    for leaf in leaves(kind):
        place: Any = values
        for part in leaf.path[:-1]:
            place = place.get(part, {})
        if leaf.path[-1] in place:
            found[leaf.name] = as_json(place[leaf.path[-1]])
    return found


def nest(kind: type[Settings], flat: Mapping[str, Any]) -> dict[str, Any]:
    """Leaf names as they stand on the command line, put back into their groups."""
    where = {leaf.name: leaf.path for leaf in leaves(kind)}
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        if name not in where:
            raise unknown_setting(kind, name, "")
        *groups, last = where[name]
        place = nested
        for part in groups:
            place = place.setdefault(part, {})
        place[last] = value
    return nested


def unknown_setting(kind: type[Settings], name: str, label: str) -> UserError:
    """The error for a key that does not exist, naming the nearest that does."""
    known = {leaf.name: leaf for leaf in leaves(kind)}
    if label and name in known:
        groups = ".".join(known[name].path[:-1])
        hint = f"Put it into the group {groups}." if groups else "Put it outside all groups."
        return UserError(f"{name} stands at a wrong place.", hint, label)
    close = difflib.get_close_matches(name.replace("-", "_"), known, n=1, cutoff=0.5)
    hint = "Run with --help to see every setting."
    if close:
        leaf = known[close[0]]
        inside = f" (in the group {leaf.path[0]})" if len(leaf.path) > 1 and label else ""
        hint = f"Did you mean {leaf.name if label else leaf.option}{inside}?"
    return UserError(f"There is no setting called {name}.", hint, label or "command line")


def path_of(text: str | Path) -> Path:
    """The path that somebody wrote, with `~` for a home folder; one that does not exist stays as it is."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def grouped(number: float) -> str:
    """A bound as people read it: 10,000,000, 0.5."""
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _default_values(kind: type[Settings]) -> dict[str, Any]:
    """The defaults as nested dictionaries, a group's own beside those its parent gives it; required ones left out."""
    values: dict[str, Any] = {}
    for leaf in leaves(kind):
        place = values
        for part in leaf.path[:-1]:
            place = place.setdefault(part, {})
        if not leaf.required:
            place[leaf.path[-1]] = leaf.default
    return values


def _refuse_unknown(kind: type[Settings], values: Mapping[str, Any], label: str, whole: type[Settings]) -> None:
    for name, value in values.items():
        field = kind.model_fields.get(str(name))
        if field is None:
            raise unknown_setting(whole, str(name), label)
        nested = group_of(field)
        if nested is not None:
            if not isinstance(value, Mapping):
                raise UserError(
                    f"{name} is a group of settings, not a single value.",
                    f"Put its settings below it, for example {name}: {{{next(iter(nested.model_fields))}: ...}}.",
                    label,
                )
            _refuse_unknown(nested, value, label, whole)


def _with_absolute_paths(kind: type[Settings], layer: Layer) -> dict[str, Any]:
    """The layer's values, relative paths joined to the folder they are relative to."""
    base = layer.base or Path.cwd()

    def walk(inner: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for name, value in values.items():
            field = inner.model_fields[name]
            nested = group_of(field)
            if nested is not None:
                result[name] = walk(nested, value)
            elif _is_path(field.annotation) and value is not None:
                result[name] = _absolute(value, base)
            else:
                result[name] = value
        return result

    return walk(kind, layer.values)


def _is_path(annotation: Any) -> bool:
    inner = without_none(annotation)
    return inner is Path or (get_origin(inner) is tuple and get_args(inner)[0] is Path)


def _absolute(value: Any, base: Path) -> Any:
    if isinstance(value, list | tuple):
        return [_absolute(item, base) for item in value]
    return str((base / path_of(value)).absolute()) if isinstance(value, str | Path) else value


def _merge(
    into: dict[str, Any],
    values: Mapping[str, Any],
    origin: dict[tuple[str, ...], str],
    label: str,
    path: tuple[str, ...],
) -> None:
    for name, value in values.items():
        here = (*path, name)
        if isinstance(value, Mapping):
            _merge(into.setdefault(name, {}), value, origin, label, here)
        else:
            into[name] = value
            origin[here] = label


def _merged(kind: type[Settings], layers: tuple[Layer, ...]) -> tuple[dict[str, Any], dict[tuple[str, ...], str]]:
    """The layers over the defaults, and for each value given the label of the layer it came from."""
    merged = _default_values(kind)
    origin: dict[tuple[str, ...], str] = {}
    for layer in layers:
        _refuse_unknown(kind, layer.values, layer.label, whole=kind)
        _merge(merged, _with_absolute_paths(kind, layer), origin, layer.label, ())
    return merged, origin


def _with_source(kind: type[Settings], error: UserError, origin: dict[tuple[str, ...], str]) -> tuple[str, UserError]:
    """What a settings class itself refused, by the name of its setting, which it gives as an option.

    Where the value came from a file, that is added; without a setting, the last source that gave a value is named.
    """
    leaf = next((leaf for leaf in leaves(kind) if leaf.option == error.where), None)
    label = origin.get(leaf.path, "") if leaf else "" if error.where else next(reversed(origin.values()), "")
    where = ", ".join(part for part in (label, error.where) if part) or "command line"
    return (leaf.name if leaf else "", UserError(error.message, error.hint, where))


def _as_user_errors(
    kind: type[Settings], error: ValidationError, origin: Mapping[tuple[str, ...], str]
) -> list[tuple[str, UserError]]:
    """Each problem in words, with where the value came from, by the name of its setting."""
    found = []
    for problem in error.errors(include_url=False):
        path = tuple(part for part in problem["loc"] if isinstance(part, str))
        leaf = next((leaf for leaf in leaves(kind) if leaf.path == path), None)
        label = origin.get(path, "")
        name = (leaf.option if leaf and not label else ".".join(path)) or "settings"
        if problem["type"] == "missing":
            message, hint = f"{name} is needed.", leaf.help if leaf else ""
        else:
            told = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
            said = _PLAIN_WORDS.get(problem["type"].partition("_")[0], told)
            message = f"{name} {said[:1].lower()}{said[1:]}, but is {problem['input']!r}."
            hint = _allowed(leaf) if leaf else ""
        found.append((leaf.name if leaf else "", UserError(message, hint, label or "command line")))
    return found


def _allowed(leaf: Leaf) -> str:
    if leaf.choices:
        return f"Choose one of {', '.join(leaf.choices)}."
    low, high = leaf.minimum, leaf.maximum
    least = "" if low is None else f"{'above' if leaf.exclusive_minimum else 'of at least'} {grouped(low)}"
    most = "" if high is None else f"{'below' if leaf.exclusive_maximum else 'at most'} {grouped(high)}"
    allowed = " and ".join(part for part in (least, most) if part)
    example = f" (default {leaf.default})" if leaf.default is not None else ""
    return f"Give a value {allowed}{example}." if allowed else leaf.help
