"""The one way YAML is read and written: YAML 1.2 core rules, so that `1e-4` is a number, `no` a word and `010` ten."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from genodesk.core.errors import UserError

MAXIMUM_BYTES = 1_000_000


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping a YAML file holds. Raises UserError naming file, line and remedy."""
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise UserError(
                f"This settings file is {size:,} bytes long.", "Settings files are small; check the name.", str(path)
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError("There is no such settings file.", "Check the path.", str(path)) from None
    except IsADirectoryError:
        raise UserError("This is a folder, not a settings file.", "Name the YAML file inside it.", str(path)) from None
    except UnicodeDecodeError:
        raise UserError("This file is not text in UTF-8.", "Save it as UTF-8 text.", str(path)) from None
    except OSError as error:
        raise UserError(f"This file cannot be read ({error.strerror}).", "Check its permissions.", str(path)) from None
    return parse_yaml(text, str(path))


def parse_yaml(text: str, where: str) -> dict[str, Any]:
    """The mapping that `text` holds; `where` names the source in errors."""
    try:
        document = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{where}, line {mark.line + 1}, column {mark.column + 1}" if mark else where
        raise UserError(
            f"This is not valid YAML: {error.problem or error.context}.", "Check indentation, colons and quotes.", place
        ) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"This is not valid YAML: {str(error).splitlines()[0]}.", "Check the file.", where) from None
    if document is None:
        return {}
    if not isinstance(document, Mapping):
        raise UserError(
            "This file holds no settings (it is not `name: value` lines).", "Write one setting a line.", where
        )
    return dict(document)


def write_yaml(values: Mapping[str, Any]) -> str:
    """`values` as YAML text that `parse_yaml` reads back to the same values."""
    return yaml.dump(
        dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100
    )


class _Loader(yaml.SafeLoader):
    """SafeLoader with the YAML 1.2 core schema, refusing duplicate keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is not a word", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"the key {key} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes exactly what `_Loader` would take for something else."""

    def ignore_aliases(self, _: Any) -> bool:
        return True


_CORE_SCHEMA = (
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("tag:yaml.org,2002:int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
)


def _construct_int(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node)
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    return int(text, 10)


def _construct_float(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan"))


for _kind in (_Loader, _Dumper):
    _kind.yaml_implicit_resolvers = {}
    for _tag, _pattern, _first in _CORE_SCHEMA:
        _kind.add_implicit_resolver(_tag, re.compile(_pattern), _first)
_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
