"""Which settings of an action are asked for in which step of the wizard. Knows no workflow by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from genodesk.core.settings import Leaf, Settings, group_at, leaves
from genodesk.core.training_settings import RuntimeSettings

DATA, SETTINGS, WHERE, CHECK = "data", "settings", "where", "check"
_INPUTS = ("data", "run", "settings")
_CLASSES_OF = "categories:"


@dataclass(frozen=True)
class Parts:
    """The settings by step. A step without settings is left out of the wizard."""

    data: tuple[Leaf, ...]
    settings: tuple[Leaf, ...]
    where: tuple[Leaf, ...]

    @property
    def by_step(self) -> Mapping[str, tuple[Leaf, ...]]:
        """The steps that ask for something, in their order."""
        parts = {DATA: self.data, SETTINGS: self.settings, WHERE: self.where}
        return {step: found for step, found in parts.items() if found}

    def step_of(self, name: str) -> str:
        """The step that asks for a setting; the first one for a name that is none."""
        found = (step for step, part in self.by_step.items() if any(leaf.name == name for leaf in part))
        return next(found, next(iter(self.by_step), CHECK))


def parts_of(kind: type[Settings]) -> Parts:
    """Divides the settings of an action.

    Data is every group in which a file is chosen or the parts of one are named, and the setting that picks classes
    out of it; where is the group that says what computes; all else are settings.
    """
    every = leaves(kind)
    about_files = {_top(leaf) for leaf in every if _reads(leaf) or (leaf.offers and not _picks_classes(leaf))}
    computing = {_top(leaf) for leaf in every if _is_runtime(kind, leaf)}
    where = [leaf for leaf in every if _top(leaf) in computing]
    data = [leaf for leaf in every if leaf not in where and (_top(leaf) in about_files or _picks_classes(leaf))]
    rest = [leaf for leaf in every if leaf not in where and leaf not in data]
    return Parts(tuple(data), tuple(rest), tuple(where))


def class_source(leaf: Leaf) -> str:
    """The setting that names the column whose classes this one picks; empty for other settings."""
    return leaf.offers.removeprefix(_CLASSES_OF) if _picks_classes(leaf) else ""


def _top(leaf: Leaf) -> str:
    """The outermost group; a setting outside all groups stands for itself."""
    return leaf.path[0]


def _reads(leaf: Leaf) -> bool:
    return leaf.file is not None and leaf.file.role in _INPUTS


def _picks_classes(leaf: Leaf) -> bool:
    return leaf.offers.startswith(_CLASSES_OF)


def _is_runtime(kind: type[Settings], leaf: Leaf) -> bool:
    paths = (leaf.path[:depth] for depth in range(1, len(leaf.path)))
    return any(issubclass(group_at(kind, path)[1], RuntimeSettings) for path in paths)
