"""The quick look before genes are embedded: no torch, nothing computed."""

from pathlib import Path

from genodesk.core.workflow import Notice
from genodesk.engine.data.byte_blocks import unpacked_size
from genodesk.engine.data.gff import read_gff
from genodesk.engine.data.limits import check_fits
from genodesk.engine.data.sequences import known_kind
from genodesk.engine.model_folder import read_document
from genodesk.engine.nn.dnabert2_config import check_dnabert2
from genodesk.workflows.genechat.settings_actions import EmbedSettings
from genodesk.workflows.genechat.windows import WINDOW

_NUMBERS = 3 * 4  # bytes of a number of a window: as it is computed, put together and packed
_TOKENS = 16_000  # bytes of a window's text and tokens, while its gene is encoded


def check_embed(settings: EmbedSettings) -> list[Notice]:
    """The kind of the file, its annotation and what should read it; the run reads the sequences through."""
    known_kind(settings.data)
    if settings.annotation is not None:
        next(read_gff(settings.annotation))
    width = 0
    if settings.dna_encoder is not None:
        width = check_dnabert2(settings.dna_encoder).hidden_size
    elif settings.run is not None:
        read_document(settings.run, "genechat")
    if settings.annotation is None:
        check_size(unpacked_size(settings.data), 0, width, settings.data)
    return []


def check_size(bases: int, longest: int, width: int, path: Path) -> None:
    """Raises UserError where genes of so many bases, with `width` numbers a window, do not fit into memory.

    The `longest` gene is encoded at once, with the text and tokens of all of its windows.
    """
    needed = bases + bases // WINDOW * width * _NUMBERS + longest // WINDOW * _TOKENS
    check_fits(needed, path, "", "Embed fewer genes at once, or use a larger computer.")
