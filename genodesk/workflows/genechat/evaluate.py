"""The action `evaluate`: a trained model's answers about genes held out, beside simple methods and without the gene."""

from collections.abc import Mapping, Sequence
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.workflows.genechat.cache import sequence_sha256
from genodesk.workflows.genechat.gene_windows import gene_windows
from genodesk.workflows.genechat.judge import judge
from genodesk.workflows.genechat.judged_questions import questions
from genodesk.workflows.genechat.known_genes import KnownGenes, about_known, about_split, load_known
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.settings import TrainSettings
from genodesk.workflows.genechat.settings_actions import EvaluateSettings
from genodesk.workflows.genechat.train import is_generated, load_parts, split_of
from genodesk.workflows.genechat.trained import Trained, folder_of, load_trained

USUAL_BATCH = 16  # of a model that does not tell how it was trained


def evaluate(settings: EvaluateSettings, run: Run) -> dict[str, Any]:
    """Judges the model on one part of a set; where no set is named, of the one that it was trained on.

    Returns what `judge` tells, with the names of the model, and as `warnings` also what makes its scores look better
    than they are; writes metrics.json, a table of answers, and figures.
    """
    trained = load_trained(settings.run, run.device.torch_name)
    told = trained.document.get("settings")  # a model that was imported has none
    used = None if told is None else TrainSettings.model_validate(told)
    parts = load_parts(settings.genes, settings.runtime.seed) if settings.genes.given else _parts_of_training(used)
    pairs = parts.get(settings.part, [])
    if not pairs:
        raise UserError(f"This set has no {settings.part} part.", "Choose another with --part.", "--part")
    if not parts.get("train"):
        raise UserError(
            "This set has no training part for simple methods to learn from.", "Prepare it again.", "--data"
        )
    sequences = dict.fromkeys(pair.sequence for pair in pairs)
    counts = {sequence: trained.encoder.count_windows(sequence) for sequence in sequences}
    asked = questions(
        trained, pairs, parts["train"], counts, seed=settings.runtime.seed, most_tokens=settings.most_tokens
    )
    warnings, remarks = _flattered(settings, run, trained, used, parts)
    for sentence in warnings:
        run.warning(sentence)
    judged = judge(
        run,
        trained,
        asked,
        parts["train"],
        gene_windows(run, trained.encoder, pairs),
        seed=settings.runtime.seed,
        batch_size=settings.batch_size or (USUAL_BATCH if used is None else used.training.batch_size),
        part=settings.part,
    )
    document = {
        **judged,
        "warnings": [*warnings, *judged["warnings"]],
        "remarks": [*remarks, *judged["remarks"]],
        "model": trained.document["name"],
        "model_hash": trained.model_hash,
        "adapter_hash": trained.adapter_hash,
    }
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


def _flattered(
    settings: EvaluateSettings,
    run: Run,
    trained: Trained,
    used: TrainSettings | None,
    parts: Mapping[str, Sequence[Pair]],
) -> tuple[list[str], list[str]]:
    """What makes the scores on a part of this set look better than they are, or what of it nobody can tell; and on
    what that rests, where it is not what the model itself keeps."""
    said, remarks = [], []
    genes = settings.genes if settings.genes.given or used is None else used.genes
    if trained.demonstration and not is_generated(genes):
        said.append("This is the demonstration model, which knows generated genes only: train one on your genes.")
    try:
        training = _parts_of_training(used) if settings.genes.given else parts
    except UserError:
        training = {}
    known = load_known(folder_of(settings.run))
    if known is None and training:
        known = KnownGenes.of(training)
        if used is not None and used.genes.difficulty is None:  # generated genes are the same again
            remarks.append(
                "The model keeps no list of the genes it was trained on; they are taken from its set as it is now."
            )
    there = dict.fromkeys(pair.sequence for each in (training, parts) for part in each.values() for pair in part)
    learned = [sequence for sequence in there if known is not None and sequence_sha256(sequence) in known.learned]
    said += about_known(parts[settings.part], known, learned, run.raise_if_stopped)
    return [*said, *about_split(split_of(genes))], remarks
