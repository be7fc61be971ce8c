"""Desk: the services that all pages share, and the way from one page to another. It has no look of its own."""

import os
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.commands import Commands
from genodesk.app.desk_settings import DeskSettings
from genodesk.app.engine_client import EngineClient
from genodesk.core.errors import UserError
from genodesk.core.sequence_files import FASTA, GENBANK, GFF3, bare_suffix

if TYPE_CHECKING:
    from genodesk.app.run_list import RunList

Action = tuple[str, Callable[[], object]]
"""What a toast offers: a word and what it does."""


class Desk(QObject):
    """What a page is given. Signals ask the window for a page or a toast."""

    page_wanted = Signal(str, object)
    toasted = Signal(str, str, str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = DeskSettings(self)
        self.engine = EngineClient(self)
        self.commands = Commands()

    @cached_property
    def models(self) -> EngineClient:
        """The worker that keeps models warm, beside the one that reads files; made when it is first needed."""
        return EngineClient(self, ("serve", "--with-models"))

    @cached_property
    def runs(self) -> "RunList":
        """The list of runs, made when it is first needed."""
        from genodesk.app.run_list import RunList

        runs = RunList(self, self.engine)

        def keep_in_chosen_folder() -> None:
            runs.place = self.settings.runs_folder

        keep_in_chosen_folder()
        self.settings.changed.connect(keep_in_chosen_folder)
        return runs

    def go(self, page: str, **arguments: Any) -> None:
        """Brings a page to the front; it takes the arguments."""
        self.page_wanted.emit(page, arguments)

    def open_path(self, path: Path) -> None:
        """Opens whatever lies there: a run, settings for a training, what is written about genes, else data."""
        page, arguments = _place_of(path)
        self.go(page, **arguments)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens what came together: of the files for one page the first, and says which were not shown.

        A GFF3 takes the sequences along to GeneChat.
        """
        if any(_place_of(path)[0] == "chat" for path in paths):
            together = [path for path in paths if bare_suffix(path) in (*FASTA, *GENBANK, *GFF3.suffixes)]
            self.go("chat", files=[str(path) for path in together])
            paths = [path for path in paths if path not in together]
        pages: set[str] = set()
        left: list[Path] = []
        for path in paths:
            page, arguments = _place_of(path)
            if page not in pages:
                pages.add(page)
                self.go(page, **arguments)
            else:
                left.append(path)
                if page == "data":
                    self.settings.add_recent(path)
        if left:
            names = ", ".join(path.name for path in left)
            hint = self.tr("One of a kind is shown at a time. Data files are among those opened before.")
            self.toast(self.tr("Not shown: {names}").format(names=names), hint)

    def toast(self, text: str, hint: str = "", level: str = "info", action: Action | None = None) -> None:
        """A short message at the edge of the window: `info`, `good`, `warn` or `bad`."""
        self.toasted.emit(text, hint, level, action)

    def tell(self, error: UserError) -> None:
        """A toast for something a person can mend."""
        self.toast(error.message, ". ".join(part for part in (error.where.rstrip("."), error.hint) if part), "bad")

    def close(self) -> None:
        """Ends what runs for the pages. Runs go on."""
        if "runs" in self.__dict__:
            self.runs.close()
        if "models" in self.__dict__:
            self.models.close()
        self.engine.close()
        self.settings.save()


def _place_of(path: Path) -> tuple[str, dict[str, Any]]:
    """The page that shows what lies there, and what that is given."""
    # Path.is_file raises where the folder belongs to somebody else; the page says so in words.
    if os.path.isfile(path / "run.json"):  # noqa: PTH113
        return "runs", {"run": str(path)}
    if path.suffix.lower() in (".yaml", ".yml") and os.path.isfile(path):  # noqa: PTH113
        return "train", {"settings_file": str(path)}
    if bare_suffix(path) in GFF3.suffixes:
        return "chat", {"files": [str(path)]}
    return "data", {"path": str(path)}
