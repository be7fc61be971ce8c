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
    made = (yeast_files.packed(stage.place), yeast_files.sheet(stage.place))
    packed, sheet = [yeast_files.SHARED / name for name in ("yeast_3d.zarr", "conditions.csv")] if MEASURED else made
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
    given = {"preset": "quick"} if MEASURED else yeast_files.TINY
    run = await finished(stage, "train", data=packed, conditions=sheet, **given)
    runs = stage.window.show_page("runs")
    for tab in ("overview", "figures"):
        runs.panel.show_tab(tab)
        await stage.settled()
        await look(f"yeast-runs-{tab}")
    await finished(stage, "explain", run=run, device="cpu")
    titles = [runs.panel.show_tab("figures").list.item(row).text() for row in range(3)]
    for row, title in enumerate(titles):
        runs.panel.show_tab("figures").list.setCurrentRow(row)
        await stage.settled()
        await look(f"yeast-explained-{title.split()[0].lower()}")


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
