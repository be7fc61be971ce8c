"""Where the program's own files lie: icons, themes, translations, small models. Makes and reads none of them."""

import sys
from pathlib import Path


def resource(name: str) -> Path:
    """The file or folder `name` (for example "icons/data.svg") of the program's resources; it may be absent.

    They lie beside the package in a checkout, inside the bundle of a frozen program, else in the environment's share.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    beside = Path(frozen or Path(__file__).parents[2]) / "resources"
    return (beside if beside.is_dir() else Path(sys.prefix) / "share" / "genodesk" / "resources") / name
