"""What the interactive worker is asked of GeneChat: the genes of a file, a model, an answer word by word.

Genes and model stay in memory between questions. A question given up ends the answer at the next token.
"""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genodesk.core.disk import stamp
from genodesk.core.errors import Stopped, UserError
from genodesk.core.layers import Layer, build
from genodesk.engine.devices import pick
from genodesk.engine.model_folder import DOCUMENT, find_model
from genodesk.engine.serve_session import Cancelled, Question
from genodesk.workflows.genechat.cache import EmbeddingCache, kept_embeddings
from genodesk.workflows.genechat.chat import genes_with_notes
from genodesk.workflows.genechat.conversation import MOST_BASES, Asked, Listener, choose_genes, respond, shuffled_gain
from genodesk.workflows.genechat.evidence import Annotated
from genodesk.workflows.genechat.prompt import Turn
from genodesk.workflows.genechat.settings_chat import SpeakingSettings, parse_part
from genodesk.workflows.genechat.trained import Trained, load_trained


def genes(question: Question) -> dict[str, Any]:
    """{path, annotation?, first?, count?} -> {genes: [{id, name, bases, description, annotated}], total, longest}.

    In the order of the file, all from the `first` where no count is given; `longest` is what is read of one at once.
    """
    annotated = _annotated(question)
    first, count = question.number("first"), question.number("count", len(annotated.genes))
    return {
        "total": len(annotated.genes),
        "longest": MOST_BASES,
        "genes": [
            {
                "id": gene.id,
                "name": gene.name,
                "bases": len(gene.sequence),
                "description": gene.description,
                "annotated": bool(gene.notes),
            }
            for gene in annotated.genes[max(0, first) : max(0, first) + max(0, count)]
        ],
    }


def model(question: Question) -> dict[str, Any]:
    """{model?, device?} -> {name, demonstration, model, adapter, parameters, context, questions}; loads it."""
    warm = _warm(question)
    trained = warm.trained
    return {
        "name": trained.document.get("name", ""),
        "demonstration": trained.demonstration,
        "model": trained.model_hash,
        "adapter": trained.adapter_hash,
        "parameters": sum(parameter.numel() for parameter in trained.model.parameters()),
        "context": trained.context,
        "questions": list(trained.document.get("questions", [])),
        "device": str(trained.device),
    }


def chat(question: Question) -> dict[str, Any]:
    """{path, annotation?, genes, turns, model?, device?, speaking?, seed?, part?} -> what `chat --json` prints.

    Parts ahead of it: {windows: {done, total}}, {begin: provenance}, {text}.
    """
    annotated, asked = _asked(question)
    warm = _warm(question)

    def on_windows(done: int, total: int) -> None:
        question.tell({"windows": {"done": done, "total": total}})

    listener = Listener(
        on_windows=on_windows,
        on_begin=lambda provenance: question.tell({"begin": provenance}),
        on_text=lambda text: question.tell({"text": text}),
        should_stop=question.cancelled.is_set,
    )
    with warm.speaking:
        try:
            return respond(warm.trained, warm.cache, annotated, asked, listener)
        except Stopped:
            raise Cancelled from None


def shuffled(question: Question) -> dict[str, Any]:
    """As `chat`, with the answer as the last turn's -> {nats, nats_per_token, tokens}; parts: {windows}."""
    _, asked = _asked(question)
    warm = _warm(question)
    *before, last = asked.turns
    with warm.speaking:
        try:
            return shuffled_gain(
                warm.trained,
                warm.cache,
                Asked(asked.genes, [*before, Turn(last.question)], asked.manner, asked.seed, asked.part),
                last.answer,
                should_stop=question.cancelled.is_set,
                progress=lambda done, total: question.tell({"windows": {"done": done, "total": total}}),
            )
        except Stopped:
            raise Cancelled from None


@dataclass
class _Warm:
    """A model in memory; it says one thing at a time."""

    trained: Trained
    cache: EmbeddingCache
    speaking: threading.Lock


def _warm(question: Question) -> _Warm:
    path = question.text("model") if question.params.get("model") else None
    device = question.text("device") if question.params.get("device") else "auto"
    found = None if path is None else find_model(Path(path))
    key = (path, device, None if found is None else stamp(found / DOCUMENT))
    return question.session.keep(
        "genechat model",
        key,
        lambda: _Warm(load_trained(found, pick(device).torch_name), kept_embeddings(), threading.Lock()),
    )


def _annotated(question: Question) -> Annotated:
    path = Path(question.text("path"))
    given = question.params.get("annotation") or []
    if not isinstance(given, list) or not all(isinstance(one, str) and one for one in given):
        raise UserError("annotation must be a list of files.", "Mend the request.", "annotation")
    files = [Path(one) for one in given]
    key = tuple((str(file), stamp(file)) for file in (path, *files))
    return question.session.keep("genechat genes", key, lambda: Annotated(genes_with_notes(path, files)))


def _asked(question: Question) -> tuple[Annotated, Asked]:
    annotated = _annotated(question)
    names, turns = question.params.get("genes"), question.params.get("turns")
    part, speaking = question.params.get("part"), question.params.get("speaking") or {}
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("genes must be a list of names.", "Mend the request.", "genes")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise UserError("turns must be a list of questions.", "Mend the request.", "turns")
    told = [Turn(str(turn.get("question", "")), str(turn.get("answer", ""))) for turn in turns]
    if not told[-1].question.strip():
        raise UserError("There is no question.", "Write one.", "turns")
    return annotated, Asked(
        choose_genes(annotated.genes, names, question.text("path")),
        told,
        build(SpeakingSettings, Layer(speaking, "speaking")),
        question.number("seed"),
        parse_part(part) if isinstance(part, str) and part else None,
    )
