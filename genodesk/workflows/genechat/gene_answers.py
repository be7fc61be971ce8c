"""The genes that somebody has opened, with what annotation files say of them; the interactive worker's answers `genes`
and `evidence`.

Light: a worker that only reads files can be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genodesk.core.disk import stamp
from genodesk.core.errors import UserError
from genodesk.core.sequence_files import Duplicates
from genodesk.engine.data.columns import first_few
from genodesk.engine.serve_session import Question
from genodesk.workflows.genechat.evidence import Annotated, beside
from genodesk.workflows.genechat.function_table import is_function_table
from genodesk.workflows.genechat.genes import FoundGenes, find_genes
from genodesk.workflows.genechat.windows import LONGEST_GENE


def genes(question: Question) -> dict[str, Any]:
    """{path, annotation?, first?, count?} -> {genes: [{id, name, bases, description, annotated}], total, longest,
    notices}.

    In the order of the file, all from the `first` where no count is given; `longest` is what is read of one at once,
    `notices` are sentences about what was changed or not taken.
    """
    opened = _opened(question)
    annotated = opened.annotated
    first, count = question.number("first"), question.number("count", len(annotated.genes))
    return {
        "total": len(annotated.genes),
        "longest": LONGEST_GENE,
        "notices": list(opened.notices),
        "genes": [
            {
                "id": gene.id,
                "name": gene.name,
                "bases": gene.length,
                "description": gene.description,
                "annotated": bool(gene.notes),
            }
            for gene in annotated.genes[max(0, first) : max(0, first) + max(0, count)]
        ],
    }


def evidence(question: Question) -> dict[str, Any]:
    """{path, annotation?, genes, answers} -> {beside: [{evidence, agrees, invented}]}.

    What the files say beside each of these answers about the genes of these ids.
    """
    annotated = annotated_genes(question)
    ids, answers = (_texts(question, name) for name in ("genes", "answers"))
    asked = [gene for gene in annotated.genes if gene.id in ids]
    if not asked:
        raise UserError("The file holds none of these genes.", "Name some of its genes.", question.text("path"))
    sources = annotated.evidence(asked, question.raise_if_cancelled)
    return {"beside": [beside(answer, sources, asked) for answer in answers]}


def _texts(question: Question, name: str) -> list[str]:
    told = question.params.get(name)
    if not isinstance(told, list) or not all(isinstance(one, str) for one in told):
        raise UserError(f"{name} must be a list of text.", "Mend the request.", "request")
    return told


@dataclass(frozen=True)
class _Opened:
    """The genes of some files, and what is to be told of the reading."""

    annotated: Annotated
    notices: tuple[str, ...]


def annotated_genes(question: Question) -> Annotated:
    """{path, annotation?} -> the genes of the files, read anew only if one changed. Raises UserError."""
    return _opened(question).annotated


def _opened(question: Question) -> _Opened:
    path = Path(question.text("path"))
    given = question.params.get("annotation") or []
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise UserError("annotation must be a list of files.", "Mend the request.", "annotation")
    files = [Path(one) for one in given]
    key = tuple((str(file), stamp(file)) for file in (path, *files))

    def read() -> _Opened:
        found = genes_with_notes(path, files)
        return _Opened(Annotated(found.genes), tuple(found.notices))

    return question.session.keep("genechat genes", key, read)


def genes_with_notes(sequences: Path, annotation: Sequence[Path], duplicates: Duplicates = "rename") -> FoundGenes:
    """The genes of a file, with what a GFF3 and a table of functions say about them; its notices tell of rows of the
    table that match no gene. Raises UserError.
    """
    tables = [file for file in annotation if is_function_table(file)]
    others = [file for file in annotation if file not in tables]
    for alike in (tables, others):
        if len(alike) > 1:
            raise UserError(
                f"{alike[0].name} and {alike[1].name} are of one kind; one GFF3 and one table are read.",
                "Put both into one file.",
                "--annotation",
            )
    files = (others[0] if others else None), (tables[0] if tables else None)
    found = find_genes(sequences, *files, duplicates=duplicates)
    if found.without_sequence:
        count, shown = len(found.without_sequence), first_few(found.without_sequence, 3)
        found.notices.append(f"Rows of {tables[0].name} that match no gene: {count:,} ({shown}).")
    return found
