"""The model folder people share holds everything: architecture, units, genes; and says when it does not fit."""

import json
import shutil

import numpy as np
import pytest
from tiny_actions import TINY

from genodesk.core.errors import UserError
from genodesk.workflows.alphastomics.reference import load_reference
from genodesk.workflows.alphastomics.scaling import Scaling
from genodesk.workflows.alphastomics.trained import load_trained


def test_the_architecture_comes_from_the_folder_and_not_from_defaults(placing):
    back = load_trained(placing.path)
    assert (back.sizes.hidden_dim, back.sizes.layers, back.sizes.heads) == (16, 1, 2)
    assert back.sizes.genes == 30
    assert back.mode == "expr_to_pos"
    assert back.document["settings"]["training"]["max_steps"] == TINY["max_steps"]
    assert not back.network.training


def test_the_scaling_survives_json_and_unknown_keys_are_refused(placing):
    scaling = load_trained(placing.path).scaling
    assert Scaling.from_dict(json.loads(json.dumps(scaling.to_dict()))) == scaling
    with pytest.raises(UserError, match="does not fit"):
        Scaling.from_dict({**scaling.to_dict(), "extra": 1})


@pytest.mark.parametrize(
    ("key", "value"), [("sizes", {"genes": 30}), ("sizes", None), ("diffusion", 3), ("scaling", {}), ("network", "odd")]
)
def test_a_document_that_does_not_describe_the_weights_is_refused(placing, tmp_path, key, value):
    folder = tmp_path / "model"
    shutil.copytree(placing.path / "model", folder)
    document = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**document, key: value}))
    with pytest.raises(UserError):
        load_trained(folder)


def test_the_card_tells_what_was_reached(placing):
    card = (placing.path / "model" / "README.md").read_text(encoding="utf-8")
    assert "30" in card
    assert "pair_distance_spearman" in card
    assert "before the refit" in card


def test_the_training_cells_stay_with_the_run_and_not_with_the_model(placing, cells, tmp_path):
    scaling = load_trained(placing.path).scaling
    reference = load_reference(placing.path, scaling)
    assert reference is not None
    assert sum(len(one) for one in reference) == cells.n_obs
    assert reference.names == tuple(sorted(set(cells.obs["slice_id"])))
    first = reference.slices[0]
    assert first.labels is not None
    measured = cells[(cells.obs["slice_id"] == first.name).to_numpy()]
    assert list(reference.names_of(first.labels)) == list(measured.obs["cell_type"])
    places = first.position[:, :2] * scaling.coordinate_scale + first.origin[:2]
    assert np.allclose(places, measured.obsm["spatial"], atol=1e-2)
    assert load_reference(placing.path / "model", scaling) is None
    content = (placing.path / "reference.safetensors").read_bytes()
    (tmp_path / "reference.safetensors").write_bytes(content[:-100])
    assert load_reference(tmp_path, scaling) is None
