"""The folder for the hub is complete by itself, and pushing asks for what it needs in a sentence."""

import sys

import numpy as np
import pytest
from tiny_actions import settings_of

from genodesk.core.errors import UserError
from genodesk.engine.devices import pick
from genodesk.engine.live_run import CallRun
from genodesk.workflows.alphastomics.parquet import read_parquet
from genodesk.workflows.alphastomics.upload import check_repository, upload


def test_the_folder_holds_table_and_card(tissue, cells, tmp_path):
    answer = upload(settings_of("upload", store=tissue, repository="a/b", out=tmp_path / "out"), CallRun(pick("cpu")))
    assert (answer["cells"], answer["genes"], answer["slices"], answer["pushed"]) == (320, 30, 4, None)
    back = read_parquet(tmp_path / "out" / "data" / "train.parquet")
    assert np.array_equal(back.X.toarray(), cells.X.toarray())
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nconfigs:")
    assert "data/train.parquet" in card
    assert "320 cells with 30 genes" in card


@pytest.mark.parametrize("name", ["b", "a/", "/b", "a/b/c", "a b/c", ""])
def test_a_name_that_is_no_repository_is_refused(name):
    with pytest.raises(UserError, match="not a repository name"):
        check_repository(name)


@pytest.mark.parametrize("package", ["keyring", "huggingface_hub"])
def test_a_missing_package_is_named_when_pushing(tissue, tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    settings = settings_of("upload", store=tissue, repository="a/b", out=tmp_path / "out", push=True)
    with pytest.raises(UserError, match="needs the packages"):
        upload(settings, CallRun(pick("cpu")))
    assert (tmp_path / "out" / "data" / "train.parquet").exists()  # the folder is ready all the same
