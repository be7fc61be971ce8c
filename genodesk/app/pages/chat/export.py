"""A conversation as text for a notebook or a paper: Markdown to read, JSON to compute with. Knows no widget."""

import json
from dataclasses import asdict
from typing import Any

from genodesk import __version__
from genodesk.app.amounts import probability
from genodesk.app.pages.chat.history import Conversation, Said

NOT_CLINICAL = "Not for clinical use."


def as_markdown(conversation: Conversation) -> str:
    """Every question and answer with its evidence and provenance."""
    about = conversation.about
    lines = [
        f"# {_plain(', '.join(about.genes))}",
        "",
        f"Asked with Genodesk {__version__}, begun {conversation.time:%Y-%m-%d %H:%M} UTC. {NOT_CLINICAL}",
        "",
        f"* Sequences: {_plain(about.path)}",
        *(f"* Annotation: {_plain(file)}" for file in about.annotation),
        f"* Model: {_plain(about.model) or 'demonstration model, generated genes'}",
    ]
    for turn in conversation.turns:
        lines += ["", f"## {_plain(turn.question)}", "", *_answer(turn)]
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


def _answer(turn: Said) -> list[str]:
    if turn.state == "failed":
        return [f"*No answer: {_plain(turn.problem.get('message', ''))}*"]
    document = turn.document
    lines = [*(f"> {line}" for line in _plain(turn.answer).splitlines())]
    if turn.state != "answered":
        lines += ["", "*The answer was not finished.*"]
    made = document.get("provenance", {})
    if made:
        label = "Demonstration model, generated genes" if made.get("demonstration") else made.get("model_name", "")
        lines += ["", f"{_plain(label)} · {_facts(document, made)}"]
    evidence = document.get("evidence", [])
    if evidence:
        lines += ["", "Evidence from the annotation, not from the model:", ""]
        lines += [
            f"{one['n']}. {_plain(one['source'])} · {_plain(one['id'])}: {_plain(one['text'])}" for one in evidence
        ]
    if document.get("invented"):
        lines += ["", f"In no source: {_plain(', '.join(document['invented']))}."]
    return lines


def _facts(document: dict[str, Any], made: dict[str, Any]) -> str:
    genes = "; ".join(f"{one['id']} sha256 {one['sequence_sha256']}" for one in made.get("genes", []))
    settings = ", ".join(f"{name} {value}" for name, value in made.get("settings", {}).items())
    facts = [
        f"{made.get('windows', 0)} windows",
        f"weights {made.get('model', '')[:16]}, adapter {made.get('adapter', '')[:16]}",
        f"bases {made['part']}" if made.get("part") else "",
        genes,
        settings,
        made.get("time", ""),
    ]
    if document.get("confidence") is not None:
        facts.insert(1, f"mean probability of its words {probability(document['confidence'])}")
    if "shuffled" in document:
        facts.insert(1, f"{document['shuffled']['nats']:+.2f} nats against its bases shuffled")
    return _plain(" · ".join(fact for fact in facts if fact))


def _plain(text: str) -> str:
    """Words as words: what an answer or an annotation holds must not become Markdown or HTML in somebody's notebook."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|!" else letter for letter in text)
