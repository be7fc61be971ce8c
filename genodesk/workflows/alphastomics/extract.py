"""The action `extract`: what the network makes of cells inside, as embeddings for other programs."""

from typing import Any

import numpy as np
import torch

from genodesk.core.errors import Stopped
from genodesk.engine.data.cells_write import write_h5ad
from genodesk.engine.live_run import Run
from genodesk.workflows.alphastomics.batch import axes_mask, slice_tensors
from genodesk.workflows.alphastomics.diffusion import known_extra
from genodesk.workflows.alphastomics.sampler import neighbourhoods
from genodesk.workflows.alphastomics.settings_actions import ExtractSettings
from genodesk.workflows.alphastomics.slices import Slice
from genodesk.workflows.alphastomics.tissue import load_tissue
from genodesk.workflows.alphastomics.trained import Trained, load_trained

Array = np.ndarray


def extract(settings: ExtractSettings, run: Run) -> dict[str, Any]:
    """Writes NAME.npy [cells, width] for each depth and `cells.h5ad` with the same in obsm, in the data's order.

    The network sees what its mode gives it without noise: expression for `expr_to_pos`, positions for `pos_to_expr`,
    both for `joint`; what it would have to predict is zero.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    placed = trained.mode != "expr_to_pos"
    tissue = load_tissue(settings.tissue, seed=settings.runtime.seed, placed=placed, sliced=False)
    slices, warnings = tissue.in_units_of(trained.scaling, trained.label_names)
    for warning in (*tissue.warnings, *warnings):
        run.warning(warning)
    found: dict[str, dict[str, Array]] = {}
    for number, one in enumerate(slices):
        hidden = _hidden(trained, one, settings.cells_at_once, run)
        for name, values in _named(hidden, settings.depth).items():
            found.setdefault(name, {}).update(zip(one.cell_names, values, strict=True))
        run.progress(number + 1, len(slices), unit="slices")
    cells = tissue.cells
    files = []
    for name, rows in found.items():
        embedding = np.stack([rows[cell] for cell in cells.obs_names])
        np.save(run.folder.path / f"{name}.npy", embedding)
        cells.obsm[f"X_{name}"] = embedding
        files.append(f"{name}.npy")
    write_h5ad(cells, run.folder.path / "cells.h5ad")
    for file in (*files, "cells.h5ad"):
        run.artifact(file, "embedding")
    width = next(iter(cells.obsm[f"X_{name}"] for name in found)).shape[1]
    return {"cells": cells.n_obs, "width": width, "embeddings": list(found), "files": [*files, "cells.h5ad"]}


def _hidden(trained: Trained, one: Slice, at_once: int, run: Run) -> list[Array]:
    """After the encoder and after every layer, [cells, width] each; large slices in groups of similar cells."""
    device = run.device.torch_name
    expression, extra, position = slice_tensors(one, device)
    given = {"expr_to_pos": (1.0, 0.0), "pos_to_expr": (0.0, 1.0), "joint": (1.0, 1.0)}[trained.mode]
    expression, position = expression * given[0], position * given[1]
    known = known_extra(extra, trained.mode)
    groups = neighbourhoods(expression if given[0] else position, at_once)
    depth = trained.sizes.layers + 1
    whole = [np.zeros((len(one), trained.sizes.hidden_dim), dtype=np.float32) for _ in range(depth)]
    time = torch.full((1,), 0.0 if trained.mode == "joint" else 1.0, device=device)
    for members in groups:
        if run.should_stop():
            raise Stopped
        with torch.no_grad():
            prediction = trained.network(
                expression[members][None],
                position[members][None],
                time,
                torch.ones(1, len(members), dtype=torch.bool, device=device),
                extra=None if known is None else known[members][None],
                axes=axes_mask(trained.scaling.dims).to(device)[None],
                keep_hidden=True,
            )
        for layer, hidden in zip(whole, prediction.hidden, strict=True):
            layer[members.cpu().numpy()] = hidden[0].cpu().numpy()
    return whole


def _named(hidden: list[Array], depth: str) -> dict[str, Array]:
    if depth == "encoder":
        return {"encoder": hidden[0]}
    if depth == "transformer":
        return {"transformer": hidden[-1]}
    return {"encoder": hidden[0]} | {f"layer_{number}": values for number, values in enumerate(hidden[1:], 1)}
