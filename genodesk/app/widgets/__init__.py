"""The pieces that every page is made of. They know the theme and nothing of data, runs or the engine."""

from genodesk.app.widgets.buttons import Segments, button, disable, enable, icon_button
from genodesk.app.widgets.containers import Card, Rule, Tabs, clear, column, row, scrolled
from genodesk.app.widgets.content import Content
from genodesk.app.widgets.facts import FactsTable
from genodesk.app.widgets.flow import Flow
from genodesk.app.widgets.lines import LinePainter, write
from genodesk.app.widgets.picture import Picture
from genodesk.app.widgets.progress import Bar
from genodesk.app.widgets.tables import ignore_selection
from genodesk.app.widgets.text import ElidedLabel, label, set_tone

__all__ = [
    "Bar",
    "Card",
    "Content",
    "ElidedLabel",
    "FactsTable",
    "Flow",
    "LinePainter",
    "Picture",
    "Rule",
    "Segments",
    "Tabs",
    "button",
    "clear",
    "column",
    "disable",
    "enable",
    "icon_button",
    "ignore_selection",
    "label",
    "row",
    "scrolled",
    "set_tone",
    "write",
]
