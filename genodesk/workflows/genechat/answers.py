"""What the interactive worker is asked of GeneChat: a model, an answer word by word. Its genes: `gene_answers.py`.

Genes and model stay in memory between questions. A question given up ends the answer at the next token.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genodesk.core.disk import stamp
from genodesk.core.errors import Stopped, UserError
from genodesk.core.layers import Layer, build
from genodesk.engine.device_queue import check_free
from genodesk.engine.devices import pick
from genodesk.engine.model_folder import DOCUMENT, find_model
from genodesk.engine.serve_session import Cancelled, Question
from genodesk.workflows.genechat.cache import EmbeddingCache, kept_embeddings
from genodesk.workflows.genechat.conversation import Asked, Listener, choose_genes, respond, shuffled_gain
from genodesk.workflows.genechat.evidence import Annotated
from genodesk.workflows.genechat.gene_answers import annotated_genes
from genodesk.workflows.genechat.prompt import Turn
from genodesk.workflows.genechat.settings_chat import SpeakingSettings, chosen_part
from genodesk.workflows.genechat.trained import Trained, load_trained


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

    Parts ahead of it: {stage: model, waiting or reading}, {windows: {done, total}}, {begin: provenance}, {text}.
    """
    annotated, asked = _asked(question)

    def on_windows(done: int, total: int) -> None:
        question.tell({"windows": {"done": done, "total": total}})

    listener = Listener(
        on_windows=on_windows,
        on_begin=lambda provenance: question.tell({"begin": provenance}),
        on_text=lambda text: question.tell({"text": text}),
        should_stop=question.cancelled.is_set,
    )
    with _speaking(question) as warm:
        return respond(warm.trained, warm.cache, annotated, asked, listener)


def shuffled(question: Question) -> dict[str, Any]:
    """As `chat`, with the answer as the last turn's -> {nats, nats_per_token, tokens}; parts: {stage}, {windows}."""
    _, asked = _asked(question)
    *before, last = asked.turns
    with _speaking(question) as warm:
        return shuffled_gain(
            warm.trained,
            warm.cache,
            Asked(asked.genes, [*before, Turn(last.question)], asked.manner, asked.seed, asked.part),
            last.answer,
            should_stop=question.cancelled.is_set,
            progress=lambda done, total: question.tell({"windows": {"done": done, "total": total}}),
        )


@dataclass
class _Warm:
    """A model in memory; it says one thing at a time."""

    trained: Trained
    cache: EmbeddingCache
    speaking: threading.Lock


@contextmanager
def _speaking(question: Question) -> Iterator[_Warm]:
    """The model, once it is in memory and its turn has come; tells on the way what is waited for."""
    question.tell({"stage": "model"})
    warm = _warm(question)
    if not warm.speaking.acquire(blocking=False):
        question.tell({"stage": "waiting"})
        warm.speaking.acquire()
    try:
        question.raise_if_cancelled()
        question.tell({"stage": "reading"})
        yield warm
    except Stopped:
        raise Cancelled from None
    finally:
        warm.speaking.release()


def _warm(question: Question) -> _Warm:
    path = question.text("model") if question.params.get("model") else None
    device = question.text("device") if question.params.get("device") else "auto"
    found = None if path is None else find_model(Path(path))
    key = (path, device, None if found is None else stamp(found / DOCUMENT))

    def load() -> _Warm:
        picked = pick(device)
        check_free(picked, device)
        return _Warm(load_trained(found, picked.torch_name), kept_embeddings(), threading.Lock())

    return question.session.keep("genechat model", key, load)


def _asked(question: Question) -> tuple[Annotated, Asked]:
    annotated = annotated_genes(question)
    names, turns = question.params.get("genes"), question.params.get("turns")
    part, speaking = question.params.get("part"), question.params.get("speaking") or {}
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError("genes must be a list of names.", "Mend the request.", "genes")
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise UserError("turns must be a list of questions.", "Mend the request.", "turns")
    told = [Turn(str(turn.get("question", "")), str(turn.get("answer", ""))) for turn in turns]
    if not told[-1].question.strip():
        raise UserError("There is no question.", "Write one.", "turns")
    if not isinstance(speaking, dict) or not isinstance(part, str | None):
        raise UserError("speaking must be settings by name, part text.", "Mend the request.", "request")
    if not 0 <= question.number("seed") < 2**32:
        raise UserError("The seed must be a whole number from 0, of at most 32 bits.", "Choose another.", "seed")
    return annotated, Asked(
        choose_genes(annotated.genes, names, question.text("path")),
        told,
        build(SpeakingSettings, Layer(speaking, "speaking")),
        question.number("seed"),
        chosen_part(part or None, len(names)),
    )
