"""The genes that somebody has opened, with what annotation files say of them; the interactive worker's answer `genes`.

Light: a worker that only reads files can be asked.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from genodesk.core.disk import stamp
from genodesk.core.errors import UserError
from genodesk.engine.serve_session import Question
from genodesk.workflows.genechat.evidence import Annotated
from genodesk.workflows.genechat.function_table import is_function_table
from genodesk.workflows.genechat.genes import FoundGenes, find_genes
from genodesk.workflows.genechat.windows import LONGEST_GENE


def genes(question: Question) -> dict[str, Any]:
    """{path, annotation?, first?, count?} -> {genes: [{id, name, bases, description, annotated}], total, longest}.

    In the order of the file, all from the `first` where no count is given; `longest` is what is read of one at once.
    """
    annotated = annotated_genes(question)
    first, count = question.number("first"), question.number("count", len(annotated.genes))
    return {
        "total": len(annotated.genes),
        "longest": LONGEST_GENE,
        "genes": [
            {
                "id": gene.id,
                "name": gene.name,
                "bases": len(gene.sequence),
                "description": gene.description,
                "annotated": bool(gene.notes),
            }
            for gene in annotated.genes[max(0, first) : max(0, first) + max(0, count)]
        ],
    }


def annotated_genes(question: Question) -> Annotated:
    """{path, annotation?} -> the genes of the files, read anew only if one changed. Raises UserError."""
    path = Path(question.text("path"))
    given = question.params.get("annotation") or []
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise UserError("annotation must be a list of files.", "Mend the request.", "annotation")
    files = [Path(one) for one in given]
    key = tuple((str(file), stamp(file)) for file in (path, *files))
    return question.session.keep("genechat genes", key, lambda: Annotated(genes_with_notes(path, files).genes))


def genes_with_notes(sequences: Path, annotation: Sequence[Path]) -> FoundGenes:
    """The genes of a file, with what a GFF3 and a table of functions say about them. Raises UserError."""
    tables = [file for file in annotation if is_function_table(file)]
    others = [file for file in annotation if file not in tables]
    for files in (tables, others):
        if len(files) > 1:
            raise UserError(
                f"{files[0].name} and {files[1].name} are of one kind; one GFF3 and one table are read.",
                "Put both into one file.",
                "--annotation",
            )
    return find_genes(sequences, *(files[0] if files else None for files in (others, tables)))
