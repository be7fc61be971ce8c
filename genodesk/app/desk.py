"""Desk: the services that all pages share, and the way from one page to another. It has no look of its own."""

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from genodesk.app.commands import Commands
from genodesk.app.desk_settings import DeskSettings
from genodesk.app.engine_client import EngineClient
from genodesk.core.errors import UserError

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
        from genodesk.app.page_of import page_of

        page, arguments = page_of(path)
        self.go(page, **arguments)

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens what came together: of the files for one page the first, and says which were not shown.

        A GFF3 takes the sequences along to GeneChat, and with these a table that may tell what genes do.
        """
        from genodesk.app.page_of import about_genes, page_of

        together = about_genes(paths)
        paths = [path for path in paths if path not in together]
        pages: set[str] = set()
        left: list[Path] = []
        for path in paths:
            page, arguments = page_of(path)
            if page not in pages:
                pages.add(page)
                self.go(page, **arguments)
            else:
                left.append(path)
                if page == "data":
                    self.settings.add_recent(path)
        if together:  # last, so that it is what stays in front
            self.go("chat", files=[str(path) for path in together])
        if left:
            names = ", ".join(path.name for path in left)
            hint = self.tr("One of a kind is shown at a time. Data files are among those opened before.")
            self.toast(self.tr("Not shown: {names}").format(names=names), hint)

    def toast(self, text: str, hint: str = "", level: str = "info", action: Action | None = None) -> None:
        """A short message at the edge of the window: `info`, `good`, `warn` or `bad`."""
        self.toasted.emit(text, hint, level, action)

    def tell(self, error: UserError) -> None:
        """A toast for something a person can mend."""
        from genodesk.app.terminal_words import in_desk_words

        hint = ". ".join(part for part in (error.where.rstrip("."), in_desk_words(error.hint)) if part)
        self.toast(in_desk_words(error.message), hint, "bad")

    def close(self) -> None:
        """Ends what runs for the pages. Runs go on."""
        if "runs" in self.__dict__:
            self.runs.close()
        if "models" in self.__dict__:
            self.models.close()
        self.engine.close()
        self.settings.save()
