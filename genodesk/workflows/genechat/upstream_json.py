"""Sets of pairs as the authors of GeneChat keep them: seq.json, qa_summary_rule.json and qa_kw.json in a folder."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from genodesk.core.errors import UserError
from genodesk.engine.data.limits import check_fits
from genodesk.workflows.genechat.cleaning import NO_ANSWER, NO_SEQUENCE, NOT_DNA, Dropped, dna, plain_text
from genodesk.workflows.genechat.pairs import Pair

SEQUENCES = "seq.json"
SUMMARIES, QUESTIONS = "qa_summary_rule.json", "qa_kw.json"
_MEMORY = 4  # times the size of a file, when it is held
_GENE = "Gene Id"


def is_upstream(path: Path) -> bool:
    """Whether a path is such a folder, or its seq.json."""
    return path.name == SEQUENCES or (path / SEQUENCES).is_file()


def read_upstream(path: Path, question: str) -> tuple[list[Pair], list[Dropped], list[str]]:
    """(pairs, what was dropped, notices). Summaries answer `question`, keywords their own questions.

    Raises UserError for files that are missing, damaged, or hold something else.
    """
    folder = path.parent if path.name == SEQUENCES else path
    sequences = {plain_text(gene): told for gene, told in _load(folder / SEQUENCES, dict).items()}
    answers = [name for name in (SUMMARIES, QUESTIONS) if (folder / name).is_file()]
    if not answers:
        raise UserError(
            f"Beside {SEQUENCES} there is neither {SUMMARIES} nor {QUESTIONS}.",
            "Put the files with the answers into the same folder.",
            str(folder),
        )
    dropped: list[Dropped] = []
    several = [gene for gene, told in sequences.items() if isinstance(told, list) and len(told) > 1]
    bases = {}
    for gene, told in sequences.items():
        read = _bases(told, folder / SEQUENCES, gene)
        if read is None:
            dropped.append(Dropped(gene, NOT_DNA))
        else:
            bases[gene] = read
    pairs = []
    asked = set()
    for number, (name, gene, prompt, answer) in enumerate(_told(folder, answers, question)):
        asked.add(gene)
        if gene in bases:
            given = gene if name == SUMMARIES else f"{gene}#{number}"
            pairs.append(Pair(given, gene, bases[gene], prompt, answer, "", name))
        elif gene not in sequences:
            dropped.append(Dropped(gene, NO_SEQUENCE))
    dropped += [Dropped(gene, NO_ANSWER) for gene in bases if gene not in asked]
    notices = [f"{len(several):,} genes have several sequences, of which the first is taken."] if several else []
    return _unique(pairs), dropped, notices


def _told(folder: Path, names: list[str], question: str) -> Iterator[tuple[str, str, str, str]]:
    """(file, gene, question, answer) of every entry."""
    for name in names:
        for number, entry in enumerate(_load(folder / name, list), start=1):
            key = "Summary" if name == SUMMARIES else "A"
            if not isinstance(entry, dict) or _GENE not in entry or key not in entry:
                raise UserError(
                    f"Entry {number:,} has no {_GENE!r} or no {key!r}.",
                    "Use the file as GeneChat's authors distribute it.",
                    str(folder / name),
                )
            prompt = question if name == SUMMARIES else str(entry.get("Q") or question)
            yield name, plain_text(str(entry[_GENE])), prompt, "" if entry[key] is None else str(entry[key])


def _load(path: Path, kind: type) -> Any:
    try:
        check_fits(_MEMORY * path.stat().st_size, path, "")
        made = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UserError("There is no such file.", "Check the name.", str(path)) from None
    except OSError as error:
        raise UserError("The file cannot be read.", "Check its permissions, or copy it.", str(path)) from error
    except json.JSONDecodeError as error:
        raise UserError(
            f"This is not JSON: line {error.lineno}, column {error.colno} breaks it.", "Copy the file again.", str(path)
        ) from None
    except (ValueError, RecursionError):
        raise UserError("This is not JSON text.", "Copy the file again.", str(path)) from None
    if not isinstance(made, kind):
        expected = "ids with their sequences" if kind is dict else "a list of answers"
        raise UserError(f"This file does not hold {expected}.", "Copy GeneChat's file again.", str(path))
    return made


def _bases(told: Any, path: Path, gene: str) -> str | None:
    """The sequence in capitals of ACGTN; None where it is no DNA."""
    text = told[0] if isinstance(told, list) and told else told
    if not isinstance(text, str):
        raise UserError(f"The sequence of {gene} is no text.", "Copy GeneChat's file again.", str(path))
    return dna(text)


def _unique(pairs: list[Pair]) -> list[Pair]:
    """The pairs with ids of their own, where a gene has several summaries."""
    seen: dict[str, int] = {}
    made = []
    for pair in pairs:
        seen[pair.id] = seen.get(pair.id, 0) + 1
        made.append(pair if seen[pair.id] == 1 else replace(pair, id=f"{pair.id}.{seen[pair.id]}"))
    return made
