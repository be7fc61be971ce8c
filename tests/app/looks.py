"""What is wrong with a window as it stands: text that does not fit, controls without a name, a reason or a way by keys.

Knows widgets, no page.
"""

from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QRadioButton,
    QTabBar,
    QToolButton,
    QWidget,
)

_MARK = 24  # px: the box of a check mark with its gap
_ARROW = 22  # px: the arrow of a menu or a list
_ROUNDING = 1  # px
_MOST_STEPS = 400


def cut_texts(window: QWidget) -> list[str]:
    """Labels, buttons and lists whose text needs more room than they have, or that stand outside of what holds them."""
    # A text set a moment ago has its new room when the window is next painted, and so it has here.
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
    return [f"{describe(widget)} {why}" for widget in _seen(window) if (why := _cut(widget))]


def nameless(window: QWidget) -> list[str]:
    """Controls a person can reach and a screen reader cannot name."""
    return [describe(widget) for widget in _seen(window) if _is_reachable(widget) and not _name(widget)]


def unexplained(window: QWidget) -> list[str]:
    """Disabled buttons, and disabled entries of the menus of others, that do not say why."""
    buttons = [widget for widget in _seen(window) if isinstance(widget, QAbstractButton)]
    off = [describe(widget) for widget in buttons if not widget.isEnabled() and not widget.toolTip()]
    return off + [text for button in buttons if button.isEnabled() for text in _unexplained_entries(button)]


def _unexplained_entries(button: QAbstractButton) -> Iterator[str]:
    """Of the menu as it is when it opens; an entry without a tip of its own has its text for one."""
    menu = button.menu() if isinstance(button, QPushButton | QToolButton) else None
    if menu is None:
        return
    menu.aboutToShow.emit()
    for entry in menu.actions():
        told = menu.toolTipsVisible() and entry.toolTip() not in ("", entry.text().replace("&", ""))
        if entry.isVisible() and not entry.isSeparator() and not entry.isEnabled() and not told:
            yield f"entry {entry.text()!r} of {describe(button)}"


def unreached(window: QWidget) -> list[str]:
    """Controls of an active window that Tab never comes to, and those that do not let it go on."""
    met: list[QWidget] = []
    for _ in range(_MOST_STEPS):
        before = QApplication.focusWidget() or window
        QTest.keyClick(before, Qt.Key.Key_Tab)
        now = QApplication.focusWidget()
        if now is None or now is before:
            return [f"{describe(before)} keeps the Tab key"]
        if now in met:
            break
        met.append(now)
    expected = [widget for widget in _seen(window) if _is_reachable(widget) and not _waits_for_arrows(widget)]
    return [describe(widget) for widget in expected if widget not in met]


def describe(widget: QWidget) -> str:
    """The widget in words: its kind, its text or name, and what holds it."""
    text = _name(widget) or (widget.text() if isinstance(widget, QLabel) else "")
    holders = []
    holder = widget.parentWidget()
    while holder is not None and len(holders) < 3:
        if not type(holder).__name__.startswith("Q"):
            holders.append(type(holder).__name__)
        holder = holder.parentWidget()
    return f"{type(widget).__name__} {text[:60]!r} in {' < '.join(holders)}"


def _seen(window: QWidget) -> Iterator[QWidget]:
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.window() is window.window() and not _is_scrolled_away(widget):
            yield widget


def _is_scrolled_away(widget: QWidget) -> bool:
    holder = widget.parentWidget()
    while holder is not None:
        if isinstance(holder.parentWidget(), QAbstractScrollArea):
            return not holder.rect().contains(QRect(widget.mapTo(holder, QPoint(0, 0)), widget.size()))
        holder = holder.parentWidget()
    return False


def _cut(widget: QWidget) -> str:
    needed = _needed_width(widget)
    if needed > widget.width() + _ROUNDING:
        return f"needs {needed} px and has {widget.width()}"
    if isinstance(widget, QLabel) and widget.text():
        high = widget.heightForWidth(widget.width()) if widget.wordWrap() else widget.fontMetrics().height()
        if high > widget.height() + _ROUNDING:
            return f"needs a height of {high} px and has {widget.height()}"
    holder = widget.parentWidget()
    if isinstance(widget, QLabel | QAbstractButton | QComboBox) and holder is not None and _holds_fully(holder):
        beyond = QRect(widget.geometry()).united(holder.rect()) != holder.rect()
        if beyond and widget.width() and widget.height():
            return f"stands at {widget.geometry().getRect()} outside of {holder.size().toTuple()}"
    return ""


def _needed_width(widget: QWidget) -> int:
    metrics = widget.fontMetrics()
    if isinstance(widget, QLabel):
        if type(widget).__name__ == "ElidedLabel" or not widget.text():
            return 0
        if widget.wordWrap():
            words = max(widget.text().split(), key=metrics.horizontalAdvance, default="")
            return 0 if "/" in words else metrics.horizontalAdvance(words)
        return max(metrics.horizontalAdvance(line) for line in widget.text().split("\n"))
    if isinstance(widget, QPushButton | QToolButton) and widget.text():
        picture = widget.iconSize().width() + 4 if not widget.icon().isNull() else 0
        menu = _ARROW if isinstance(widget, QPushButton) and widget.menu() is not None else 0
        return metrics.size(Qt.TextFlag.TextShowMnemonic, widget.text()).width() + picture + menu + 4
    if isinstance(widget, QCheckBox | QRadioButton) and widget.text():
        return metrics.size(Qt.TextFlag.TextShowMnemonic, widget.text()).width() + _MARK
    if isinstance(widget, QComboBox) and not widget.isEditable():
        return metrics.horizontalAdvance(widget.currentText()) + _ARROW
    if isinstance(widget, QTabBar):
        return widget.sizeHint().width()
    return 0


def _holds_fully(holder: QWidget) -> bool:
    return holder.layout() is not None and not isinstance(holder.parentWidget(), QAbstractScrollArea)


def _is_reachable(widget: QWidget) -> bool:
    by_tab = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return by_tab and widget.isEnabled() and widget.focusProxy() is None and not _is_inner(widget)


def _is_inner(widget: QWidget) -> bool:
    """A part of a control that has the focus itself: the line of a spin box, the list of a combo box."""
    return widget.objectName().startswith("qt_") or type(widget.parentWidget()).__name__ in (
        *("QSpinBox", "QDoubleSpinBox", "QComboBox", "QTabWidget_", "QComboBoxPrivateContainer"),
        *("QTableView", "QHeaderView"),
    )


def _waits_for_arrows(widget: QWidget) -> bool:
    """One of several that exclude each other: Tab comes to the chosen one, arrows to the others."""
    return isinstance(widget, QAbstractButton) and (
        widget.autoExclusive() or (widget.group() is not None and widget.group().exclusive())
    )


def _name(widget: QWidget) -> str:
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton) and widget.text():
        return widget.text()
    window = widget.window()
    buddies = (label for label in window.findChildren(QLabel) if label.buddy() is widget)
    return next((label.text() for label in buddies), "")
