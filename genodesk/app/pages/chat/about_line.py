"""The line below the page's title: which gene is asked about, and what the model knows of it by now."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from genodesk.app.pages.chat.genes_model import title_of
from genodesk.app.pages.chat.history import Said
from genodesk.app.pages.chat.subject import Subject


def about_line(subject: Subject, turns: Sequence[Said]) -> str:
    """The gene, its length, how much of it was read, and whether the model is being loaded."""
    gene = subject.gene
    if gene is None:
        return _tr("Ask a gene's DNA what it does")
    made = turns[-1].document.get("provenance", {}) if turns else {}
    parts = [title_of(gene), gene["id"] if gene["id"] != title_of(gene) else "", f"{gene['bases']:,} bp"]
    if made:
        count = made.get("windows", 0)
        parts.append(_tr("1 window read") if count == 1 else _tr("{count} windows read").format(count=count))
    if subject.model_loading:
        parts.append(_tr("the model is being loaded"))
    return " · ".join(part for part in parts if part)


def _tr(text: str) -> str:
    return QCoreApplication.translate("AboutLine", text)
