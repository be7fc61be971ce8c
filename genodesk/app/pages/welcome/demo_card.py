"""A card that shows one workflow at work: what it does, a picture, and the button that starts its demonstration."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame

from genodesk.app.pages.welcome.picture import TissuePicture
from genodesk.app.widgets import button, column, disable, enable, label, row
from genodesk.core.workflow import Workflow


class DemoCard(QFrame):
    """Knows the words of the workflow's declaration and nothing else of it."""

    def __init__(self, workflow: Workflow, see: Callable[[], object], train: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("card")
        self.see = button(self.tr("See it work"), see, kind="primary", icon="play")
        self.see.setAccessibleName(self.tr("See {name} work").format(name=workflow.title))
        self.train = button(self.tr("Train it on your data…"), train)
        self.setLayout(
            column(
                TissuePicture(),
                label(workflow.title, "title"),
                label(workflow.summary, wrap=True),
                label(
                    self.tr(
                        "It learns from small synthetic data and is judged on a part that it has not seen. "
                        "Takes under a minute, needs no internet."
                    ),
                    wrap=True,
                    mute=True,
                ),
                row(self.see, self.train, 1, margins=(0, 4, 0, 0)),
                spacing=8,
                margins=(24, 16, 24, 16),
            )
        )
        self.layout().setStretch(0, 1)

    def begin(self) -> None:
        """The run is being started."""
        disable(self.see, self.tr("The run is being started."))

    def end(self) -> None:
        """It may be started once more."""
        enable(self.see)
