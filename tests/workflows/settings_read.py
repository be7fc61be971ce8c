"""Which settings a package reads, told by its source: attributes of what is annotated or made as a settings class.

A name counts only where it is read from such a variable; the same word on anything else means nothing. Checks within
the settings classes use nothing either, but who asks for a property or a method reads what that reads.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from genodesk.core.settings import Settings

Kind = type[Settings]
Read = tuple[Kind, str]


def nested(kind: Kind) -> Iterator[Kind]:
    """The class, the classes of its groups at any depth, and what they are derived from."""
    for one in kind.__mro__:
        if issubclass(one, Settings):
            yield one
    for field in kind.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Settings):
            yield from nested(field.annotation)


def settings_read(files: Iterable[Path], kinds: Iterable[Kind]) -> set[Read]:
    """(class, field) for every field that the source reads; of the class `Settings` itself where any may be meant."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    known = {kind.__name__: kind for kind in kinds} | {name: Settings for tree in trees for name in _variables(tree)}
    answers = {
        node.name: kind
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (kind := _annotated(node.returns, known))
    }
    found: set[Read] = set()
    for tree in trees:
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        for part in tree.body:
            if part not in classes:
                _Reader(known, answers, {}, found).read(part)
        for owner in classes:
            own = _attributes(owner, _Reader(known, answers, {}, set()))
            for part in owner.body:
                _Reader(known, answers, own, found).read(part)
    return found


class _Reader:
    """One function: which of its variables hold settings, and what it reads from them."""

    def __init__(
        self, known: Mapping[str, Kind], answers: Mapping[str, Kind], own: Mapping[str, Kind], found: set[Read]
    ) -> None:
        self.known, self.answers, self.own, self.found = known, answers, own, found
        self.variables: dict[str, Kind] = {}

    def read(self, part: ast.AST) -> None:
        """Adds what is read in this part of the source."""
        self.learn(part)
        for node in ast.walk(part):
            if (isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)) or isinstance(node, ast.Call):
                self.kind_of(node)

    def learn(self, part: ast.AST) -> None:
        """What the variables hold, wherever they are bound."""
        for node in ast.walk(part):
            if isinstance(node, ast.arg) and (kind := _annotated(node.annotation, self.known)):
                self.variables[node.arg] = kind
        for _ in range(3):  # a variable may be bound from another that is bound further down
            for node in ast.walk(part):
                for target, value in _bound(node):
                    if isinstance(target, ast.Name) and (kind := self.kind_of(value)):
                        self.variables[target.id] = kind

    def kind_of(self, node: ast.expr) -> Kind | None:
        """The settings class of an expression; notes what it reads on the way."""
        if isinstance(node, ast.Name):
            return self.variables.get(node.id)
        if isinstance(node, ast.Attribute):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                return self.own.get(node.attr)
            return self.member(self.kind_of(node.value), node.attr)
        if isinstance(node, ast.Call):
            return self.called(node)
        parts = {ast.IfExp: ("body", "orelse"), ast.NamedExpr: ("value",)}.get(type(node), ())
        return next((kind for part in parts if (kind := self.kind_of(getattr(node, part)))), None)

    def called(self, node: ast.Call) -> Kind | None:
        if isinstance(node.func, ast.Name):
            if node.func.id == "getattr" and len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
                return self.member(self.kind_of(node.args[0]), str(node.args[1].value))
            return self.answers.get(node.func.id) or self.known.get(node.func.id)
        if not isinstance(node.func, ast.Attribute):
            return None
        made = node.func.value
        if node.func.attr == "model_dump":
            kind = self.kind_of(made)
            left = {one.value for word in node.keywords for one in ast.walk(word) if isinstance(one, ast.Constant)}
            self.found |= {(kind, name) for name in kind.model_fields if name not in left} if kind else set()
        if node.func.attr in ("model_copy", "model_validate"):
            named = self.known.get(made.id) if isinstance(made, ast.Name) else None
            return named or self.kind_of(made)
        self.kind_of(node.func)
        return None

    def member(self, kind: Kind | None, name: str) -> Kind | None:
        """The settings class of a group read from this class, if it is one."""
        if kind is None:
            return None
        if kind is Settings:
            self.found.add((Settings, name))
            return Settings
        if name in kind.model_fields:
            self.found.add((kind, name))
            group = kind.model_fields[name].annotation
            return group if isinstance(group, type) and issubclass(group, Settings) else None
        made = getattr(kind, name, None)
        made = made.fget if isinstance(made, property) else made
        if inspect.isfunction(made) and not hasattr(Settings, name):
            for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(made)))):
                if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
                    self.member(kind, node.attr)
        return None


def _attributes(owner: ast.ClassDef, reader: _Reader) -> dict[str, Kind]:
    """What `self.NAME` holds in a class: fields of a dataclass, and what its methods bind."""
    found = {
        node.target.id: kind
        for node in owner.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if (kind := _annotated(node.annotation, reader.known))
    }
    for method in owner.body:
        reader.variables.clear()
        reader.learn(method)
        for node in ast.walk(method):
            for target, value in _bound(node):
                if isinstance(target, ast.Attribute) and (kind := reader.kind_of(value)):
                    found[target.attr] = kind
    return found


def _variables(tree: ast.Module) -> Iterator[str]:
    """Type variables that stand for any settings."""
    for node in tree.body:
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)):
            continue
        if any("Settings" in str(getattr(word.value, "value", "")) for word in node.value.keywords):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _bound(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """(target, value) of each single thing that a node binds."""
    if isinstance(node, ast.NamedExpr):
        yield node.target, node.value
    for target in node.targets if isinstance(node, ast.Assign) else ():
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=False)
        else:
            yield target, node.value


def _annotated(annotation: ast.expr | None, known: Mapping[str, Kind]) -> Kind | None:
    """The settings class an annotation names, also as text or beside None."""
    if annotation is None:
        return None
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    if isinstance(annotation, ast.BinOp):
        return _annotated(annotation.left, known) or _annotated(annotation.right, known)
    name = annotation.id if isinstance(annotation, ast.Name) else getattr(annotation, "attr", "")
    return known.get(name)
