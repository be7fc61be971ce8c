"""The window in every state a person meets: each page, tab and wizard step; empty, loading, wrong, going and done.

A scene brings the window there and then lets `look(name)` see it, or `look(name, sheet)` a sheet that stands before it.
What is looked for is not known here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from by_hand import click
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from scenes_chat import chat, chat_files
from scenes_sequences import sequences
from scenes_wizards import call_forms, genechat_wizards
from scenes_yeast import yeast, yeast_runs
from toy_runs import Toy

from genodesk.app.plots.export import ExportPanel
from genodesk.app.window import Window

Look = Callable[..., Awaitable[None]]
_PATIENCE_S = 10.0
_BUSY_S = 60.0  # what anything may take on a machine that does much else


@dataclass
class Stage:
    """The window and what there is to be shown: a tissue, a finished run, a way to start small ones, a free folder."""

    window: Window
    until: Callable[..., Awaitable[Any]]
    tissue: Path
    run: Path
    toy: Toy
    place: Path

    async def settled(self, shown: QWidget | None = None) -> None:
        """Waits until the window, or a sheet before it, has looked the same for a moment."""
        last, same = None, 0
        for _ in range(round(_PATIENCE_S / 0.08)):
            await asyncio.sleep(0.08)
            now = (shown or self.window).grab().toImage()
            same = same + 1 if now == last else 0
            last = now
            if same == 3:
                return


async def play(name: str, stage: Stage, look: Look) -> None:
    """Opens the desk as for the first time and goes through the states of a scene."""
    stage = replace(stage, until=partial(stage.until, seconds=_BUSY_S))
    stage.window.open_first([])
    await stage.until(lambda: stage.window.page is not None and stage.window.desk.engine.state != "off")
    await SCENES[name](stage, look)


async def welcome(stage: Stage, look: Look) -> None:
    await stage.settled()
    await look("welcome")
    stage.window.desk.settings.add_recent(stage.tissue)
    await stage.window.desk.runs.add(stage.run)
    await stage.until(lambda: stage.window.desk.runs.runs)
    await stage.settled()
    await look("welcome-again")


async def settings(stage: Stage, look: Look) -> None:
    stage.window.desk.settings.add_model_folder("/数据/models/yeast genes, trained elsewhere")
    stage.window.show_page("settings")
    await stage.until(lambda: len(stage.window.page.tasks) == 0)
    await stage.settled()
    await look("settings")


async def overlays(stage: Stage, look: Look) -> None:
    window = stage.window
    window.desk.settings.add_recent(stage.tissue)
    window.palette_box.appear()
    await stage.settled()
    await look("palette")
    window.palette_box.search.setText("tissue that nobody has")
    await stage.settled()
    await look("palette-nothing-found")
    QTest.keyClick(window.palette_box.search, Qt.Key.Key_Escape)
    window.drop_zone.appear()
    await look("drop")
    window.drop_zone.hide()
    window.desk.toast("AlphaSTomics is finished", "", "good", ("Show", lambda: None))
    window.desk.toast("This file ends too early.", "tissue.h5ad. Copy it again from where it came from.", "bad")
    await look("toasts")


async def data(stage: Stage, look: Look) -> None:
    page = stage.window.show_page("data")
    await look("data-empty")
    page.take(path=str(stage.tissue))
    await asyncio.sleep(0)
    await look("data-loading")
    await stage.until(lambda: page.file is not None)
    for tab in ("summary", "table", "spatial", "embedding"):
        page.file.show_tab(tab)
        await stage.settled()
        await look(f"data-{tab}")
    click(page.file, "Compute")
    await asyncio.sleep(0.5)
    await stage.settled()
    await look("data-embedding-computed")
    broken = stage.place / "broken.h5ad"
    broken.write_bytes(stage.tissue.read_bytes()[: stage.tissue.stat().st_size // 2])
    page.take(path=str(broken))
    await stage.until(lambda: len(page.tasks) == 0)
    await stage.settled()
    await look("data-error")
    table = stage.place / "cells.csv"
    table.write_text("cell,age,region\n" + "".join(f"cell {i},{i % 90},cortex\n" for i in range(400)))
    page.take(path=str(table))
    await stage.until(lambda: page.file is not None)
    page.file.show_tab("summary")
    await stage.settled()
    await look("data-csv-summary")
    page.file.show_tab("table")
    await stage.settled()
    await look("data-csv-table")


async def train(stage: Stage, look: Look) -> None:
    page = stage.window.show_page("train")
    await stage.settled()
    await look("train-workflows")
    page.take(workflow="alphastomics", action="train")
    await stage.settled()
    await look("train-1-data-empty")
    page.take(workflow="alphastomics", action="train", values={"tissue": {"data": str(stage.tissue)}}, preset="quick")
    await stage.settled()
    await look("train-1-data")
    wizard = page.wizard
    wizard.move(1)
    await stage.settled()
    await look("train-2-settings")
    form = wizard.stack.currentWidget().form
    form.open_fold()
    await stage.settled()
    area = form.parentWidget().parentWidget()
    area.verticalScrollBar().setValue(form.fold.mapTo(form, QPoint(0, 0)).y())
    await stage.settled()
    await look("train-2-settings-advanced")
    wizard.move(1)
    await stage.settled()
    await look("train-3-where")
    wizard.move(1)
    await stage.settled()
    await look("train-4-check")
    page.take(workflow="alphastomics", action="train", values={"tissue": {"data": "/no/such/tissue.h5ad"}})
    await stage.settled()
    page.wizard.go("check")
    await stage.settled()
    await look("train-4-check-wrong")


async def runs(stage: Stage, look: Look) -> None:
    page = stage.window.show_page("runs")
    await stage.until(lambda: stage.window.desk.runs.loaded)
    await stage.settled()
    await look("runs-empty")
    page.take(run=str(stage.run))
    await stage.until(lambda: page.panel.record is not None and page.panel.record.caught_up)
    for tab in ("overview", "figures", "table", "log", "settings", "files"):
        page.panel.show_tab(tab)
        await stage.settled()
        await look(f"runs-{tab}")
    page.panel.show_tab("overview")
    sheet = ExportPanel.open(stage.window.desk, stage.run / "figures" / "truth_and_sample.json")
    sheet.resize(sheet.sizeHint())  # the screen of a test is smaller than any other
    await stage.until(lambda: sheet.methods.text() and sheet.preview.told())
    await stage.settled(sheet)
    await look("export", sheet)
    sheet.close()
    going = stage.toy.start(steps=2000, step_seconds=0.01)
    page.take(run=str(going.path))
    await stage.until(lambda: page.panel.record.folder.path == going.path and page.panel.record.curves)
    await asyncio.sleep(0.5)
    await look("runs-going")
    page.panel.header.stop.click()
    await look("runs-stopping")
    await stage.until(lambda: not page.panel.record.status.alive and "stopped" in page.panel.header.facts.text())
    await stage.settled()
    await look("runs-stopped")
    failed = stage.toy.finish(steps=10, trouble="user")
    page.take(run=str(failed.path))
    await stage.until(lambda: page.panel.record.folder.path == failed.path)
    await stage.settled()
    await look("runs-failed")
    ids = [status.id for status in stage.window.desk.runs.runs]
    page.list.select(ids[:2])
    await stage.settled()
    await look("runs-compared")


SCENES = {
    scene.__name__: scene
    for scene in (
        welcome,
        settings,
        overlays,
        data,
        sequences,
        chat,
        chat_files,
        train,
        genechat_wizards,
        call_forms,
        runs,
        yeast,
        yeast_runs,
    )
}
