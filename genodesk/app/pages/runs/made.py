"""What a run has made, told from its result document: files and folders, counts, and sentences. Knows no widget.

Scores are left to the card that shows them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication

from genodesk.app.amounts import bytes_words, number

_PLACES = ("file", "folder", "store")
_SENTENCES = ("said", "notices")
_SCORES = ("metrics", "estimates", "point_estimate", "baselines", "best_baseline", "chance", "how")
_ELSEWHERE = (*_PLACES, *_SENTENCES, *_SCORES, "files", "run", "warnings", "remarks")
_FEW = 4  # of a group of numbers that are told one by one
_LONGEST = 160
_HASH = re.compile(r"[0-9a-f]{32,}")
_NUMBERS = re.compile(r"[\d.,]+")


@dataclass(frozen=True)
class Made:
    """`places` are what was written, `facts` (name, value) pairs, `sentences` what the run says of it."""

    places: tuple[Path, ...]
    facts: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]


def made_of(result: Mapping[str, Any], folder: Path) -> Made:
    """Reads the result of a run in `folder`, where its own files lie; tables and figures have tabs of their own."""
    places = [Path(result[name]) for name in _PLACES if isinstance(result.get(name), str) and result[name]]
    files = result.get("files")
    inside = [file for file in files if isinstance(file, str)] if isinstance(files, list) else []
    places += [folder / file for file in inside if Path(file).parts[:1] != ("tables",)]
    facts = [(_name(name), told) for name, value in result.items() if name not in _ELSEWHERE and (told := _told(value))]
    if isinstance(result.get("bytes"), int):
        facts = [(name, bytes_words(result["bytes"]) if name == _name("bytes") else told) for name, told in facts]
    said = [text for name in _SENTENCES if isinstance(result.get(name), list) for text in result[name]]
    return Made(tuple(places), tuple(facts), tuple(str(text) for text in said))


def without_repeats(sentences: list[str]) -> list[str]:
    """Of sentences that differ only in their numbers, as those of several attempts do, the last one."""
    return list({_NUMBERS.sub("#", text): text for text in sentences}.values())


def _name(key: str) -> str:
    words = key.replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"


def _told(value: Any) -> str:
    """A value in a few words; empty for what says nothing to people, or has no room."""
    if isinstance(value, bool):
        return _tr("yes") if value else _tr("no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, str):
        return "" if _HASH.fullmatch(value) or len(value) > _LONGEST else value
    if isinstance(value, list):
        return f"{len(value):,}" if value else ""
    if isinstance(value, dict) and 0 < len(value) <= _FEW:
        parts = {name: _told(one) for name, one in value.items() if not isinstance(one, dict | list)}
        told = ", ".join(f"{name} {part}" for name, part in parts.items() if part)
        return told if len(parts) == len(value) and len(told) <= _LONGEST else ""
    return ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Made", text)
