"""Where Genodesk keeps things on this computer: runs, the catalogue and caches. Makes no folder itself."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of the person's own data: $GENODESK_HOME, or the system's place for it."""
    own = os.environ.get("GENODESK_HOME")
    return Path(own).absolute() if own else Path(platformdirs.user_data_dir("genodesk", appauthor=False))


def runs_root() -> Path:
    """Where runs lie that were not given a folder of their own."""
    return home() / "runs"


def catalogue_file() -> Path:
    """The list of runs."""
    return home() / "catalogue.sqlite"


def cache() -> Path:
    """What may be deleted at any time: $GENODESK_HOME/cache, or the system's place for caches."""
    if os.environ.get("GENODESK_HOME"):
        return home() / "cache"
    return Path(platformdirs.user_cache_dir("genodesk", appauthor=False))
