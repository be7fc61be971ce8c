"""Files that are dropped anywhere on the window open where they belong."""

from by_hand import drag_over, dragged, drop, let_go
from PySide6.QtCore import QMimeData
from PySide6.QtGui import QDragLeaveEvent
from PySide6.QtWidgets import QApplication, QFileDialog


async def test_dropped_things_open_in_their_places(window, wanted, toy, tmp_path):
    run = toy.finish(steps=3)
    settings = tmp_path / "settings.yaml"
    settings.touch()
    cells = tmp_path / "a b.h5ad"
    data = dragged(run.path, settings, cells)
    assert drag_over(window, data)
    assert window.drop_zone.isVisible(), "the window shows that a file may be dropped"
    let_go(window, data)
    assert not window.drop_zone.isVisible()
    assert wanted == [
        ("runs", {"run": str(run.path)}),
        ("train", {"settings_file": str(settings)}),
        ("data", {"path": str(cells)}),
    ]


async def test_of_several_data_files_one_opens_and_the_others_are_told_and_remembered(window, wanted, tmp_path):
    files = [tmp_path / name for name in ("a.h5ad", "b.h5ad", "c.csv")]
    for file in files:
        file.touch()
    drop(window, *files)
    assert wanted == [("data", {"path": str(files[0])})]
    assert window.toasts.shown[-1].text == "Not shown: b.h5ad, c.csv"
    assert window.desk.settings.get("recent_files") == [str(files[2]), str(files[1])]


async def test_annotation_of_genes_is_opened_in_genechat_with_its_sequences(window, wanted, tmp_path):
    genome, marks, cells = tmp_path / "genome.fa", tmp_path / "Genes.GFF3.gz", tmp_path / "a.h5ad"
    drop(window, marks)
    drop(window, cells, genome, marks)
    assert wanted == [
        ("chat", {"files": [str(marks)]}),
        ("data", {"path": str(cells)}),
        ("chat", {"files": [str(genome), str(marks)]}),
    ]


async def test_a_table_goes_with_sequences_and_their_annotation_and_alone_to_the_data(window, wanted, tmp_path):
    genome, marks, table = tmp_path / "genome.fa", tmp_path / "genes.gff3", tmp_path / "functions.csv"
    drop(window, table, genome, marks)
    drop(window, table, marks)
    drop(window, table)
    assert wanted == [
        ("chat", {"files": [str(table), str(genome), str(marks)]}),
        ("data", {"path": str(table)}),
        ("chat", {"files": [str(marks)]}),
        ("data", {"path": str(table)}),
    ]


async def test_a_file_is_asked_for_with_all_endings_that_the_desk_opens(window):
    window.desk.commands.get("open file").run()
    dialog = window.findChild(QFileDialog)
    offered = dialog.nameFilters()[0]
    dialog.close()
    for ending in (".h5ad", ".hdf5", ".csv", ".txt", ".fa", ".gff3", ".safetensors", ".ckpt", ".yaml"):
        assert f"*{ending} " in offered


async def test_a_drag_that_leaves_takes_the_veil_away(window, wanted):
    data = dragged("/a.h5ad")
    drag_over(window, data)
    assert window.drop_zone.isVisible()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not window.drop_zone.isVisible()


async def test_text_that_is_dragged_is_not_taken_for_a_file(window, wanted):
    data = QMimeData()
    data.setText("ACGT")
    assert not drag_over(window, data)
    assert not window.drop_zone.isVisible()
