"""CallAnswer: what an action that leaves no run has made, in a sentence and a few facts, and the way to its files."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QPushButton

from genodesk.app.widgets import Card, FactsTable, Flow, button, clear, label, scrolled

if TYPE_CHECKING:
    from genodesk.app.desk import Desk

_MOST_FACTS = 60
_TABLES_HEIGHT = 220  # px


class CallAnswer(Card):
    """Hidden until there is an answer."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(_tr("What it made"))
        self._desk = desk
        self.said = label("", wrap=True, selectable=True)
        self.facts = FactsTable()
        self._lists = scrolled(self.facts)
        self._lists.setMinimumHeight(_TABLES_HEIGHT)
        self.ways = Flow()
        self.body.addWidget(self.said)
        self.body.addWidget(self._lists)
        self.body.addLayout(self.ways)
        self.hide()

    def show_answer(self, answer: Mapping[str, Any], written: Sequence[Path]) -> None:
        """Shows the answer of an action that was to write the files `written`."""
        self.said.setText(sentence(answer, written))
        rows = listed(answer)
        self.facts.set_rows(rows)
        self._lists.setVisible(bool(rows))
        clear(self.ways)
        paths = openable(answer, written)
        for path in paths:
            self.ways.addWidget(self._opening(path, alone=len(paths) == 1))
        for path in written[:1]:
            self.ways.addWidget(button(_tr("Show the folder"), partial(_show_folder, path.parent)))
        self.show()

    def _opening(self, path: Path, *, alone: bool) -> QPushButton:
        text = _tr("Open") if alone else _tr("Open {name}").format(name=path.name)
        made = button(text, lambda: self._desk.open_path(path), icon="open", tip=str(path))
        made.setAccessibleName(_tr("Open {name}").format(name=path.name))
        return made


def sentence(answer: Mapping[str, Any], written: Sequence[Path]) -> str:
    """What was made, plainly: "yeast.h5ad was written: 8 samples, 32 regions, 9 motifs."."""
    numbers = ", ".join(f"{value:,} {_words(name)}" for name, value in answer.items() if _counts(value))
    if len(written) == 1 and numbers:
        return _tr("{name} was written: {numbers}.").format(name=written[0].name, numbers=numbers)
    told = [_tr("{name} was written.").format(name=path.name) for path in written]
    if numbers:
        told.append(_tr("Done: {numbers}.").format(numbers=numbers))
    return " ".join(told) or _tr("Done.")


def listed(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Whatever else the answer tells, as (name, value): of a list of rows, the first column names each."""
    rows: list[tuple[str, str]] = []
    for name, value in answer.items():
        if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            for item in value:
                (_, first), *rest = item.items()
                rows.append((str(first), " · ".join(f"{_words(key)} {_value(told)}" for key, told in rest)))
        elif isinstance(value, Mapping):
            told = ", ".join(f"{_words(key)} {_value(inner)}" for key, inner in value.items())
            rows.append((_words(name).capitalize(), told))
        elif not _counts(value) and not _names_place(value) and value not in ([], ""):
            rows.append((_words(name).capitalize(), _value(value)))
    return rows[:_MOST_FACTS]


def openable(answer: Mapping[str, Any], written: Sequence[Path]) -> list[Path]:
    """What the desk can show of what was written: a file or a folder that is read as one, else what lies in it."""
    told = [Path(value) for value in answer.values() if isinstance(value, str)]
    found: list[Path] = []
    for path in written:
        inside = [file for file in told if path in file.parents and file.is_file()]
        found += inside or ([path] if path.exists() else [])
    return found


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _names_place(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute()


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _tr("yes") if value else _tr("no")
    if isinstance(value, float):
        return f"{value:,.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_value, value))
    if value is None:
        return _tr("none")
    return f"{value:,}" if isinstance(value, int) else str(value)


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))


def _tr(text: str) -> str:
    return QCoreApplication.translate("CallAnswer", text)
