"""The action `evaluate`: a trained model's answers about genes held out, beside simple methods and without the gene."""

from collections.abc import Mapping, Sequence
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.workflows.genechat.cache import kept_embeddings
from genodesk.workflows.genechat.judge import judge
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.settings_actions import EvaluateSettings
from genodesk.workflows.genechat.train import load_parts
from genodesk.workflows.genechat.trained import load_trained


def evaluate(settings: EvaluateSettings, run: Run) -> dict[str, Any]:
    """Judges the model on one part of a set; where no set is named, of the one that it was trained on.

    Returns what `judge` tells, with the names of the model; writes metrics.json, a table of answers, and figures.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    told = trained.document.get("settings")  # a model that was imported has none
    used = None if told is None else TrainSettings.model_validate(told)
    own = not settings.genes.given
    parts = _parts_of_training(used) if own else load_parts(settings.genes, settings.runtime.seed)
    pairs = parts.get(settings.part, [])
    if not pairs:
        raise UserError(f"This set has no {settings.part} part.", "Choose another with --part.", "--part")
    if trained.demonstration and settings.genes.data is not None:
        run.warning("This is the demonstration model, which knows generated genes only.", "Train one on your genes.")
    if not own or settings.part != "test":
        _about_known_genes(run, used, pairs)
    if not parts.get("train"):
        raise UserError(
            "This set has no training part for simple methods to learn from.", "Prepare it again.", "--data"
        )
    sequences = list(dict.fromkeys(pair.sequence for pair in pairs))
    windows, computed = kept_embeddings().get_or_encode(
        trained.encoder,
        sequences,
        should_stop=run.should_stop,
        progress=lambda done, total: run.progress(done, total, unit="windows", text="Encoding genes"),
    )
    run.log(f"{len(pairs):,} questions about {len(sequences):,} genes; {computed:,} windows were encoded now.")
    document = {
        **judge(
            run,
            trained,
            parts,
            dict(zip(sequences, windows, strict=True)),
            seed=settings.runtime.seed,
            part=settings.part,
            most_tokens=settings.most_tokens,
        ),
        "model": trained.document["name"],
        "model_hash": trained.model_hash,
        "adapter_hash": trained.adapter_hash,
    }
    for sentence in document["said"]:
        run.log(sentence)
    write_json(run.folder.path / "metrics.json", document)
    run.artifact("metrics.json", "metrics")
    return document


def _parts_of_training(used: TrainSettings | None) -> Mapping[str, Sequence[Pair]]:
    """The set that a model was trained on, in the parts of its training. Raises UserError where it is not there."""
    if used is None:
        raise UserError(
            "This model does not tell which genes it was trained on.", "Name a prepared folder with --data.", "--data"
        )
    if used.genes.data is not None and not used.genes.data.exists():
        raise UserError(
            "The genes that this model was trained on are no longer where they were.",
            "Name a prepared folder with --data.",
            str(used.genes.data),
        )
    return load_parts(used.genes, used.runtime.seed)


def _about_known_genes(run: Run, used: TrainSettings | None, pairs: Sequence[Pair]) -> None:
    """Warns where the model has learned genes that it is now judged on, as far as its training set is still there."""
    try:
        learned = {pair.sequence for pair in _parts_of_training(used)["train"]}
    except UserError:
        run.warning("The genes of the training are not there, so nobody can tell which of these the model knows.")
        return
    asked = {pair.sequence for pair in pairs}
    if known := len(asked & learned):
        run.warning(f"The model was trained on {known:,} of these {len(asked):,} genes, so its scores flatter it.")
