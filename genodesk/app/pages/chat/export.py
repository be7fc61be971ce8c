"""A conversation as text for a notebook or a paper: Markdown to read, JSON to compute with. Knows no widget."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk import __version__
from genodesk.app.amounts import probability
from genodesk.app.pages.chat.history import Conversation, Said

NOT_CLINICAL = "Not for clinical use."


def as_markdown(conversation: Conversation) -> str:
    """Every question and answer with its evidence and provenance."""
    about = conversation.about
    begun = _tr("Asked with Genodesk {version}, begun {time} UTC.").format(
        version=__version__, time=f"{conversation.time:%Y-%m-%d %H:%M}"
    )
    models = dict.fromkeys(turn.model for turn in conversation.turns)
    lines = [
        f"# {_plain(', '.join(about.genes))}",
        "",
        f"{begun} {_tr('Not for clinical use.')}",
        "",
        f"* {_tr('Sequences')}: {_plain(about.path)}",
        *(f"* {_tr('Annotation')}: {_plain(file)}" for file in about.annotation),
        *(f"* {_tr('Model')}: {_plain(model) or _demonstration()}" for model in models),
    ]
    for turn in conversation.turns:
        for paragraph in (f"## {_plain(turn.question)}", *_answer(turn)):
            lines += ["", paragraph]
    return "\n".join(lines) + "\n"


def as_json(conversation: Conversation) -> str:
    """The same with everything the engine told."""
    document = {
        "format": 1,
        "program": f"Genodesk {__version__}",
        "notice": NOT_CLINICAL,
        "begun": conversation.time.isoformat(timespec="seconds"),
        "about": asdict(conversation.about),
        "turns": [asdict(turn) for turn in conversation.turns],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _answer(turn: Said) -> Iterator[str]:
    """The paragraphs of one answer."""
    document = turn.document
    if turn.answer:
        yield "\n".join(f"> {line}" for line in _plain(turn.answer).splitlines())
    if turn.state == "failed":
        told = _tr("Broken off: {why}") if turn.answer else _tr("No answer: {why}")
        yield f"*{told.format(why=_plain(turn.problem.get('message', '')))}*"
    elif turn.state != "answered":
        yield f"*{_tr('The answer was not finished.')}*"
    made = document.get("provenance", {})
    if made:
        named = _demonstration() if made.get("demonstration") else made.get("model_name") or turn.model
        yield f"{_plain(named)} · {_facts(document, made)}"
    if document.get("notices"):
        yield _plain(" ".join(document["notices"]))
    evidence = document.get("evidence", [])
    if evidence:
        yield _tr("Evidence from the annotation, not from the model:")
        yield "\n".join(
            f"{one['n']}. {_plain(one['source'])} · {_plain(one['id'])}: {_plain(one['text'])}" for one in evidence
        )
        shared = [one for one in document.get("agrees", []) if one["words"]]
        for one in shared:
            yield _tr("Words shared with {n}: {words}.").format(n=one["n"], words=_plain(", ".join(one["words"])))
        if not shared:
            yield _tr("No telling words are shared with the annotation.")
    if document.get("invented"):
        yield _tr("In no source: {names}.").format(names=_plain(", ".join(document["invented"])))


def _facts(document: dict[str, Any], made: dict[str, Any]) -> str:
    weights = _tr("weights {weights}, adapter {adapter}")
    count = made.get("windows", 0)
    facts = [
        _tr("1 window") if count == 1 else _tr("{count} windows").format(count=count),
        weights.format(weights=made.get("model", ""), adapter=made.get("adapter", "")),
        _tr("bases {part}").format(part=made["part"]) if made.get("part") else "",
        "; ".join(f"{one['id']} sha256 {one['sequence_sha256']}" for one in made.get("genes", [])),
        ", ".join(f"{name} {value}" for name, value in made.get("settings", {}).items()),
        made.get("time", ""),
    ]
    if document.get("confidence") is not None:
        sure = _tr("mean probability of its words {p}, not of being right")
        facts.insert(1, sure.format(p=probability(document["confidence"])))
    if "shuffled" in document:
        gain = _tr("{nats} nats against its bases shuffled")
        facts.insert(1, gain.format(nats=f"{document['shuffled']['nats']:+.2f}"))
    return _plain(" · ".join(fact for fact in facts if fact))


def _demonstration() -> str:
    return _tr("demonstration model, generated genes")


def _plain(text: str) -> str:
    """Words as words: what an answer or an annotation holds must not become Markdown or HTML in somebody's notebook."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!" else letter for letter in text)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Export", text)
