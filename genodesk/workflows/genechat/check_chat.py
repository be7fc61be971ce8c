"""What is looked at before a question is answered: files of a known kind, and a model that is whole."""

from genodesk.core.errors import UserError
from genodesk.core.workflow import Notice
from genodesk.engine.data.sequences import known_kind
from genodesk.engine.model_folder import read_document
from genodesk.workflows.genechat.settings_chat import ChatSettings


def check_chat(settings: ChatSettings) -> list[Notice]:
    """Raises UserError for what cannot be read, before anything heavy is loaded."""
    known_kind(settings.fasta)
    for file in settings.annotation:
        if not file.is_file():
            raise UserError("There is no such file.", "Check the path.", str(file))
    if settings.question is not None and not settings.question.strip():
        raise UserError("The question is empty.", "Write one.", "--question")
    if settings.model is not None:
        read_document(settings.model, "genechat")
    return []
