"""FormRow: one setting in a form: its title, its field, unit and sentence, what is wrong with it, and the way back."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from genodesk.app.forms.choices import CategoriesField, ChoiceField, OfferedField, SeveralField
from genodesk.app.forms.draft import Draft
from genodesk.app.forms.field import Field, NumberField, SwitchField, TextField, WordsField, number_text, range_text
from genodesk.app.forms.files import FileField, FilesField, PathField, Recent, RunField
from genodesk.app.widgets import icon_button, label, set_tone
from genodesk.core.settings import Leaf

_TITLE_WIDTH, _FIELD_WIDTH, _LINE_HEIGHT = 148, 264, 34  # px


class FormRow(QWidget):
    """Shows a setting of a draft and writes what the person does into it."""

    def __init__(self, draft: Draft, leaf: Leaf, recent: Recent = tuple, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.draft = draft
        self.leaf = leaf
        self.field = field_for(leaf, recent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnMinimumWidth(0, _TITLE_WIDTH)
        title = label(leaf.title, wrap=True)
        title.setFixedWidth(_TITLE_WIDTH)
        title.setMinimumHeight(_LINE_HEIGHT)
        title.setBuddy(self.field)
        self._grid.addWidget(title, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._help = label(help_of(leaf), "small", wrap=True, mute=True)
        self._help.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._wide = isinstance(self.field, PathField)
        if self._wide:
            self._grid.addWidget(self.field, 0, 1, 1, 2)
        else:
            self.field.setFixedWidth(_FIELD_WIDTH)
            self._grid.addWidget(self.field, 0, 1, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._narrow: bool | None = None
        self.set_narrow(False)
        self._grid.setColumnStretch(2, 1)
        if leaf.unit:
            unit = label(leaf.unit, mute=True)
            self.field.line.addWidget(unit)
        self.back = icon_button("again", _tr("{title}: back to the preset").format(title=leaf.title))
        self.back.clicked.connect(lambda: draft.reset(leaf.name))
        self.back.hide()
        self.field.line.addWidget(self.back)
        fills = self._wide or isinstance(self.field, TextField | WordsField)
        self.field.line.addStretch(0 if fills else 1)
        self._problem: QLabel | None = None
        self._told: tuple[str, str] = ("", "")
        self.field.edited.connect(self._take)
        self.refresh()

    def refresh(self) -> None:
        """Shows what the draft holds."""
        name = self.leaf.name
        self.field.set_value(self.draft.value(name))
        changed = self.draft.is_changed(name) and self.leaf.file is None
        self.back.setVisible(changed)
        if changed:
            text = _tr("Changed. The preset says {value}.").format(value=value_words(self.leaf, self.draft.base(name)))
            self.back.setToolTip(text)
        self._show_problem()

    def tell(self, text: str, tone: str = "bad") -> None:
        """Says what a check found about this setting; an empty text takes it away."""
        self._told = (text, tone)
        self._show_problem()

    @property
    def problem(self) -> str:
        """What is shown below the field."""
        return self._problem.text() if self._problem is not None and not self._problem.isHidden() else ""

    def set_narrow(self, narrow: bool) -> None:
        """Where there is little room, the sentence stands below the field instead of beside it."""
        narrow = narrow or self._wide
        if narrow != self._narrow:
            self._narrow = narrow
            self._grid.removeWidget(self._help)
            self._help.setMinimumHeight(0 if narrow else _LINE_HEIGHT)
            place = (3, 1, 1, 2) if narrow else (0, 2, 1, 1)
            self._grid.addWidget(self._help, *place, Qt.AlignmentFlag.AlignTop)

    def add_below(self, widget: QWidget) -> None:
        """Puts something between the field and the next setting, as wide as field and sentence."""
        self._grid.addWidget(widget, 2, 1, 1, 2)

    def _take(self) -> None:
        self.draft.set(self.leaf.name, self.field.value())
        self._show_problem()

    def _show_problem(self) -> None:
        """What the field itself complains about goes before what the engine found."""
        own = self.field.complaint()
        text, tone = (own, "bad") if own else self._told
        self.field.mark(bool(text) and tone == "bad", text)
        if text and self._problem is None:
            self._problem = label("", "small", wrap=True, mute=True, selectable=True)
            room = self._problem.sizePolicy()
            room.setRetainSizeWhenHidden(True)  # what is below stays where it is while somebody types
            self._problem.setSizePolicy(room)
            self._grid.addWidget(self._problem, 1, 1, 1, 2)
        if self._problem is not None:
            self._problem.setText(text or self._problem.text())  # as high as before while it is hidden
            self._problem.setVisible(bool(text))
            set_tone(self._problem, "" if tone == "mute" else tone)


def field_for(leaf: Leaf, recent: Recent = tuple) -> Field:
    """The field that fits a setting."""
    if leaf.file is not None and leaf.file.role == "run":
        return RunField(leaf)
    if leaf.plain_type is Path or leaf.file is not None:
        return FilesField(leaf, recent) if leaf.is_list else FileField(leaf, recent)
    if leaf.offers.startswith("categories:"):
        return CategoriesField(leaf)
    if leaf.offers:
        return OfferedField(leaf)
    if leaf.choices:
        return SeveralField(leaf) if leaf.is_list else ChoiceField(leaf)
    if leaf.is_list:
        return WordsField(leaf)
    if leaf.plain_type is bool:
        return SwitchField(leaf)
    return NumberField(leaf) if leaf.plain_type in (int, float) else TextField(leaf)


def help_of(leaf: Leaf) -> str:
    """The sentence of a setting, then what numbers it takes."""
    allowed = range_text(leaf)
    return " ".join(part for part in (leaf.help, _unbroken(f"({allowed})") if allowed else "") if part)


def _unbroken(text: str) -> str:
    """The text with marks that keep it on one line."""
    return text.replace(" ", "\u00a0").replace("–", "\u2060–\u2060")


def value_words(leaf: Leaf, value: object) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return _tr("on") if value else _tr("off")
    if value is None or value in ([], ""):
        return leaf.choice_titles.get("", _tr("none"))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(value_words(leaf, item) for item in value)
    words = f"{value:,}" if isinstance(value, int) and leaf.unit else number_text(value)
    return " ".join(part for part in (leaf.choice_titles.get(str(value), words), leaf.unit) if part)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Form", text)
