"""Long sequences and very many: only what is looked at is read, the window never waits, places come back."""

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from Bio.Seq import Seq
from by_hand import click, type_into
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from genodesk.app.pages.data.selected_bases import MOST_COPIED

MANY = 20_000
LONG = 5_000_000


@pytest.fixture
def long(tmp_path: Path) -> tuple[Path, str]:
    """One long sequence, and its bases."""
    bases = "".join(random.Random(1).choices("ACGT", k=LONG))
    path = tmp_path / "long.fna"
    path.write_text(">chr\n" + "\n".join(bases[i : i + 80] for i in range(0, LONG, 80)) + "\n")
    return path, bases


async def test_a_long_sequence_scrolls_without_a_pause_and_only_windows_are_read(page, shown, long, until, gap):
    path, bases = long
    tab = await shown(path)
    asked: list[int] = []
    real = tab.desk.engine.ask

    async def ask(method: str, **parameters: Any) -> dict[str, Any]:
        answer = await real(method, **parameters)
        asked.append(len(answer.get("bases", "")))
        return answer

    tab.desk.engine.ask = ask
    bar = tab.bases.verticalScrollBar()
    gap.start()
    for step in range(60):
        bar.setValue(bar.maximum() * step // 60)
        await asyncio.sleep(0.005)
    type_into(tab.goto, "4,000,001-4,000,060")
    QTest.keyClick(tab.goto, Qt.Key.Key_Return)
    await until(lambda: tab.ready)
    assert gap.stop() < 0.25, "with slack for a busy machine"
    assert tab.pages.bases(4_000_000, 4_000_060) == bases[4_000_000:4_000_060]
    assert max(asked) <= 100_000
    assert sum(asked) < LONG / 4
    click(tab.selected.copying)
    await until(lambda: QGuiApplication.clipboard().text() == bases[4_000_000:4_000_060])
    tab.bases.select(100_000, 400_003)
    QTest.mouseClick(tab.selected.forms.chip("protein-reverse"), Qt.MouseButton.LeftButton)
    whole = str(Seq(bases[100_000:400_003]).reverse_complement().translate())
    click(tab.selected.copying)
    await until(lambda: QGuiApplication.clipboard().text() == whole)
    tab.bases.select(0, MOST_COPIED + 1)
    told: list[str] = []
    tab.desk.toasted.connect(lambda message, *_: told.append(message))
    click(tab.selected.copying)
    assert told == ["1,000,001 bases are too many to copy."]


async def test_a_click_in_the_gc_track_goes_there(page, shown, long, until):
    tab = await shown(long[0])
    await until(lambda: len(tab.track.gc))
    assert "GC " in tab.track.told_at(LONG // 2)
    QTest.mouseClick(tab.track, Qt.MouseButton.LeftButton, pos=QPoint(tab.track.width() // 2, 20))
    start, end = tab.bases.in_view()
    assert start < 2_600_000
    assert end > 2_400_000


async def test_very_many_sequences_stay_fluid(page, shown, tmp_path, until, gap):
    path = tmp_path / "many.fasta"
    path.write_text("".join(f">gene{i:06}\nACGTACGT\n" for i in range(MANY)))
    tab = await shown(path)
    view = tab.records.view
    gap.start()
    for row in range(0, MANY, MANY // 20):
        view.scrollTo(tab.records.model.index(row, 0))
        await asyncio.sleep(0.01)
    tab.records.choose(MANY - 1)
    await until(lambda: tab.name.text() == f"gene{MANY - 1:06}")
    type_into(tab.records.search, "gene000777")
    await until(lambda: tab.records.told.text() == f"1 of {MANY:,}")
    assert gap.stop() < 0.25


async def test_a_file_of_sequences_comes_back_as_it_was_left(page, opened, shown, long, genes, until):
    tab = await shown(long[0])
    tab.bases.go_to(3_000_000)
    base = tab.bases.in_view()[0]
    await shown(genes)
    page.take(path=str(long[0]))
    await until(lambda: page.file is not None and page.file.current == "sequences")
    tab = page.file.show_tab("sequences")
    await until(lambda: tab.record is not None)
    assert tab.bases.in_view()[0] <= 3_000_000 < tab.bases.in_view()[1]
    assert abs(tab.bases.in_view()[0] - base) < 3000


async def test_a_file_that_changed_is_told_where_its_bases_would_stand(page, shown, long, until):
    path, _ = long
    tab = await shown(path)
    path.write_text(">chr\nACGT\n")
    tab.bases.go_to(4_500_000)
    tab.bases.viewport().repaint()
    await until(lambda: tab.content.error is not None or page.stale.isVisibleTo(page))
    page.reload()
    await until(lambda: page.file is not None and page.line.text().startswith("FASTA, 1 sequence, 4 bp"))
