"""The card that says what this program is, and what to send along with a report of something that went wrong."""

import platform
import sys

from PySide6.QtCore import QCoreApplication, qVersion
from PySide6.QtGui import QGuiApplication

from genodesk import __version__
from genodesk.app.widgets import Card, FactsTable, button, label, row
from genodesk.core.workflow import get_workflow, workflow_names
from genodesk.jobs.places import home


def about_card() -> Card:
    """Versions, licence, and a button that copies them for a report."""
    card = Card(_tr("About Genodesk"))
    card.body.addWidget(label(_tr("Train, question and look at genomics models on your own computer."), wrap=True))
    card.body.addWidget(
        FactsTable(
            [
                (_tr("Version"), __version__),
                (_tr("Licence"), "Apache-2.0"),
                (_tr("Models"), ", ".join(get_workflow(name).title for name in workflow_names())),
                (_tr("Python, Qt"), f"{platform.python_version()}, {qVersion()}"),
            ]
        )
    )
    done = label("", "small", mute=True)

    def copy() -> None:
        QGuiApplication.clipboard().setText(report())
        done.setText(_tr("Copied. It names no file of yours."))

    card.body.addLayout(row(button(_tr("Copy for a report"), copy, icon="copy"), done, 1))
    card.body.addWidget(
        label(
            _tr("What went wrong is written to {path}.").format(path=home() / "desk.log"), "small", mute=True, wrap=True
        )
    )
    return card


def report() -> str:
    """What somebody who mends a fault wants to know first; nothing of the person and her data."""
    lines = (
        f"Genodesk {__version__}",
        f"Python {sys.version.split()[0]}, Qt {qVersion()}, {QGuiApplication.platformName()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"Workflows: {', '.join(workflow_names()) or 'none'}",
    )
    return "\n".join(lines)


def _tr(text: str) -> str:
    return QCoreApplication.translate("About", text)
