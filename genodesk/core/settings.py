"""Settings classes: one immutable pydantic class per action, from which option, YAML key and form field all come.

How values from several sources become settings, and what is said of wrong ones, is in `layers.py`.
"""

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

RESERVED_NAMES = ("format", "workflow", "action", "preset")


class Settings(BaseModel):
    """Base of every settings class: immutable, complete, refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)


@dataclass(frozen=True)
class FileKind:
    """What a path setting points to, so that a file dialog offers the right files and a run records the right hash."""

    suffixes: tuple[str, ...] = ()
    role: Literal["data", "run", "weights", "settings", "output"] = "data"
    folder: bool = False


@dataclass(frozen=True)
class Leaf:
    """One setting at the bottom of the groups, with everything an option, a key or a form field needs."""

    name: str
    path: tuple[str, ...]
    annotation: Any
    title: str
    help: str
    default: Any
    required: bool
    unit: str
    advanced: bool
    choices: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    exclusive_minimum: bool
    exclusive_maximum: bool
    file: FileKind | None
    offers: str
    choice_titles: Mapping[str, str]

    @property
    def option(self) -> str:
        """The command-line option, for example `--learning-rate`."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_list(self) -> bool:
        """Whether the setting takes several values."""
        return get_origin(without_none(self.annotation)) is tuple

    @property
    def plain_type(self) -> Any:
        """The type of one value: without `None`, and of the item where the setting is a list."""
        plain = without_none(self.annotation)
        return get_args(plain)[0] if get_origin(plain) is tuple else plain


def setting(
    default: Any = ...,
    *,
    title: str,
    help: str,
    unit: str = "",
    advanced: bool = False,
    file: FileKind | None = None,
    offers: str = "",
    choice_titles: Mapping[str, str] | None = None,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
) -> Any:
    """A field of a settings class. `title` is what a biologist calls it, `help` one sentence, `unit` as printed.

    `offers` says which part of an inspected data file a form proposes as values: `columns`, `slice_columns`,
    `coordinates`, `layers`, a list of names that the workflow's own description holds, or `categories:NAME`, the
    classes of what the setting NAME names.
    `choice_titles` are the words for choices whose own names are not plain; under "" for a value that is left empty.
    """
    extra = {
        "unit": unit,
        "advanced": advanced,
        "file": file,
        "offers": offers,
        "choice_titles": choice_titles or {},
    }
    bounds: dict[str, Any] = {
        key: value for key, value in {"ge": ge, "gt": gt, "le": le, "lt": lt}.items() if value is not None
    }
    return Field(default, title=title, description=help, json_schema_extra={"genodesk": extra}, **bounds)  # type: ignore[dict-item]


def group(kind: type[Settings], *, title: str, **defaults: Any) -> Any:
    """A field that holds a nested group, built from the group's own defaults unless some are given here."""
    return Field(default_factory=lambda: kind(**defaults), title=title)


@cache
def leaves(kind: type[Settings]) -> tuple[Leaf, ...]:
    """Every setting of an action in declaration order, groups unfolded."""
    return tuple(_leaves(kind, (), _defaults_of(kind)))


def plain(settings: Settings) -> dict[str, Any]:
    """The settings as nested dictionaries of JSON and YAML values, in declaration order, complete."""
    return settings.model_dump(mode="json")


def difference(settings: Settings, other: Settings | None = None) -> dict[str, tuple[Any, Any]]:
    """Leaf name -> (value here, value in `other`) for every leaf that differs; `other` defaults to the defaults."""
    kind = type(settings)
    mine = plain(settings)
    theirs = plain(other) if other is not None else None
    changed: dict[str, tuple[Any, Any]] = {}
    for leaf in leaves(kind):
        here = _at(mine, leaf.path)
        there = _at(theirs, leaf.path) if theirs is not None else as_json(leaf.default)
        if here != there:
            changed[leaf.name] = (here, there)
    return changed


def as_json(value: Any) -> Any:
    """A setting's value as JSON and YAML have it: paths as text, tuples as lists."""
    if isinstance(value, Path):
        return str(value)
    return [as_json(item) for item in value] if isinstance(value, tuple | list) else value


def _leaves(kind: type[Settings], path: tuple[str, ...], defaults: Mapping[str, Any]) -> Iterator[Leaf]:
    for name, field in kind.model_fields.items():
        nested = group_of(field)
        default = defaults.get(name, PydanticUndefined)
        if nested is not None:
            inner = default if isinstance(default, Settings) else None
            yield from _leaves(nested, (*path, name), _values_of(inner) if inner else _defaults_of(nested))
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        own: Any = extra.get("genodesk", {})
        bounds = _bounds(field)
        yield Leaf(
            name=name,
            path=(*path, name),
            annotation=field.annotation,
            title=field.title or name,
            help=field.description or "",
            default=None if default is PydanticUndefined else default,
            required=default is PydanticUndefined,
            unit=own.get("unit", ""),
            advanced=own.get("advanced", False),
            choices=_choices(field.annotation),
            minimum=bounds.get("gt", bounds.get("ge")),
            maximum=bounds.get("lt", bounds.get("le")),
            exclusive_minimum="gt" in bounds,
            exclusive_maximum="lt" in bounds,
            file=own.get("file"),
            offers=own.get("offers", ""),
            choice_titles=own.get("choice_titles", {}),
        )


def _defaults_of(kind: type[Settings]) -> dict[str, Any]:
    return {name: field.get_default(call_default_factory=True) for name, field in kind.model_fields.items()}


def _values_of(settings: Settings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in type(settings).model_fields}


def group_of(field: FieldInfo) -> type[Settings] | None:
    """The settings class of a field that is a group; None for a single setting."""
    annotation = field.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Settings) else None


def group_at(kind: type[Settings], path: tuple[str, ...]) -> tuple[str, type[Settings]]:
    """Title and class of the group that a path leads to; an empty title and `kind` itself for an empty path."""
    title = ""
    for part in path:
        field = kind.model_fields[part]
        inner = group_of(field)
        if inner is None:
            raise KeyError(part)
        title, kind = field.title or part, inner
    return title, kind


def without_none(annotation: Any) -> Any:
    """The annotation of an optional value without its None."""
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in get_args(annotation) if part is not type(None)]
        return rest[0] if len(rest) == 1 else annotation
    return annotation


def _choices(annotation: Any) -> tuple[str, ...]:
    plain_annotation = without_none(annotation)
    if get_origin(plain_annotation) is tuple:
        plain_annotation = get_args(plain_annotation)[0]
    return tuple(map(str, get_args(plain_annotation))) if get_origin(plain_annotation) is Literal else ()


def _bounds(field: FieldInfo) -> dict[str, float]:
    found: dict[str, float] = {}
    for constraint in field.metadata:
        for key in ("ge", "gt", "le", "lt"):
            if hasattr(constraint, key):
                found[key] = getattr(constraint, key)
    return found


def _at(values: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        values = values[part]
    return values
