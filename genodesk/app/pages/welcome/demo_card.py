"""A card that shows one workflow at work: what it does, a picture, and the button that starts its demonstration."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame

from genodesk.app.pages.welcome.picture import WorkflowPicture
from genodesk.app.widgets import button, column, disable, enable, label, row
from genodesk.core.workflow import Demo, Workflow


class DemoCard(QFrame):
    """Shows the words of the workflow's declaration, and below them what its demonstration does."""

    def __init__(self, workflow: Workflow, demo: Demo, see: Callable[[], object], train: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.see = button(self.tr("See it work"), see, kind="primary", icon="play")
        self.see.setAccessibleName(self.tr("See {name} work").format(name=workflow.title))
        self.train = button(self.tr("Train it on your data…"), train)
        short = self.tr("Takes a minute or two, needs no internet.")
        words = column(
            1,
            label(workflow.title, "title"),
            label(workflow.summary, wrap=True),
            label(f"{demo.learns} {short}", wrap=True, mute=True),
            row(self.see, self.train, 1, margins=(0, 4, 0, 0)),
            1,
            spacing=8,
        )
        whole = row(words, WorkflowPicture(demo.picture), spacing=16, margins=(20, 16, 20, 16))
        whole.setStretch(0, 3)
        whole.setStretch(1, 2)
        self.setLayout(whole)

    def begin(self) -> None:
        """The run is being started."""
        disable(self.see, self.tr("The run is being started."))

    def end(self) -> None:
        """It may be started once more."""
        enable(self.see)
