"""The quick look before genes are embedded: no torch, nothing computed."""

from genodesk.core.workflow import Notice
from genodesk.engine.data.gff import read_gff
from genodesk.engine.data.sequences import known_kind
from genodesk.engine.model_folder import read_document
from genodesk.engine.nn.dnabert2_config import check_dnabert2
from genodesk.workflows.genechat.settings_actions import EmbedSettings


def check_embed(settings: EmbedSettings) -> list[Notice]:
    """The kind of the file, its annotation and what should read it; the run reads the sequences through."""
    known_kind(settings.data)
    if settings.annotation is not None:
        next(read_gff(settings.annotation))
    if settings.dna_encoder is not None:
        check_dnabert2(settings.dna_encoder)
    elif settings.run is not None:
        read_document(settings.run, "genechat")
    return []
