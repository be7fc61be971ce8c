"""The overview of a run: curves, scores beside simple methods, truth beside sample, why it failed."""

import pytest
from hand_made_run import draw, losses, make_run, move_elsewhere, write_events
from on_screen import texts
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from runs_on_screen import look_at, shown_page, tab

from genodesk.app.plots.export import ExportPanel
from genodesk.core.errors import UserError
from genodesk.core.events import Failed, MetricValues

SCORES = {
    "metrics": {"pair_distance_spearman": 0.9, "rmsd": 205.0},
    "point_estimate": "one_step",
    "estimates": {
        "one_step": {"pair_distance_spearman": 0.9, "rmsd": 205.0},
        "sample": {"pair_distance_spearman": 0.88},
    },
    "baselines": {"knn": {"pair_distance_spearman": 0.79, "rmsd": 280.0}, "pca2": {"pair_distance_spearman": 0.51}},
}


@pytest.fixture
def page(desk):
    yield from shown_page(desk)


async def test_the_loss_arrives_point_by_point_and_a_resumed_run_takes_its_steps_back(page, until):
    folder = make_run([*losses(20), *losses(4, "validation")])
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    assert loss.card.plot.names() == ["train", "validation"]
    assert len(loss.card.plot.points("train")[0]) == 20
    write_events(folder, [MetricValues(step=15, values={"loss": 9.0}), MetricValues(step=16, values={"loss": 8.0})])
    await until(lambda: len(loss.card.plot.points("train")[0]) == 16)
    steps, values = loss.card.plot.points("train")
    assert list(steps[-2:]) == [15, 16]
    assert list(values[-2:]) == [9.0, 8.0]


async def test_without_numbers_a_sentence_stands_in_the_place_of_axes(page, until):
    many, none = make_run(losses(20)), make_run(state="failed", cause="error")
    loss = (await look_at(page, until, many)).parts["overview"].loss
    assert loss.card.plot.isVisible()
    await look_at(page, until, none)
    assert not loss.card.plot.isVisible()
    assert "This run left no curves" in texts(loss)
    await look_at(page, until, many)
    assert loss.card.plot.isVisible()


async def test_another_number_can_be_drawn(page, until):
    values = {"loss": 1.0, "gradient_norm": 5.0}
    folder = make_run([MetricValues(step=step, values=values) for step in (1, 2)])
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    choices = [loss.card.numbers.itemText(i) for i in range(loss.card.numbers.count())]
    assert choices == ["Loss", "Gradient norm"]
    loss.card.numbers.setCurrentIndex(1)
    loss.card.numbers.activated.emit(1)
    assert list(loss.card.plot.points("train")[1]) == [5.0, 5.0]


async def test_scores_stand_beside_simple_methods_with_the_best_marked_and_a_verdict(page, until):
    folder = make_run(losses(2), workflow="alphastomics", result=SCORES)
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    model = scores.table.model()
    rows = [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]
    assert rows[0] == ["This run (one step)", "0.900", "205.0"]
    assert rows[1] == ["This run (sample)", "0.880", "–"]
    assert rows[2][1:] == ["★ 0.790", "★ 280.0"]
    assert rows[-1][0] == "Chance"
    assert model.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert scores.said.text().startswith("Beats the best simple method")
    assert "0.900 against 0.790" in scores.said.text()


async def test_what_must_be_known_beside_the_scores_stands_there_and_goes_with_them(page, until):
    beside = {"warnings": ["The scores flatter it."], "remarks": ["The scores are from before the refit."]}
    scores = (await look_at(page, until, make_run(losses(2), result={**SCORES, **beside}))).parts["overview"].scores
    assert scores.warned.isVisible()
    assert scores.warned.text() == "The scores flatter it."
    assert scores.warned.property("tone") == "warn"
    assert scores.remarked.isVisible()
    assert scores.remarked.text() == "The scores are from before the refit."
    await look_at(page, until, make_run(losses(2), result=SCORES))
    assert not scores.warned.isVisible()
    assert not scores.remarked.isVisible()


async def test_before_the_scores_the_best_number_on_held_out_cells_is_told(page, until):
    values = {"pair_distance_spearman": 0.7}
    events = [MetricValues(step=50, split="validation", values=values)]
    folder = make_run(events, workflow="alphastomics", state="stopped")
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    assert ("Best Pair-distance Spearman", "0.700", "accent") in scores.so_far.rows()
    assert not scores.table.isVisible()


async def test_truth_and_sample_are_shown_at_any_step_and_the_newest_is_followed(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, 100), draw(folder, 200)])
    samples = (await look_at(page, until, folder)).parts["overview"].samples
    await until(lambda: samples.view.figure is not None)
    assert samples.view.figure.step == 200
    assert [panel.title for panel in samples.view.figure.panels] == ["Measured", "Placed by the model"]
    assert samples.step.text() == "step 200"
    samples.slider.setValue(0)
    await until(lambda: samples.view.figure.step == 100)
    write_events(folder, [draw(folder, 300)])
    await until(lambda: samples.slider.maximum() == 2)
    assert samples.step.text() == "step 100"  # who looks back is not torn away
    samples.slider.setValue(2)
    await until(lambda: samples.view.figure.step == 300)
    write_events(folder, [draw(folder, 400)])
    await until(lambda: samples.view.figure.step == 400)


async def test_every_figure_is_listed_by_its_title_and_drawn(page, until):
    folder = make_run()
    write_events(folder, [draw(folder, None)])
    panel = await look_at(page, until, folder)
    figures = tab(panel, "figures")
    assert [figures.list.item(i).text() for i in range(figures.list.count())] == ["slice 1"]
    await until(lambda: figures.view.figure is not None)
    panel.header.menu.aboutToShow.emit()
    assert "slice 1…" in [action.text() for action in panel.header.menu.actions()]


async def test_curves_and_samples_can_be_exported_from_where_they_are_seen(page, until):
    folder = make_run(losses(9))
    write_events(folder, [draw(folder, None)])
    overview = (await look_at(page, until, folder)).parts["overview"]
    await until(lambda: overview.samples.view.figure is not None)
    for export, name in ((overview.loss.card.export, "curves"), (overview.samples.export, "truth_and_sample")):
        export.click()
        (panel,) = [one for one in QApplication.topLevelWidgets() if isinstance(one, ExportPanel) and one.isVisible()]
        assert name in panel.place.line.text()
        await until(lambda panel=panel: "Genodesk" in panel.methods.text(), seconds=30)
        panel.close()


async def test_a_failed_run_says_why_what_to_do_and_where_the_details_are(page, until):
    failure = Failed(message="The walk is too steep.", hint="Choose a flatter one.", where="steps", user=True)
    folder = make_run([*losses(3), failure], state="failed", cause="user error")
    card = (await look_at(page, until, folder)).parts["overview"].failure
    assert card.isVisible()
    assert (card.said.text(), card.hint.text(), card.place.text()) == (
        "The walk is too steep.",
        "Choose a flatter one.",
        "Setting: Steps",
    )
    assert not card.smaller.isVisible()


async def test_a_failed_run_speaks_in_the_titles_of_the_form(page, until):
    failure = Failed(message="There are no 'steps' left.", hint="Choose another with --steps.", where="x", user=True)
    folder = make_run([failure], state="failed", cause="user error")
    card = (await look_at(page, until, folder)).parts["overview"].failure
    assert card.hint.text() == "Choose another with “Steps”."


@pytest.mark.parametrize(
    ("hint", "told"),
    [
        ("What has arrived is kept: resume this run to go on.", "What has arrived is kept: resume this run to go on."),
        ("Go on with `genodesk-engine runs resume /a b`.", "Go on with “Resume”."),
        ("Get it with `genodesk-engine genechat download`.", "Get it with “GeneChat: Download”."),
        ("Try `genodesk-engine no such` or `hf auth login`.", "Try `genodesk-engine no such` or `hf auth login`."),
    ],
)
async def test_a_hint_for_the_terminal_names_what_is_on_the_screen_here(hint, told, page, until):
    failure = Failed(message="The hub cannot be reached.", hint=hint, where="https://huggingface.co", user=True)
    panel = await look_at(page, until, make_run([failure], state="failed", cause="user error"))
    assert panel.parts["overview"].failure.hint.text() == told
    assert panel.header.resume.isVisible()
    page.desk.tell(UserError("It broke.", hint))
    assert page.said[-1] == "It broke."


async def test_out_of_memory_offers_half_the_batch_and_twice_as_many_of_them(page, until):
    settings = {"training": {"batch_size": 16, "accumulate": 3}}
    failure = Failed(message="The computer ran out of memory.", hint="halve --batch-size", traceback="log.txt")
    folder = make_run([failure], workflow="alphastomics", settings=settings, state="failed", cause="out of memory")
    card = (await look_at(page, until, folder)).parts["overview"].failure
    assert "--batch-size" not in card.hint.text()
    assert card.place.text().endswith("log.txt")
    card.smaller.click()
    ((name, arguments),) = page.wanted
    assert (name, arguments["workflow"], arguments["action"]) == ("train", "alphastomics", "train")
    training = arguments["values"]["training"]
    assert (training["batch_size"], training["accumulate"]) == (8, 6)


async def test_numbers_of_a_stage_before_are_not_passed_off_as_held_out(page, until):
    before = MetricValues(step=1, split="encoder", values={"loss": 5.5, "learning_rate": 1e-4})
    folder = make_run([before, *losses(5)], state="running")
    move_elsewhere(folder, "gpu-node-07")
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    assert scores.so_far.rows() == [("Loss", "0.400")]
    assert "learns from" in scores.said.text()


async def test_numbers_from_the_training_data_are_not_passed_off_as_held_out(page, until):
    scores = (await look_at(page, until, make_run(losses(5), state="stopped"))).parts["overview"].scores
    assert scores.so_far.rows() == [("Loss", "0.400")]
    assert scores.said.text() == "It ended before the final scores."
    elsewhere = make_run(losses(5), state="running")
    move_elsewhere(elsewhere, "gpu-node-07")
    await look_at(page, until, elsewhere)
    assert "on the data it learns from" in scores.said.text()


async def test_scores_are_copied_as_a_spreadsheet_takes_them(page, until):
    folder = make_run(losses(2), workflow="alphastomics", result=SCORES)
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    scores.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[1] == "This run (one step)\t0.900\t205.0"
    assert len(lines) == 1 + scores.table.model().rowCount()


async def test_lost_numbers_and_zeros_leave_the_curves_whole_also_on_a_log_axis(page, until):
    values = (1.0, None, 0.0, 0.5)
    folder = make_run([MetricValues(step=n, values={"loss": value}) for n, value in enumerate(values, start=1)])
    loss = (await look_at(page, until, folder)).parts["overview"].loss
    assert list(loss.card.plot.points("train")[0]) == [1, 3, 4]
    loss.card.log.click()
    loss.card.smoothing.setValue(50)
    assert not loss.grab().isNull()


async def test_a_run_killed_from_outside_says_so_and_how_to_go_on(page, until):
    folder = make_run(losses(3), state="failed", cause="killed by signal 9")
    panel = await look_at(page, until, folder)
    card = panel.parts["overview"].failure
    assert card.said.text() == "The run ended early: its process was ended from outside."
    assert "Resume it" in card.hint.text()


async def test_a_missing_result_leaves_a_sentence(page, until):
    folder = make_run(losses(3), result={"metrics": {}})
    folder.result_file.unlink()
    scores = (await look_at(page, until, folder)).parts["overview"].scores
    assert scores.said.text() == "This run left no scores."
    assert not scores.copy.isEnabled()


async def test_the_line_below_the_scores_tells_only_of_columns_in_sight(page, until):
    higher = {"pearson": 0.45, "spearman": 0.4, "r2": 0.2, "delta_pearson": 0.1}
    values = {**higher, "mse": 1.0, "rmse": 1.0, "mae": 0.8}
    result = {"metrics": values, "baselines": {"region_mean": values}}
    scores = (
        (await look_at(page, until, make_run(losses(2), workflow="get-yeast", result=result))).parts["overview"].scores
    )
    await until(lambda: scores.table.horizontalScrollBar().maximum() > 0)
    assert scores.legend.text() == "★ best simple method. Higher is better."
    scores.table.horizontalScrollBar().setValue(scores.table.horizontalScrollBar().maximum())
    assert scores.legend.text() == "★ best simple method. Lower is better."
