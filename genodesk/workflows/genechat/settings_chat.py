"""The settings of a conversation: what is asked about which genes, and how the model speaks. Light."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import model_validator

from genodesk.core.errors import UserError
from genodesk.core.sequence_files import ANNOTATION, SEQUENCES, Duplicates, repeated_ids
from genodesk.core.settings import Settings, group, setting
from genodesk.workflows.genechat.settings import RUN


class SpeakingSettings(Settings):
    """How the answer is made."""

    temperature: float = setting(
        0.0, title="Temperature", ge=0, le=5, help="How freely words are chosen; 0 always takes the likeliest."
    )
    top_p: float = setting(
        0.9,
        title="Top-p",
        gt=0,
        le=1,
        advanced=True,
        help="Words are drawn from the likeliest that together have this probability; unused at temperature 0.",
    )
    repetition_penalty: float = setting(
        1.0, title="Repetition penalty", ge=0.5, le=3, advanced=True, help="Above 1, words said before become unlikely."
    )
    most_tokens: int = setting(
        256,
        title="Longest answer",
        unit="tokens",
        ge=1,
        le=8192,
        advanced=True,
        help="Answers end here at the latest; a word is one or two tokens.",
    )


class ChatSettings(Settings):
    """Ask what a gene does; the answer comes from its DNA, the evidence beside it from your annotation."""

    fasta: Path = setting(title="Sequences", help="FASTA or GenBank file that holds the gene.", file=SEQUENCES)
    gene: tuple[str, ...] = setting(
        (), title="Gene", help="Its id or name; needed where the file holds several. Several are asked about together."
    )
    question: str | None = setting(
        None, title="Question", help="What to ask; where empty, you are asked at the terminal, turn by turn."
    )
    annotation: tuple[Path, ...] = setting(
        (),
        title="Annotation",
        help="Tables of id and function, or GFF3, that the answer is held against.",
        file=ANNOTATION,
    )
    duplicates: Duplicates = repeated_ids()
    model: Path | None = setting(
        None, title="Model", help="A finished training or its model folder; where empty, the demonstration.", file=RUN
    )
    part: str | None = setting(
        None, title="Part of the gene", help="First and last base to read, for example 1-160000; empty reads all of it."
    )
    shuffled: bool = setting(
        False,
        title="Compare with shuffled DNA",
        help="Also tell how much likelier the answer is with this gene than with its bases shuffled.",
    )
    speaking: SpeakingSettings = group(SpeakingSettings, title="Answer")
    device: Literal["auto", "cpu", "cuda", "mps", "npu"] = setting(
        "auto", title="Device", help="What computes; auto takes the fastest that is ready and says why."
    )
    seed: int = setting(
        0, title="Random seed", ge=0, le=2**32 - 1, advanced=True, help="The same seed gives the same answer."
    )

    @model_validator(mode="after")
    def _part_of_one(self) -> Self:
        chosen_part(self.part, len(self.gene))
        return self


def chosen_part(text: str | None, genes: int) -> tuple[int, int] | None:
    """(start, end) of a half-open range of bases, from "first-last" counted from 1; None where there is no text.

    Raises UserError for what is no range, and for one of several `genes`.
    """
    if text is None:
        return None
    if genes > 1:
        raise UserError("A part is chosen, but several genes are asked about.", "Ask about one.", "--part")
    found = re.fullmatch(r"\s*([\d,]{1,15})\s*(?:-|\.\.)\s*([\d,]{1,15})\s*", text)
    first, last = (int(number.replace(",", "") or 0) for number in found.groups()) if found else (0, 0)
    if not 1 <= first <= last:
        raise UserError(
            f"{text[:40]!r} is no part of a gene.", "Write the first and the last base, for example 1-160000.", "--part"
        )
    return first - 1, last
