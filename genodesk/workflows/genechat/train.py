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
from genodesk.workflows.genechat.cache import EmbeddingCache, kept_embeddings
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.families import split_pairs
from genodesk.workflows.genechat.judge import judge
from genodesk.workflows.genechat.model import count_parameters
from genodesk.workflows.genechat.pairs import Pair, load_pairs
from genodesk.workflows.genechat.parts import ENCODER_STAGE, build_model, find_encoder, origin_of
from genodesk.workflows.genechat.settings import GenesSettings, TrainSettings
from genodesk.workflows.genechat.synthetic import make_families
from genodesk.workflows.genechat.synthetic_words import QUESTIONS
from genodesk.workflows.genechat.task import ChatTask
from genodesk.workflows.genechat.trained import save_trained

STAGE = "train"
BEST = Best("validation", "loss", "min")
SUGGESTED = 6


def train(settings: TrainSettings, run: Run) -> dict[str, Any]:
    """Trains, keeps the state that is best on validation, judges it on the test's genes and leaves `model/`."""
    parts = load_parts(settings.genes, settings.runtime.seed)
    for part, pairs in parts.items():
        run.log(f"{part}: {len(pairs):,} pairs about {len({pair.sequence for pair in pairs}):,} genes.")
    saved = resume_point(run)
    own = settings.encoder.dna_encoder is None
    encoder = find_encoder(
        settings, run, parts["train"], is_made=saved is not None and saved.document["stage"] != ENCODER_STAGE
    )
    embeddings = _embed(run, encoder, parts, keep=not own)
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
    )
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
    judged = judge(run, trained, parts, embeddings, seed=settings.runtime.seed) if parts["test"] else {}
    document = {
        **judged,
        "steps": result.steps,
        "best_step": result.best_step,
        "validation_loss": result.best_value,
        "parameters": every,
        "trained_parameters": learned,
    }
    save_trained(run.folder.model, trained, origin_of(settings), _about(settings, parts, document))
    run.artifact("model", "model")
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


def _embed(run: Run, encoder: DnaEncoder, parts: Mapping[str, Sequence[Pair]], *, keep: bool) -> dict[str, Tensor]:
    """Windows of every gene; those of an encoder that will be met again are kept on this computer."""
    sequences = list(dict.fromkeys(pair.sequence for pairs in parts.values() for pair in pairs))
    cache = kept_embeddings() if keep else EmbeddingCache()
    windows, computed = cache.get_or_encode(
        encoder,
        sequences,
        should_stop=run.should_stop,
        progress=lambda done, total: run.progress(done, total, unit="windows", text="Encoding genes"),
    )
    if cache.problem:
        run.warning(cache.problem, "Free some space; the training goes on.")
    run.log(f"{sum(map(len, windows)):,} windows of {len(sequences):,} genes; {computed:,} were encoded now.")
    return dict(zip(sequences, windows, strict=True))


def _about(settings: TrainSettings, parts: Mapping[str, Sequence[Pair]], document: Mapping[str, Any]) -> dict[str, Any]:
    """What model.json tells besides how the model is put together."""
    generated = settings.genes.difficulty is not None
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
        **{name: document[name] for name in ("metrics", "baselines", "controls", "said") if name in document},
    }  # fmt: skip
