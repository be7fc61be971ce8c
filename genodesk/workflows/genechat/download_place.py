"""Where a model lies while it arrives, and whether what lies there is the beginning of the same download. Light."""

import json
from pathlib import Path

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.settings_actions import DownloadSettings

SOURCE = "source.json"


def place_of(out: Path) -> Path:
    """Where a model is while it arrives."""
    return out.with_name(f"{out.name}.part")


def check_part(settings: DownloadSettings) -> None:
    """Raises UserError where what lies beside the folder to write is not the beginning of this download."""
    part = place_of(settings.out)
    if not part.exists():
        return
    try:
        source = json.loads((part / SOURCE).read_text(encoding="utf-8"))
        same = all(source[name] == value for name, value in wanted(settings).items())
    except FileNotFoundError:
        same = part.is_dir() and not any(part.iterdir())
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        same = False
    if not same:
        raise UserError(
            f"{part.name} lies there already and belongs to something else.",
            "Delete it, or name another folder with --out.",
            str(part),
        )


def wanted(settings: DownloadSettings) -> dict[str, str]:
    """What the beginning of a download is known by."""
    return {"service": settings.service.rstrip("/"), "model": settings.model, "revision": settings.revision}
