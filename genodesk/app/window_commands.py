"""What a person can ask of the window at any time: go to a page, open something, change the look, quit."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from genodesk.app.commands import Command
from genodesk.app.desk import Desk
from genodesk.app.theme import theme

if TYPE_CHECKING:
    from genodesk.app.window import Window


def window_commands(window: "Window") -> list[Command]:
    """The commands, in the order the palette shows them."""
    go, look, file = _tr("Go to"), _tr("Appearance"), _tr("File")
    show = window.show_page
    desk = window.desk
    return [
        Command("go data", _tr("Data"), lambda: show("data"), go, "Ctrl+1", _tr("cells table tissue")),
        Command("go chat", _tr("GeneChat"), lambda: show("chat"), go, "Ctrl+2", _tr("ask gene question answer")),
        Command("go train", _tr("Train"), lambda: show("train"), go, "Ctrl+3; Ctrl+T", _tr("new run model wizard")),
        Command("go runs", _tr("Runs"), lambda: show("runs"), go, "Ctrl+4", _tr("results loss figures")),
        Command("go settings", _tr("Settings"), lambda: show("settings"), go, "Ctrl+,", _tr("preferences shortcuts")),
        Command("go welcome", _tr("Welcome"), lambda: show("welcome"), go, "Ctrl+0", _tr("start demonstration")),
        Command(
            "open file", _tr("Open a file…"), lambda: _ask(window, folder=False), file, "Ctrl+O", _tr("data h5ad yaml")
        ),
        Command("open folder", _tr("Open a folder…"), lambda: _ask(window, folder=True), file, "Ctrl+Shift+O", "zarr"),
        Command(
            "theme",
            _tr("Switch between light and dark"),
            lambda: _switch_theme(desk),
            look,
            "Ctrl+Shift+L",
            _tr("theme colours"),
        ),
        Command(
            "theme system",
            _tr("Light or dark as the system is"),
            lambda: choose_theme(desk, "system"),
            look,
            "",
            "theme",
        ),
        Command("full screen", _tr("Full screen"), lambda: _fill_screen(window), look, "F11"),
        Command("palette", _tr("All commands"), window.palette_box.toggle, "", "Ctrl+K"),
        Command("quit", _tr("Quit"), window.close, file, "Ctrl+Q", _tr("close exit")),
    ]


def choose_theme(desk: Desk, choice: str) -> None:
    """`system`, `light` or `dark`, from now on and at the next start."""
    desk.settings.set("theme", choice)
    theme().set_choice(choice)


def _switch_theme(desk: Desk) -> None:
    choose_theme(desk, "light" if theme().name == "dark" else "dark")


def _ask(window: "Window", *, folder: bool) -> None:
    from genodesk.app.openable import ask_to_open

    ask_to_open(window, window.desk, folder=folder)


def _fill_screen(window: "Window") -> None:
    if window.isFullScreen():
        window.showNormal()
    else:
        window.showFullScreen()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Commands", text)
