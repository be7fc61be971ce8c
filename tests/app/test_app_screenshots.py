"""Every state of the window, drawn: nothing blank, nothing cut off, in both themes and at both sizes.

With GENODESK_SCREENSHOTS=FOLDER the pictures stay there to be looked at, with measured tissue where that is at hand.
"""

import asyncio
import os
from pathlib import Path

import looks
import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from scenes import SCENES, Stage, play

from genodesk.app.theme import theme

FOLDER = os.environ.get("GENODESK_SCREENSHOTS", "")
MEASURED = Path(__file__).parents[3] / "shared" / "data" / "spatial" / "osmfish_cortex.h5ad"
SIZES = ((1440, 900), (1100, 700))
LEAST_COLOURS = 12  # of an empty page: its texts, icons and surfaces


@pytest.fixture(scope="session")
def shown_tissue(request) -> Path:
    return MEASURED if FOLDER and MEASURED.exists() else request.getfixturevalue("tissue")


@pytest.fixture(scope="session")
def shown_run(request, tmp_path_factory) -> Path:
    """For pictures to be looked at, a training that has learned something."""
    if not FOLDER:
        return request.getfixturevalue("trained").path
    shell, place = request.getfixturevalue("shell"), tmp_path_factory.mktemp("shown")
    made = shell("alphastomics", "demo-data", out=place / "cortex.h5ad", number_of_slices=8, cells_per_slice=500)
    assert made.code == 0, made.err
    done = shell("alphastomics", "train", preset="quick", data=place / "cortex.h5ad", run_dir=place / "run")
    assert done.code == 0, done.err
    return place / "run"


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
async def test_every_state_of_the_window_looks_right(
    scene, window, until, toy, shown_tissue, shown_run, tmp_path, qapp
):
    cut: list[str] = []
    dark: list[str] = []  # a change of theme dresses every widget anew: one a scene is enough, unless people look

    async def look(name: str, sheet: QWidget | None = None) -> None:
        shown = sheet or window
        for size in SIZES if shown is window else [shown.size().toTuple()]:
            shown.resize(*size)
            await asyncio.sleep(0.02)
            cut.extend(f"{name} at {size[0]} x {size[1]}: {text}" for text in looks.cut_texts(shown))
            keep(shown, f"{name}-small" if size == SIZES[1] else f"{name}-light")
        window.resize(*SIZES[0])
        if FOLDER or not dark:
            dark.append(name)
            theme().set_choice("dark")
            await asyncio.sleep(0.02)
            keep(shown, f"{name}-dark")
            theme().set_choice("light")
        await asyncio.sleep(0.02)

    await play(scene, Stage(window, until, shown_tissue, shown_run, toy, tmp_path), look)
    assert not cut, "\n".join(dict.fromkeys(cut))


def keep(shown: QWidget, name: str) -> None:
    picture = shown.grab().toImage()
    assert colours(picture) >= LEAST_COLOURS, f"{name} is blank"
    if FOLDER:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
        assert picture.save(str(Path(FOLDER) / f"{name}.png"))


def colours(picture: QImage) -> int:
    """How many colours a small copy of the picture has."""
    small = picture.scaledToWidth(160).convertToFormat(QImage.Format.Format_RGB888)
    return len({small.pixel(x, y) for x in range(small.width()) for y in range(0, small.height(), 2)})
