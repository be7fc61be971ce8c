"""Ways into the wizard that several tests go, and a tissue whose names are not the usual ones."""

from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pandas as pd

from genodesk.app.pages.train.page import TrainPage
from genodesk.app.pages.train.wizard import Wizard
from genodesk.app.window import Window


def train_page(window: Window) -> TrainPage:
    page = window.show_page("train")
    assert isinstance(page, TrainPage)
    return page


def wizard_of(page: TrainPage, workflow: str, action: str = "train") -> Wizard:
    page.open_action(workflow, action)
    assert page.wizard is not None
    return page.wizard


def step_of(wizard: Wizard, step: str) -> Any:
    """A step, in front and with all its rows."""
    wizard.go(step)
    page = wizard.pages[step]
    if step != "check":
        page.form.build()
    return page


def settled(wizard: Wizard) -> bool:
    return wizard.checking.verdict is not None and not wizard.checking.pending and not wizard.inspecting.looking


def odd_tissue(folder: Path) -> Path:
    """Two flat slices whose column does not bear the usual name."""
    path = folder / "tissue.h5ad"
    generator = np.random.default_rng(0)
    cells = anndata.AnnData(
        generator.poisson(1.0, (120, 30)).astype(np.float32),
        obs=pd.DataFrame(
            {"section": np.repeat([1, 2, 3], 40), "layer": pd.Categorical(["L1", "L2"] * 60)},
            index=[f"c{i}" for i in range(120)],
        ),
        var=pd.DataFrame(index=[f"g{i}" for i in range(30)]),
        obsm={"xy": generator.normal(size=(120, 2)), "X_umap": generator.normal(size=(120, 2))},
    )
    cells.write_h5ad(path)
    return path
