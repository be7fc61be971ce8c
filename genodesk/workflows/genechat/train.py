"""Training: a DNA encoder is found or made, genes are encoded once, and answers are learned from their windows.

Validation genes decide when to stop and which state is kept; the test's genes are met only by the judge at the end.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from genodesk.core.settings import plain
from genodesk.core.workflow import Best
from genodesk.engine.live_run import Run
from genodesk.engine.training.curves import loss_figure
from genodesk.engine.training.distributed import share
from genodesk.engine.training.loop import fit, resume_point
from genodesk.workflows.genechat.families import split_pairs
from genodesk.workflows.genechat.gene_windows import gene_windows
from genodesk.workflows.genechat.judge import judge
from genodesk.workflows.genechat.judged_questions import Questions, questions
from genodesk.workflows.genechat.known_genes import KnownGenes, about_split, save_known
from genodesk.workflows.genechat.model import count_parameters
from genodesk.workflows.genechat.pairs import Pair, load_pairs, read_header
from genodesk.workflows.genechat.parts import ENCODER_STAGE, build_model, find_encoder, origin_of, require_room
from genodesk.workflows.genechat.settings import GenesSettings, TrainSettings
from genodesk.workflows.genechat.synthetic import SOURCE, make_families
from genodesk.workflows.genechat.synthetic_words import QUESTIONS
from genodesk.workflows.genechat.task import ChatTask
from genodesk.workflows.genechat.trained import Trained, add_scores, save_trained

STAGE = "train"
BEST = Best("validation", "loss", "min")
SUGGESTED = 6
TOLD = ("metrics", "baselines", "controls", "warnings", "remarks")  # of a judgement, in the model folder


def train(settings: TrainSettings, run: Run) -> dict[str, Any]:
    """Trains, keeps the state that is best on validation, judges it on the test's genes and leaves `model/`."""
    parts = load_parts(settings.genes, settings.runtime.seed)
    for part, pairs in parts.items():
        run.log(f"{part}: {len(pairs):,} pairs about {len({pair.sequence for pair in pairs}):,} genes.")
    require_room(settings.language, run)
    saved = resume_point(run)
    own = settings.encoder.dna_encoder is None
    encoder = find_encoder(
        settings, run, parts["train"], is_made=saved is not None and saved.document["stage"] != ENCODER_STAGE
    )
    embeddings = gene_windows(run, encoder, [pair for pairs in parts.values() for pair in pairs], keep=not own)
    trained = build_model(settings, run, encoder, parts["train"], embeddings)
    every, learned = count_parameters(trained.model)
    run.log(f"{learned:,} of {every:,} parameters are trained.")
    task = ChatTask(
        trained,
        parts["train"],
        parts["validation"],
        embeddings,
        batch_size=settings.training.batch_size,
        follow_ups=settings.follow_ups,
        seed=settings.runtime.seed,
        should_stop=run.should_stop if run.world_size == 1 else lambda: False,
    )
    asked = _questions(settings, trained, parts, embeddings)
    result = fit(
        task,
        settings.training,
        run,
        seed=settings.runtime.seed,
        best=BEST,
        stage=STAGE,
        first_step=settings.encoder.encoder_steps if own else 0,
        restore_best=True,
    )
    if run.rank:
        return dict(share({}, run))
    document: dict[str, Any] = {
        "steps": result.steps,
        "best_step": result.best_step,
        "validation_loss": result.best_value,
        "parameters": every,
        "trained_parameters": learned,
    }
    _save(settings, run, trained, parts)
    if asked is not None:
        document = {**_judge(settings, run, trained, asked, parts, embeddings), **document}
    drawing = loss_figure(run.folder.tables / "metrics.csv")
    if drawing is not None:
        run.figure(drawing)
    return dict(share(document, run))


def load_parts(genes: GenesSettings, seed: int) -> dict[str, list[Pair]]:
    """The pairs to train on, to choose by and to judge with. Raises UserError where there are none."""
    if genes.difficulty is not None:
        return split_pairs(make_families(seed, difficulty=genes.difficulty), "members", seed)
    if genes.data is None:
        raise genes.missing()
    return load_pairs(genes.data)


def is_generated(genes: GenesSettings) -> bool:
    """Whether these genes are made up, here or by `demo-data`."""
    return genes.difficulty is not None or _header(genes).get("source") == SOURCE


def split_of(genes: GenesSettings) -> str | None:
    """How the set keeps genes aside: family, members, random; None where it does not tell."""
    told = "members" if genes.difficulty is not None else _header(genes).get("split")
    return told if isinstance(told, str) else None


def _header(genes: GenesSettings) -> dict[str, Any]:
    return {} if genes.data is None else read_header(genes.data).report


def _questions(
    settings: TrainSettings,
    trained: Trained,
    parts: Mapping[str, Sequence[Pair]],
    embeddings: Mapping[str, Tensor],
) -> Questions | None:
    """What the model will be judged by, made before it is trained; None where no pairs are kept for that."""
    if not parts["test"]:
        return None
    counts = {sequence: len(windows) for sequence, windows in embeddings.items()}
    return questions(trained, parts["test"], parts["train"], counts, seed=settings.runtime.seed)


def _save(settings: TrainSettings, run: Run, trained: Trained, parts: Mapping[str, Sequence[Pair]]) -> None:
    """Leaves the model before it is judged, so that it is there whatever befalls its judgement."""
    save_known(run.folder.model, KnownGenes.of(parts))
    save_trained(run.folder.model, trained, origin_of(settings), _about(settings, parts))
    run.artifact("model", "model")


def _judge(
    settings: TrainSettings,
    run: Run,
    trained: Trained,
    asked: Questions,
    parts: Mapping[str, Sequence[Pair]],
    embeddings: Mapping[str, Tensor],
) -> dict[str, Any]:
    """What `judge` tells, which the model folder is then told, too."""
    judged = judge(
        run,
        trained,
        asked,
        parts["train"],
        embeddings,
        seed=settings.runtime.seed,
        batch_size=settings.training.batch_size,
    )
    judged["warnings"] = [*about_split(split_of(settings.genes)), *judged["warnings"]]
    add_scores(run.folder.model, {name: judged[name] for name in TOLD})
    return judged


def _about(settings: TrainSettings, parts: Mapping[str, Sequence[Pair]]) -> dict[str, Any]:
    """What model.json tells besides how the model is put together."""
    generated = is_generated(settings.genes)
    language = settings.language.language
    asked = Counter(pair.prompt for pair in parts["train"])
    return {
        "name": "Demonstration model, generated genes" if generated else f"GeneChat with {language.name}"
        if language else "Small GeneChat",
        "demonstration": generated,
        "questions": [wordings[0] for wordings in QUESTIONS.values()] if generated
        else [question for question, _ in asked.most_common(SUGGESTED)],
        "settings": plain(settings),
        "genes": len({pair.sequence for pair in parts["train"]}),
    }  # fmt: skip
