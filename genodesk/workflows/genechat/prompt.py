"""From questions and genes to the tokens a language model reads, with places kept for the genes' windows.

Words of people and of annotations never become anything but words: special tokens typed in them are split into plain
ones, and only this module makes places for genes. Nothing is ever cut off: what does not fit is refused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genodesk.core.errors import UserError
from genodesk.core.nearest import did_you_mean

Style = Literal["plain", "chat"]

NO_LABEL = -100  # torch's own mark for places without a loss
_OPEN, _CLOSE = "<Gene> ", " </Gene>"
_PLACEHOLDER = "GeneHere"
_NAMED = re.compile(rf"<{_PLACEHOLDER} ([^<>]+)>")
_SENTINEL = "␞genodesk{}␞"  # stands for a message while a chat template is filled in


@dataclass(frozen=True)
class Turn:
    """A question, and its answer where it is over."""

    question: str
    answer: str = ""


@dataclass(frozen=True)
class PlacedGene:
    """A gene as the prompt sees it: its name and the number of its windows."""

    name: str
    windows: int


@dataclass(frozen=True)
class Prompt:
    """Token `ids`; `slots` are the places of the genes' windows in them, genes in the order they were given.

    `labels` hold the answer's tokens and its end where a loss counts, else NO_LABEL. `text` is the prompt in words.
    """

    ids: tuple[int, ...]
    slots: tuple[int, ...]
    labels: tuple[int, ...]
    text: str


def build(
    tokenizer: Any,
    turns: Sequence[Turn],
    genes: Sequence[PlacedGene],
    answer: str | None = None,
    *,
    style: Style = "plain",
    limit: int | None = None,
    room: int = 0,
) -> Prompt:
    """The prompt that asks the last of `turns`, the earlier ones being what was said before; with `answer`, to learn.

    Plain: `Human: <Gene> GeneHere </Gene>{question} Assistant:`, every answer followed by the end token. Chat: the
    same gene and question as the user's message of the tokenizer's own template. One gene stands before the first
    question; several stand there with their names, or where questions say `<GeneHere NAME>`. Raises UserError where a
    gene is placed twice, never or is unknown, and where the whole and `room` further tokens exceed `limit`.
    """
    if tokenizer.eos_token_id is None:
        raise UserError(
            "The language model's tokenizer has no token for the end of an answer.",
            "Add eos_token to its tokenizer_config.json, or choose another model.",
            "language model",
        )
    messages = [_with_genes(turn.question, genes) for turn in turns]
    messages = _all_placed(messages, genes)
    pieces = _chat(tokenizer, messages, turns) if style == "chat" else _plain(tokenizer, messages, turns)
    ids: list[int] = []
    places: dict[int, range] = {}
    for piece in _joined(pieces):
        if isinstance(piece, _Text):
            ids += _encode(tokenizer, piece.text, special=piece.trusted)
        elif isinstance(piece, _End):
            ids.append(tokenizer.eos_token_id)
        else:
            places[piece] = range(len(ids), len(ids) + genes[piece].windows)
            ids += [tokenizer.eos_token_id] * genes[piece].windows  # any token: its embedding is replaced
    told = [] if answer is None else [*_encode(tokenizer, _lead(tokenizer, style) + answer), tokenizer.eos_token_id]
    _check_length(len(ids), len(told), room, limit)
    return Prompt(
        ids=(*ids, *told),
        slots=tuple(place for number in range(len(genes)) for place in places[number]),
        labels=(*[NO_LABEL] * len(ids), *told),
        text="".join(_in_words(piece) for piece in pieces),
    )


@dataclass(frozen=True)
class _Text:
    """Words; `trusted` ones come from a template and may hold special tokens."""

    text: str
    trusted: bool = False


@dataclass(frozen=True)
class _End:
    """The end of an answer given before."""


_Piece = _Text | _End | int  # a number stands for the gene of that place


def _with_genes(question: str, genes: Sequence[PlacedGene]) -> list[_Piece]:
    """The question with the genes it places by name."""
    names = [gene.name for gene in genes]
    pieces: list[_Piece] = []
    for number, part in enumerate(_NAMED.split(question)):
        if number % 2 == 0:
            pieces.append(_Text(part))
        elif part in names:
            pieces += [_Text(_OPEN), names.index(part), _Text(_CLOSE)]
        else:
            raise UserError(
                f"The question places a gene called {part}, which is not among those asked about.",
                did_you_mean(part, names, f"Known are {', '.join(names) or 'none'}."),
                "question",
            )
    return pieces


def _all_placed(messages: list[list[_Piece]], genes: Sequence[PlacedGene]) -> list[list[_Piece]]:
    """The messages with every gene in one place: where the questions say, else all before the first question."""
    placed = [piece for message in messages for piece in message if isinstance(piece, int)]
    if not placed:
        first: list[_Piece] = []
        for number, gene in enumerate(genes):
            name = f"{gene.name}: " if len(genes) > 1 else ""
            first += [_Text(name + _OPEN), number, _Text(_CLOSE + (" " if len(genes) > 1 else ""))]
        return [first + messages[0], *messages[1:]]
    for number, gene in enumerate(genes):
        if placed.count(number) != 1:
            raise UserError(
                f"{len(genes)} genes are asked about, but {gene.name} is placed {placed.count(number)} times.",
                f"Write <{_PLACEHOLDER} {gene.name}> once, or leave all such marks away.",
                "question",
            )
    return messages


def _plain(tokenizer: Any, messages: list[list[_Piece]], turns: Sequence[Turn]) -> list[_Piece]:
    pieces: list[_Piece] = [] if tokenizer.bos_token is None else [_Text(tokenizer.bos_token, trusted=True)]
    for number, (message, turn) in enumerate(zip(messages, turns, strict=True)):
        pieces += [_Text("Human: "), *message, _Text(" Assistant:")]
        if number < len(turns) - 1:
            pieces += [_Text(f" {turn.answer}"), _End()]
    return pieces


def _chat(tokenizer: Any, messages: list[list[_Piece]], turns: Sequence[Turn]) -> list[_Piece]:
    """The template filled with marks, each then replaced by what it stands for: no word can pass for the template."""
    conversation: list[dict[str, str]] = []
    meant: list[list[_Piece]] = []
    for number, (message, turn) in enumerate(zip(messages, turns, strict=True)):
        conversation.append({"role": "user", "content": _SENTINEL.format(len(meant))})
        meant.append(message)
        if number < len(turns) - 1:
            conversation.append({"role": "assistant", "content": _SENTINEL.format(len(meant))})
            meant.append([_Text(turn.answer)])
    try:
        filled = tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
    except Exception as error:  # a template is a program of the model's author and may fail in any way
        raise _bad_template(f"its chat template cannot be filled in ({error})") from error
    pieces: list[_Piece] = []
    for number, inside in enumerate(meant):
        before, mark, filled = filled.partition(_SENTINEL.format(number))
        if not mark:
            raise _bad_template("its chat template leaves out or changes a message")
        pieces += [_Text(before, trusted=True), *inside]
    if _SENTINEL.partition("{")[0] in filled:
        raise _bad_template("its chat template repeats a message")
    return [*pieces, _Text(filled, trusted=True)]


def _bad_template(reason: str) -> UserError:
    return UserError(
        f"This language model cannot be asked in its own way: {reason}.", "Use --prompt-style plain.", "language model"
    )


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Neighbouring words of the same kind as one piece, so that they become tokens together."""
    joined: list[_Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, _Text) and isinstance(last, _Text) and piece.trusted == last.trusted:
            joined[-1] = _Text(last.text + piece.text, piece.trusted)
        else:
            joined.append(piece)
    return joined


def _encode(tokenizer: Any, text: str, *, special: bool = False) -> list[int]:
    """The tokens of a text, and unless `special`, of its letters alone: none of those that were added to the model."""
    added = {} if special else {word: token for word, token in tokenizer.get_added_vocab().items() if len(word) > 1}
    written = re.compile("|".join(re.escape(one) for one in sorted(added, key=len, reverse=True))) if added else None
    ids: list[int] = []
    waiting = [text]
    while waiting:
        part = waiting.pop()
        found = list(tokenizer(part, add_special_tokens=False, split_special_tokens=not special)["input_ids"])
        if written is None or len(part) < 2 or set(added.values()).isdisjoint(found):
            ids += found
            continue
        # Cut within the first of them: a token is not known again by its pieces.
        first = written.search(part)
        place = first.start() + 1 if first else len(part) // 2
        waiting += [part[place:], part[:place]]
    return ids


def _lead(tokenizer: Any, style: Style) -> str:
    """What stands before an answer: a space after `Assistant:`, unless the tokenizer itself puts one before words."""
    if style == "chat":
        return ""
    first = tokenizer.convert_ids_to_tokens(_encode(tokenizer, "a"))[0]
    return "" if first.startswith("▁") else " "


def _check_length(prompt: int, answer: int, room: int, limit: int | None) -> None:
    if limit is None or prompt + answer + room <= limit:
        return
    parts = f"{prompt:,} tokens of question and genes"
    parts += f" and {answer:,} of answer" if answer else f" and {room:,} kept for the answer" if room else ""
    raise UserError(
        f"This does not fit into what the language model reads at once: {parts} are more than its {limit:,}.",
        "Ask about fewer or shorter genes, shorten the text, begin a new conversation, or use a model that reads more.",
        "prompt",
    )


def _in_words(piece: _Piece) -> str:
    return piece.text if isinstance(piece, _Text) else "\n" if isinstance(piece, _End) else _PLACEHOLDER
