"""The one JSON document that a `genodesk-engine` command answers with. Knows no command."""

import json
from typing import Any

from genodesk.core.errors import UserError


def document_of(text: str) -> dict[str, Any]:
    """The document; empty where the command ended without one. Raises UserError where it tells of a mistake."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    if isinstance(document.get("error"), dict):
        raise UserError(**document["error"])
    return document
