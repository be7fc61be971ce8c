"""The action `upload`: a data set folder as Hugging Face expects it; nothing is sent unless `push` is on."""

from pathlib import Path
from typing import Any

from genodesk.core.disk import write_atomically
from genodesk.core.errors import UserError
from genodesk.engine.live_run import CallRun
from genodesk.workflows.alphastomics.parquet import write_parquet
from genodesk.workflows.alphastomics.settings import TissueSettings
from genodesk.workflows.alphastomics.settings_actions import UploadSettings
from genodesk.workflows.alphastomics.store import ABOUT, SLICE, about
from genodesk.workflows.alphastomics.tissue import load_tissue

SERVICE = "genodesk"


def upload(settings: UploadSettings, run: CallRun) -> dict[str, Any]:
    """Writes OUT/data/train.parquet and OUT/README.md; pushes them when asked. Returns what stands where."""
    check_repository(settings.repository)
    tissue = load_tissue(TissueSettings(data=settings.store), seed=0)
    tissue.cells.uns[ABOUT] = about(tissue.reading)
    data = settings.out / "data" / "train.parquet"
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(tissue.cells, data)
        write_atomically(settings.out / "README.md", _card(settings, tissue.cells.n_obs, tissue.cells.n_vars).encode())
    except OSError as error:
        raise UserError(
            f"The folder cannot be written ({error.strerror}).", "Choose another --out.", str(settings.out)
        ) from None
    pushed = _push(settings.out, settings.repository, run) if settings.push else None
    return {
        "folder": str(settings.out),
        "repository": settings.repository,
        "cells": tissue.cells.n_obs,
        "genes": tissue.cells.n_vars,
        "slices": len(set(tissue.cells.obs[SLICE])),
        "pushed": pushed,
    }


def check_repository(name: str) -> None:
    """Raises UserError unless the name reads USER/NAME."""
    user, slash, rest = name.partition("/")
    if not (slash and user and rest) or "/" in rest or any(c.isspace() for c in name):
        raise UserError(f"{name!r} is not a repository name.", "Write it as USER/NAME.", "--repository")


def _push(folder: Path, repository: str, run: CallRun) -> str:
    try:
        import keyring
        from huggingface_hub import HfApi
    except ImportError:
        raise UserError(
            "Pushing needs the packages keyring and huggingface_hub.",
            "Install them with pip, or push the folder yourself.",
            "--push",
        ) from None
    token = keyring.get_password(SERVICE, "huggingface")
    if not token:
        raise UserError(
            "No Hugging Face token is kept on this computer.",
            f"Store one with `python -m keyring set {SERVICE} huggingface`, then push again; the folder is ready.",
            "--push",
        )
    api = HfApi(token=token)
    run.log(f"Pushing to {repository}.")
    try:
        api.create_repo(repository, repo_type="dataset", private=True, exist_ok=True)
        return str(api.upload_folder(repo_id=repository, repo_type="dataset", folder_path=folder))
    except Exception as error:
        raise UserError(
            f"The hub did not take the data ({type(error).__name__}).",
            "Check the network, the name and the token.",
            repository,
        ) from error


def _card(settings: UploadSettings, cells: int, genes: int) -> str:
    return f"""---
configs:
- config_name: default
  data_files: data/train.parquet
tags:
- spatial-transcriptomics
---
# {settings.repository.partition("/")[2]}

{cells:,} cells with {genes:,} genes. Columns: `expression` (float32, one value a gene), `positions` (float32),
`cell_types`, `slice_ids`; gene names are in the Parquet schema.
"""
