"""Answers without any network: the most frequent, the most typical, and that of the most alike training gene."""

from collections import Counter
from collections.abc import Callable, Sequence

from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.sketch import SketchIndex

_COMPARED = 500  # different answers, at most, when the most typical one is looked for


class AnswerBaselines:
    """Fitted to the training pairs; `answers` gives each baseline's answer to every pair."""

    def __init__(self, training: Sequence[Pair], between: Callable[[], None] = lambda: None) -> None:
        self._told: dict[str, dict[str, str]] = {}  # sequence -> question -> answer
        by_question: dict[str, list[str]] = {}
        for pair in training:
            self._told.setdefault(pair.sequence, {})[pair.prompt] = pair.answer
            by_question.setdefault(pair.prompt, []).append(pair.answer)
        whole = {"": [pair.answer for pair in training], **by_question}
        self._frequent = {question: most_frequent(answers) for question, answers in whole.items()}
        self._typical = {question: most_typical(answers) for question, answers in whole.items()}
        self._sequences = list(self._told)
        self._index = SketchIndex(self._sequences, between)
        self._between = between

    def answers(self, pairs: Sequence[Pair]) -> dict[str, list[str]]:
        """{baseline: the answer to each pair}."""
        order: dict[str, list[int]] = {}
        for pair in pairs:
            if pair.sequence not in order:
                self._between()
                order[pair.sequence] = self._index.most_alike(pair.sequence)
        frequent, typical = (
            [usual.get(pair.prompt, usual[""]) for pair in pairs] for usual in (self._frequent, self._typical)
        )
        copied = [self._copy(pair, order[pair.sequence], other) for pair, other in zip(pairs, frequent, strict=True)]
        return {"most_frequent": frequent, "most_typical": typical, "nearest_copy": copied}

    def _copy(self, pair: Pair, alike: Sequence[int], otherwise: str) -> str:
        """The answer of the most alike gene of which this very question was asked."""
        told = (self._told[self._sequences[number]] for number in alike)
        return next((answers[pair.prompt] for answers in told if pair.prompt in answers), otherwise)


def most_frequent(answers: Sequence[str]) -> str:
    """The answer given most often, of equally frequent ones the first; "" of none."""
    return Counter(answers).most_common(1)[0][0] if answers else ""


def most_typical(answers: Sequence[str]) -> str:
    """The answer with most words in common with all others: what the usual wording alone is worth."""
    different = [(answer, set(answer.split())) for answer in dict.fromkeys(answers)][:_COMPARED]

    def usual(own: set[str]) -> float:
        return sum(2 * len(own & other) / max(len(own) + len(other), 1) for _, other in different)

    return max(different, key=lambda one: usual(one[1]))[0] if different else ""
