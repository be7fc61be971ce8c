"""Answers without any network: the most frequent one, and that of the training gene whose sequence is most alike."""

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
        self._usual = {question: most_typical(answers) for question, answers in by_question.items()}
        self._usual_of_all = most_typical([pair.answer for pair in training])
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
        usual = [self._usual.get(pair.prompt, self._usual_of_all) for pair in pairs]
        copied = [self._copy(pair, order[pair.sequence], other) for pair, other in zip(pairs, usual, strict=True)]
        return {"most_frequent": usual, "nearest_copy": copied}

    def _copy(self, pair: Pair, alike: Sequence[int], otherwise: str) -> str:
        """The answer of the most alike gene of which this very question was asked."""
        told = (self._told[self._sequences[number]] for number in alike)
        return next((answers[pair.prompt] for answers in told if pair.prompt in answers), otherwise)


def most_typical(answers: Sequence[str]) -> str:
    """The most frequent answer; of several equally frequent ones that with most words in common with all others."""
    if not answers:
        return ""
    counts = Counter(answers)
    most = max(counts.values())
    frequent = [answer for answer, number in counts.items() if number == most][:_COMPARED]
    if len(frequent) == 1:
        return frequent[0]
    others = [set(answer.split()) for answer in list(counts)[:_COMPARED]]

    def usual(answer: str) -> float:
        own = set(answer.split())
        return sum(2 * len(own & other) / max(len(own) + len(other), 1) for other in others)

    return max(frequent, key=usual)
