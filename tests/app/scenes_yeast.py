"""The window with yeast: a file on the Data page, the wizard that tells what is dropped, a finished training."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import yeast_files
from command_lines import ENGINE, options

if TYPE_CHECKING:
    from scenes import Look, Stage

# The measured data where people look at the pictures, and the standard training; small ones everywhere else.
MEASURED = bool(os.environ.get("GENODESK_SCREENSHOTS")) and yeast_files.SHARED.exists()


async def yeast(stage: "Stage", look: "Look") -> None:
    packed, sheet = files(stage.place)
    page = stage.window.show_page("data")
    page.take(path=str(packed))
    await stage.until(lambda: page.file is not None, seconds=30)
    for tab in ("summary", "samples", "regions", "motifs", "expression"):
        page.file.show_tab(tab)
        await stage.settled()
        await look(f"yeast-data-{tab}")
    page.take(path=str(sheet))
    await stage.until(lambda: page.path == sheet and page.file is not None, seconds=30)
    await stage.settled()
    await look("yeast-data-sheet")
    values = {"yeast": {"data": str(packed), "reading": {"conditions": str(sheet)}}}
    train = stage.window.show_page("train")
    train.take(workflow="get-yeast", action="train", values=values, preset="quick")
    wizard = train.wizard
    await stage.until(lambda: wizard.inspecting.main() and wizard.checking.verdict, seconds=30)
    await stage.settled()
    await look("yeast-train-1-data")
    for name in ("2-settings", "3-where", "4-check"):
        wizard.move(1)
        await stage.settled()
        await look(f"yeast-train-{name}")


async def yeast_runs(stage: "Stage", look: "Look") -> None:
    packed, sheet = files(stage.place)
    given = {"preset": "quick", "max_steps": 80} if MEASURED else yeast_files.TINY
    run = await finished(stage, "train", data=packed, conditions=sheet, **given)
    panel = stage.window.show_page("runs").panel
    panel.show_tab("overview")
    await stage.settled()
    await look("yeast-runs-overview")
    await drawn(stage, look, "Predicted against", "How well")
    await finished(stage, "explain", run=run, most_knock_outs=12, most_cultures=2, device="cpu")
    await drawn(stage, look, "Motifs that", "Conditions that", "What losing")


def files(place: Path) -> tuple[Path, Path]:
    """Data and condition sheet."""
    if MEASURED:
        return yeast_files.SHARED / "yeast_3d.zarr", yeast_files.SHARED / "conditions.csv"
    return yeast_files.packed(place), yeast_files.sheet(place)


async def drawn(stage: "Stage", look: "Look", *titles: str) -> None:
    """Looks at the figures of the run on show whose titles begin so."""
    shown = stage.window.show_page("runs").panel.show_tab("figures").list
    for title in titles:
        rows = lambda: [row for row in range(shown.count()) if shown.item(row).text().startswith(title)]  # noqa: B023, E731
        shown.setCurrentRow((await stage.until(rows))[0])
        await stage.settled()
        await look(f"yeast-figure-{title.replace(' ', '-').lower()}")


async def finished(stage: "Stage", action: str, **settings: object) -> Path:
    """The folder of a run that has ended, shown on the Runs page."""
    folder = stage.place / action
    words = options(run_dir=folder, **settings)
    done = await asyncio.create_subprocess_exec(
        *ENGINE, "get-yeast", action, *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    assert await done.wait() == 0, (folder / "log.txt").read_text(encoding="utf-8")
    runs = stage.window.show_page("runs")
    runs.take(run=str(folder))
    shown = lambda: runs.panel.record is not None and runs.panel.record.folder.path == folder  # noqa: E731
    await stage.until(lambda: shown() and runs.panel.record.caught_up and runs.panel.record.figures)
    stage.window.toasts.shut()  # the one that tells of the end would hide a part of the curves
    return folder
