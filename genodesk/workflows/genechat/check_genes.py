"""The quick look before genes are prepared, fetched or judged: no torch, nothing computed."""

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.engine.data.gff import read_gff
from genodesk.engine.data.sequences import known_kind, open_sequences
from genodesk.engine.model_folder import read_document
from genodesk.workflows.genechat.function_table import is_function_table, read_functions
from genodesk.workflows.genechat.pairs import check_place, read_header
from genodesk.workflows.genechat.servers import parsed
from genodesk.workflows.genechat.settings_actions import EvaluateSettings, FetchSettings, PrepareSettings
from genodesk.workflows.genechat.upstream_json import is_upstream

_READ_AT_ONCE = 20_000_000  # bytes: what is larger is only looked at, and read by the run


def check_prepare(settings: PrepareSettings) -> list[Notice]:
    """The files, read through where they are small, and the place of the set."""
    check_place(settings.out)
    if is_upstream(settings.data):
        for path, option in ((settings.annotation, "--annotation"), (settings.functions, "--functions")):
            if path is not None:
                raise UserError(
                    "GeneChat's own files bring their answers with them.", f"Leave {option} away.", str(path)
                )
        return []
    if settings.data.is_dir():
        raise UserError(
            "This folder holds no seq.json.", "Name a file with sequences, or GeneChat's folder.", str(settings.data)
        )
    kind = known_kind(settings.data)
    if settings.data.stat().st_size <= _READ_AT_ONCE:
        open_sequences(settings.data, duplicates=settings.duplicates)
    if settings.annotation is not None:
        if is_function_table(settings.annotation):
            raise UserError("This is a table, not a GFF3.", "Give it with --functions.", str(settings.annotation))
        next(read_gff(settings.annotation))
    if settings.functions is not None:
        read_functions(settings.functions)
    elif kind == "fasta" and settings.annotation is None:
        return [
            Notice(
                "Without a table of functions, only what the FASTA headers say is known of the genes.",
                "Give one with --functions.",
                "functions",
            )
        ]
    return []


def check_fetch(settings: FetchSettings) -> list[Notice]:
    """The place of the set and the address; NCBI is not asked."""
    check_place(settings.out)
    if not settings.organism.strip():
        raise UserError("No organism is named.", "Name one, for example Saccharomyces cerevisiae.", "--organism")
    address = parsed(settings.service)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise UserError("This is no address of a service.", "Give one that begins with https://.", "--service")
    return []


def check_evaluate(settings: EvaluateSettings) -> list[Notice]:
    """The model's document and the header of the set; that the demonstration is judged, where no model is named."""
    notices = []
    if settings.run is not None:
        read_document(settings.run, "genechat")
    else:
        data = "the genes that are named" if settings.genes.given else "its own made-up genes"
        notices.append(Notice(f"The demonstration model is judged, on {data}.", setting="run", calm=True))
    if settings.genes.data is None:
        return notices
    counts = read_header(settings.genes.data).counts
    if not counts.get(settings.part):
        raise UserError(
            f"This set has no {settings.part} part.",
            f"Choose one of {', '.join(part for part, number in counts.items() if number)}.",
            "--part",
        )
    if settings.part == "train":
        flattered = "A model that was trained on these pairs knows them, so its scores flatter it."
        notices.append(Notice(flattered, setting="part"))
    return notices
