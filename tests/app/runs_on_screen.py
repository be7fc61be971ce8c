"""The page of runs on screen, for the tests of its parts: made, brought to a run, looked at and clicked."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from PySide6.QtWidgets import QPushButton, QWidget

from genodesk.app.desk import Desk
from genodesk.app.pages.runs.page import RunsPage
from genodesk.app.pages.runs.part import RunPart
from genodesk.app.pages.runs.run_panel import RunPanel
from genodesk.core.run import RunFolder
from genodesk.jobs.status import read


def shown_page(desk: Desk) -> Iterator[RunsPage]:
    """The page, shown; `wanted` are the pages it asked for, `said` the toasts."""
    made: Any = RunsPage(desk)
    made.resize(1200, 840)
    made.show()
    made.shown()
    made.wanted, made.said = [], []
    desk.page_wanted.connect(lambda name, arguments: made.wanted.append((name, arguments)))
    desk.toasted.connect(lambda text, hint, level, action: made.said.append(text))
    yield made
    made.shut()
    made.close()
    made.deleteLater()


async def look_at(page: RunsPage, until: Callable[..., Awaitable[Any]], folder: RunFolder) -> RunPanel:
    """Brings a run to the front and waits until all of it was read and its status is the newest."""
    page.take(run=str(folder.path))
    await until(lambda: page.panel.record is not None and page.panel.record.folder.path == folder.path)
    await until(lambda: page.panel.record.caught_up)
    page.desk.runs.show(True)  # looks at all folders now: it may have met this one half made
    await until(lambda: (now := read(folder.path)).alive or page.panel.record.status == now)
    page.panel.draw_now()
    return page.panel


def tab(panel: RunPanel, name: str) -> RunPart:
    """A tab in front, drawn."""
    part = panel.show_tab(name)
    part.refresh()
    return part


def click(widget: QWidget, text: str) -> None:
    """Clicks the one button with that text."""
    (button,) = [one for one in widget.findChildren(QPushButton) if one.text().replace("&", "") == text]
    button.click()
