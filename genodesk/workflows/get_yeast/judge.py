"""How good predictions are, over all entries and per condition, beside baselines: the numbers of train and evaluate."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genodesk.engine.live_run import Run
from genodesk.workflows.get_yeast import METHODS, pictures
from genodesk.workflows.get_yeast.baselines import BASELINES, Baselines
from genodesk.workflows.get_yeast.checks import BEFORE_REFIT, check_training_data, folder_to_judge
from genodesk.workflows.get_yeast.data import YeastData
from genodesk.workflows.get_yeast.met_samples import samples_met
from genodesk.workflows.get_yeast.metrics import NAMES, best_baseline, score, score_groups
from genodesk.workflows.get_yeast.settings import TrainSettings, YeastSettings
from genodesk.workflows.get_yeast.splits import Split
from genodesk.workflows.get_yeast.trained import Trained
from genodesk.workflows.get_yeast.watched import not_refitted
from genodesk.workflows.get_yeast.yeast import load_yeast

Array = np.ndarray

OVERALL = "all conditions"
UNKNOWN = "nothing recorded"
NEXT_TO_NOTHING = 1e-3  # a lower Pearson by less than this is not worth a word
ON_HELD_OUT, ON_GIVEN = "on what was held out", "on the data given"
REFITTED_SINCE = (
    "The scores are from before the refit, of a model that had not seen what was held out; the saved model has learned "
    "from everything."
)


@dataclass(frozen=True)
class Judgement:
    """Scores of the model and of each baseline over the judged entries, and of both for every condition group.

    `predicted` [S, R] is the model's; `best` names the baseline with the highest Pearson, "" where there is none.
    """

    predicted: Array
    metrics: dict[str, Any]
    baselines: dict[str, dict[str, Any]]
    per_condition: dict[str, dict[str, Any]]
    baselines_per_condition: dict[str, dict[str, dict[str, Any]]]
    best: str

    @property
    def document(self) -> dict[str, Any]:
        """The scores as a result holds them."""
        return {
            "metrics": self.metrics,
            "baselines": self.baselines,
            "per_condition": self.per_condition,
            "best_baseline": self.best or None,
            "below_region_mean": self.below_region_mean,
        }

    @property
    def below_region_mean(self) -> list[str]:
        """The condition groups in which the mean profile of training predicts better than the model."""
        simple = self.baselines_per_condition.get("region_mean", {})
        return [
            name
            for name, scores in self.per_condition.items()
            if _known(scores)
            and _known(simple.get(name, {}))
            and scores["pearson"] < simple[name]["pearson"] - NEXT_TO_NOTHING
        ]

    def table(self) -> dict[str, list[Any]]:
        """One row a method and condition, the model and all conditions first: columns for a table."""
        rows: list[tuple[str, str, Mapping[str, Any]]] = [("model", OVERALL, self.metrics)]
        rows += [(name, OVERALL, scores) for name, scores in self.baselines.items()]
        rows += [("model", group, scores) for group, scores in self.per_condition.items()]
        for name, groups in self.baselines_per_condition.items():
            rows += [(name, group, scores) for group, scores in groups.items()]
        columns: dict[str, list[Any]] = {
            "method": [method for method, _, _ in rows],
            "condition": [group or UNKNOWN for _, group, _ in rows],
        }
        for name in NAMES:
            for key in (name, f"{name}_low", f"{name}_high"):
                columns[key] = [scores.get(key) for _, _, scores in rows]
        return columns


def remarks_on(data: YeastData, split: Split, used: TrainSettings) -> list[str]:
    """What must be known beside the scores of a training: what its saved model has learned from, and what not."""
    return [REFITTED_SINCE if used.split.refit else not_refitted(data, split, used.runtime.seed)]


def judged(data: YeastData, entries: Array, trained: Trained, baselines: Baselines | None, seed: int) -> Judgement:
    """The model and the baselines on the `entries` [S, R] that were measured."""
    assert data.expression is not None
    truth, level = data.expression, trained.training_level(data)
    predicted = trained.predict(data)
    told = {} if baselines is None else baselines.predict(data, trained.inputs.places(data))
    scores = {name: score(truth, answer, entries, level, seed) for name, answer in told.items()}
    groups = data.condition_group
    best = best_baseline(scores)
    return Judgement(
        predicted=predicted,
        metrics=score(truth, predicted, entries, level, seed),
        baselines=scores,
        per_condition=score_groups(truth, predicted, entries, level, groups),
        baselines_per_condition={
            name: score_groups(truth, answer, entries, level, groups) for name, answer in told.items()
        },
        best=best[0] if best else "",
    )


def show(run: Run, data: YeastData, entries: Array, made: Judgement, on: str) -> None:
    """The table of scores and the figures of a judgement; `on` says in words what was judged."""
    assert data.expression is not None
    truth, predicted = data.expression[entries], made.predicted[entries]
    run.table("scores", made.table())
    if made.below_region_mean:
        groups = ", ".join(group or UNKNOWN for group in made.below_region_mean)
        run.warning(
            f"The mean profile of training predicts better than the model in: {groups}.",
            "Cultures unlike those of training are told by their records alone; see tables/scores.csv.",
        )
    run.figure(pictures.predicted_against_true(truth, predicted))
    run.figure(pictures.residuals(truth, predicted))
    run.figure(pictures.baselines_beside(made.metrics, made.baselines, on))
    beside = made.baselines_per_condition.get(made.best, {})
    of_model = {name or UNKNOWN: scores for name, scores in made.per_condition.items()}
    best = {name or UNKNOWN: scores.get("pearson") for name, scores in beside.items()}
    run.figure(pictures.scores_by_group(of_model, best, METHODS.get(made.best, made.best)))


def load_baselines(run: Path, trained: Trained, *, before_refit: bool) -> Baselines | None:
    """The baselines of a run folder that learned from the same entries as the model `trained`, which was loaded from
    it with the same `before_refit`; None where it holds none, see `lack_of_baselines`."""
    place = folder_to_judge(run, trained.document) if before_refit else run
    if _holds_only_judged(run):
        if not before_refit:
            return None
        place = run
    folder = place / BASELINES
    return Baselines.load(folder) if folder.is_dir() else None


def lack_of_baselines(run: Path) -> tuple[str, str]:
    """Why `load_baselines` found none, and what to do about it."""
    if _holds_only_judged(run):
        return (
            "The baselines of this run were fitted before the refit, to less than the model has learned from, so there "
            "is nothing to compare the scores with.",
            "Train again to see them, or leave --data away to score what training held out.",
        )
    return (
        "A model folder holds no baselines, so there is nothing to compare the scores with.",
        "Evaluate with the run folder to see them.",
    )


def _holds_only_judged(run: Path) -> bool:
    """Whether the run's own baselines are those of the model from before the refit, which lies without any."""
    return (run / BEFORE_REFIT).is_dir() and not (run / BEFORE_REFIT / BASELINES).is_dir()


def settings_of(trained: Trained) -> TrainSettings:
    """The settings a model was trained with."""
    return TrainSettings.model_validate(trained.document["settings"])


def data_for(yeast: YeastSettings, trained: Trained, seed: int, *, measured: bool) -> YeastData:
    """The data that are named; where none are, those the model was trained on. Raises UserError."""
    if yeast.given:
        return load_yeast(yeast, seed, measured=measured)
    used = settings_of(trained)
    check_training_data(used.yeast.data)
    return load_yeast(used.yeast, used.runtime.seed, measured=measured)


def flattery(data: YeastData, entries: Array, trained: Trained, yeast: YeastSettings, seed: int) -> str:
    """What must be said where the model learned from some of the `entries` [S, R]: samples and regions that it has met
    together, whatever file they come from. "" where it did not.

    A model that kept no names of samples is judged by where its data lay.
    """
    used = settings_of(trained)
    all_of_it = "The model was trained on these data, so the scores flatter it."
    if "sample_ids" not in trained.document:
        if yeast.data is None or used.yeast.data is None:
            same = (yeast.difficulty, seed) == (used.yeast.difficulty, used.runtime.seed)
        else:
            same = yeast.data.resolve() == used.yeast.data.resolve()
        return all_of_it if same else ""
    made_up = yeast.difficulty is not None and used.yeast.difficulty is not None
    if made_up and (yeast.difficulty, seed) != (used.yeast.difficulty, used.runtime.seed):
        return ""  # every made-up yeast names its samples and regions alike
    met = entries & samples_met(data, trained)[:, None] & trained.seen(data)
    share = met.sum() / max(entries.sum(), 1)
    if not share:
        return ""
    much = f"{share:.1%}" if share >= 1e-3 else "less than 0.1%"
    if trained.kept_values is None:
        return (
            f"Samples and regions of {much} of these values are called as those the model was trained on; if they are "
            "the same, the scores flatter it."
        )
    return all_of_it if share == 1 else f"The model was trained on {much} of these values, so the scores flatter it."


def _known(scores: Mapping[str, Any]) -> bool:
    return scores.get("pearson") is not None
