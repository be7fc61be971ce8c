"""The program's own files are found from a checkout, and every one of them is part of an installation."""

import tomllib
from pathlib import Path

from genodesk.core.resources import resource

CHECKOUT = Path(__file__).parents[2]


def test_a_checkout_finds_its_icons():
    assert resource("icons/data.svg").read_text(encoding="utf-8").startswith("<svg")


def test_every_file_of_the_resources_is_installed():
    declared = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"][
        "data-files"
    ]
    installed = {
        f"{place}/{path.name}" for place, globs in declared.items() for glob in globs for path in CHECKOUT.glob(glob)
    }
    files = [path for path in (CHECKOUT / "resources").rglob("*") if path.is_file()]
    assert installed == {f"share/genodesk/{path.relative_to(CHECKOUT).as_posix()}" for path in files}
