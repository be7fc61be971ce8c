"""ThreadView: the turns of a conversation below each other; it follows the newest words unless somebody scrolled up."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from genodesk.app.application import application
from genodesk.app.pages.chat.history import Conversation, Said
from genodesk.app.pages.chat.talking import Doing
from genodesk.app.pages.chat.turn_view import TurnView
from genodesk.app.widgets import column, scrolled

_NEAR_END = 40  # px


class ThreadView(QWidget):
    """What the person wants of a turn is signalled with its number. One turn is `chosen`: the last, or one clicked.

    `doing` tells what is under way for a turn.
    """

    again_wanted = Signal(int)
    earlier_wanted = Signal(int)
    edit_wanted = Signal(int)
    compare_wanted = Signal(int)
    stop_wanted = Signal(int)
    chosen_changed = Signal()

    def __init__(self, doing: Callable[[Said], Doing | None]) -> None:
        super().__init__()
        self._doing = doing
        self._list = column(spacing=8)
        inside = QWidget()
        inside.setLayout(column(self._list, 1, margins=(0, 0, 12, 0)))
        self.area: QScrollArea = scrolled(inside)
        self.area.verticalScrollBar().rangeChanged.connect(self._follow)
        self.area.verticalScrollBar().valueChanged.connect(self._moved)
        self.setLayout(column(self.area))
        self.turns: list[TurnView] = []
        self.chosen: Said | None = None
        self._at_end = True
        application().focusChanged.connect(self._follow_focus)

    def show_turns(self, conversation: Conversation) -> None:
        """Shows the turns there are now, the last one chosen; views of turns that stayed are kept."""
        known = {id(view.turn): view for view in self.turns}
        wanted = [id(turn) for turn in conversation.turns]
        for view in self.turns:
            if id(view.turn) not in wanted:
                self._list.removeWidget(view)
                view.hide()
                view.deleteLater()
        self.turns = [
            known.get(id(turn)) or self._new(TurnView(turn, self._doing(turn))) for turn in conversation.turns
        ]
        for view in self.turns:
            view.set_last(view is self.turns[-1])
        self.chosen = conversation.turns[-1] if conversation.turns else None
        self._at_end = True
        self._follow()

    def view(self, number: int) -> TurnView | None:
        """The view of a turn, None where that is not shown."""
        return self.turns[number] if 0 <= number < len(self.turns) else None

    def update_turn(self, number: int) -> None:
        """A turn has changed, or what is under way for it."""
        if view := self.view(number):
            view.update_turn(self._doing(view.turn))

    def shut(self) -> None:
        """Follows the keyboard no more."""
        application().focusChanged.disconnect(self._follow_focus)

    def _new(self, view: TurnView) -> TurnView:
        view.again_wanted.connect(lambda: self.again_wanted.emit(self.turns.index(view)))
        view.earlier_wanted.connect(lambda: self.earlier_wanted.emit(self.turns.index(view)))
        view.edit_wanted.connect(lambda: self.edit_wanted.emit(self.turns.index(view)))
        view.compare_wanted.connect(lambda: self.compare_wanted.emit(self.turns.index(view)))
        view.stop_wanted.connect(lambda: self.stop_wanted.emit(self.turns.index(view)))
        view.pressed.connect(lambda: self._choose(view))
        self._list.addWidget(view)
        return view

    def _follow_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """The turn in which the keyboard is becomes the chosen one."""
        for view in self.turns:
            if now is not None and view.isAncestorOf(now):
                self._choose(view)

    def _choose(self, view: TurnView) -> None:
        if view.turn is not self.chosen:
            self.chosen = view.turn
            self.chosen_changed.emit()

    def _moved(self, value: int) -> None:
        self._at_end = value >= self.area.verticalScrollBar().maximum() - _NEAR_END

    def _follow(self) -> None:
        if self._at_end:
            bar = self.area.verticalScrollBar()
            bar.setValue(bar.maximum())
