"""Form: the rows of some settings of a draft below the titles of their groups, the advanced ones folded away.

Rows are made a few at a time between other events, so that the window never waits; those of the fold once it opens.
"""

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from genodesk.app.forms.draft import Draft
from genodesk.app.forms.files import Recent
from genodesk.app.forms.row import FormRow
from genodesk.app.timers import every, once
from genodesk.app.widgets import button, label
from genodesk.core.settings import Leaf, group_at

_NARROW = 640  # px, below which the sentences stand under their fields
_GAP, _FIRST_GAP = 10, 4  # px
_BUILDING_S = 0.006
_PLACING_MS = 50

Problem = tuple[str, str]
"""What a check says of a setting, and the tone: bad, warn or mute."""


class Form(QWidget):
    """The rows of `leaves`. `built` is called with every new row; titles in `known` are left out."""

    def __init__(
        self,
        draft: Draft,
        leaves: Sequence[Leaf],
        *,
        recent: Recent = tuple,
        built: Callable[[FormRow], object] | None = None,
        known: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.draft = draft
        self.rows: dict[str, FormRow] = {}
        self._recent = recent
        self._built = built
        self._told = set(known)  # titles of groups that stand above already
        self._problems: dict[str, Problem] = {}
        self._line = QVBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(_GAP)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(_GAP)
        self._line.addLayout(self._rows)
        self._advanced = [leaf for leaf in leaves if leaf.advanced]
        self._unbuilt = [(self._rows, leaf) for leaf in _grouped([leaf for leaf in leaves if not leaf.advanced])]
        self.fold: QPushButton | None = None
        self._folded = QWidget(self)
        self._folded.hide()
        self._inside = QVBoxLayout(self._folded)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(_GAP)
        if self._advanced:
            self.fold = button("", lambda: self.open_fold(self._folded.isHidden()), kind="link")
            self._line.addWidget(self.fold, 0, Qt.AlignmentFlag.AlignLeft)
            self._line.addWidget(self._folded)
            self._name_fold()
        self._line.addStretch(1)
        self._wants_focus = False
        self._aim: FormRow | None = None
        # A moment after rows were made, when the layout has given them their places.
        self._placed = once(self, _PLACING_MS, self._scroll_to_aim)
        self._last: dict[QVBoxLayout, tuple[str, ...]] = {}  # the group of the last row in each place
        self._later = every(self, 0, self._build_some)
        self._later.start()
        draft.changed.connect(self._refresh)

    @property
    def is_open(self) -> bool:
        """Whether the advanced settings are shown."""
        return not self._folded.isHidden()

    def open_fold(self, opened: bool = True) -> None:
        """Shows or hides the advanced settings."""
        if self.fold is None:
            return
        self._folded.setVisible(opened)
        if opened and self._inside not in self._last:
            self._last[self._inside] = ()
            self._unbuilt += [(self._inside, leaf) for leaf in _grouped(self._advanced)]
            self._later.start()
        self._name_fold()

    def build(self) -> None:
        """Makes all rows that are in sight now."""
        while self._unbuilt:
            self._build_one()

    def show_problems(self, problems: dict[str, Problem]) -> None:
        """Says below each setting what a check found; settings that are not named are fine."""
        self._problems = problems
        for name, row in self.rows.items():
            row.tell(*problems.get(name, ("", "")))
        self._name_fold()

    def take_focus(self) -> None:
        """Gives the first field to the keyboard, as soon as it is there."""
        self._wants_focus = not self.rows
        if self.rows:
            next(iter(self.rows.values())).field.setFocus()

    def go_to(self, name: str) -> None:
        """Brings a setting to the person's eye and hand, once it is built."""
        if any(leaf.name == name for leaf in self._advanced):
            self.open_fold()
        self.build()
        if name in self.rows:
            self.rows[name].field.setFocus()
            self._aim = self.rows[name]
            self._placed.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for row in self.rows.values():
            row.set_narrow(self.width() < _NARROW)
        if self._aim is not None:
            self._placed.start()

    def _build_some(self) -> None:
        until = perf_counter() + _BUILDING_S
        while self._unbuilt and perf_counter() < until:
            self._build_one()
        if not self._unbuilt:
            self._later.stop()

    def _build_one(self) -> None:
        place, leaf = self._unbuilt.pop(0)
        owner = self._folded if place is self._inside else self
        group = leaf.path[:-1]
        title = group_at(self.draft.action.settings, group)[0]
        if title and title not in self._told and self._last.get(place) != group:
            heading = label(title, "heading")
            heading.setContentsMargins(0, _GAP if place.count() else _FIRST_GAP, 0, 0)
            place.addWidget(heading)
        self._last[place] = group
        row = FormRow(self.draft, leaf, self._recent, owner)
        self.rows[leaf.name] = row
        row.tell(*self._problems.get(leaf.name, ("", "")))
        row.set_narrow(self.width() < _NARROW)
        place.addWidget(row)
        if self._built is not None:
            self._built(row)
        if self._wants_focus:
            self.take_focus()

    def _scroll_to_aim(self) -> None:
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if area is not None and self._aim is not None and self._aim.height() > 0:
            area.ensureWidgetVisible(self._aim)
            self._aim = None

    def _refresh(self, name: str) -> None:
        for row in self.rows.values() if not name else filter(None, [self.rows.get(name)]):
            row.refresh()
        self._name_fold()

    def _name_fold(self) -> None:
        """The fold tells how much is in it, and whether something in it was changed or needs attention."""
        if self.fold is None:
            return
        names = [leaf.name for leaf in self._advanced]
        words = [_tr("Advanced ({n})").format(n=len(names))]
        changed = sum(self.draft.is_changed(name) for name in names)
        wrong = sum(self._problems.get(name, ("", ""))[1] == "bad" for name in names)
        if changed:
            words.append(_tr("{n} changed").format(n=changed))
        if wrong:
            words.append(_tr("{n} to mend").format(n=wrong))
        self.fold.setText(("▾ " if self.is_open else "▸ ") + " · ".join(words))


def _grouped(leaves: Iterable[Leaf]) -> list[Leaf]:
    """Members of the same group together; settings outside all groups first."""
    found: dict[tuple[str, ...], list[Leaf]] = {}
    for leaf in leaves:
        found.setdefault(leaf.path[:-1], []).append(leaf)
    return [leaf for path in sorted(found, key=bool) for leaf in found[path]]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Form", text)
