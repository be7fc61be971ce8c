"""One question about genes and its answer, with what belongs to it: provenance, evidence, and what the DNA told.

The command line and the interactive worker both answer through here.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import count
from time import perf_counter
from typing import Any

from torch import Tensor

from genodesk import __version__
from genodesk.core.errors import Stopped, UserError
from genodesk.core.nearest import did_you_mean
from genodesk.core.settings import plain
from genodesk.engine.data.columns import first_few
from genodesk.workflows.genechat.cache import EmbeddingCache, sequence_sha256
from genodesk.workflows.genechat.controls import permuted
from genodesk.workflows.genechat.evidence import Annotated, Evidence, beside
from genodesk.workflows.genechat.generate import Spoken, log_likelihood, speak
from genodesk.workflows.genechat.genes import Gene
from genodesk.workflows.genechat.prompt import PlacedGene, Turn
from genodesk.workflows.genechat.settings_chat import SpeakingSettings
from genodesk.workflows.genechat.trained import Trained
from genodesk.workflows.genechat.windows import LONGEST_GENE, SHORTEST_GENE, prepared

NOT_CLINICAL = "Not for clinical use."
_LOOKS = str.maketrans("OIL", "011")
_NAME = re.compile(r"[\w.:/'()+*-]{1,40}")


@dataclass(frozen=True)
class Asked:
    """A question: the genes it is about, the conversation so far with the question as its last turn, and the manner.

    `part` (start, end) limits a single gene to some of its bases.
    """

    genes: Sequence[Gene]
    turns: Sequence[Turn]
    manner: SpeakingSettings
    seed: int = 0
    part: tuple[int, int] | None = None


@dataclass(frozen=True)
class Listener:
    """Whoever waits for an answer: hears of windows read, of what is asked, and every word; may say stop."""

    on_windows: Callable[[int, int], object] = lambda _done, _total: None
    on_begin: Callable[[dict[str, Any]], object] = lambda _provenance: None
    on_text: Callable[[str], object] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False


def respond(
    trained: Trained, cache: EmbeddingCache, annotated: Annotated, asked: Asked, to: Listener
) -> dict[str, Any]:
    """The answer as a document: answer, ending, confidence, seconds, notices, evidence, agrees, invented, provenance.

    `confidence`, 0-1, is the mean probability of the answer's own words (as `Spoken`), not of its being right.
    `notices` are sentences about genes too short to tell anything; `agrees` are shared words (as `beside`).
    `seconds` counts from here to the last word, without the search for evidence.

    Raises UserError for what cannot be asked and Stopped where somebody says stop before the first word; stopped
    later, the answer is what was said until then.
    """
    began = perf_counter()
    sequences = [_bases(gene, asked.part) for gene in asked.genes]
    embeddings, encoded = cache.get_or_encode(
        trained.encoder, sequences, should_stop=to.should_stop, progress=to.on_windows
    )
    if to.should_stop():
        raise Stopped
    prompt = trained.prompt(asked.turns, _placed(asked.genes, embeddings), room=asked.manner.most_tokens)
    provenance = _provenance(trained, asked, sequences, embeddings, encoded, prompt.text)
    to.on_begin(provenance)
    spoken = speak(
        trained, prompt, embeddings, asked.manner, asked.seed, on_text=to.on_text, should_stop=to.should_stop
    )
    seconds = perf_counter() - began
    sources = _sources(annotated, asked, to) if spoken.ending != "stopped" else []
    found = beside(spoken.text, sources, asked.genes)
    return {
        **_said(spoken),
        "seconds": seconds,
        "notices": _notices(asked.genes, sequences),
        **found,
        "provenance": provenance,
    }


def shuffled_gain(
    trained: Trained,
    cache: EmbeddingCache,
    asked: Asked,
    answer: str,
    should_stop: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], object] = lambda _done, _total: None,
) -> dict[str, Any]:
    """How much likelier the answer is with these genes than with their own bases in random order, as `evaluate` judges.

    {nats: natural logarithm of the ratio over the whole answer, nats_per_token, tokens}. Raises UserError and Stopped.
    """
    sequences = [_bases(gene, asked.part) for gene in asked.genes]
    true, _ = cache.get_or_encode(trained.encoder, sequences, should_stop=should_stop)
    mixed = trained.encoder.encode(
        [permuted(sequence, asked.seed, number) for number, sequence in enumerate(sequences)],
        should_stop=should_stop,
        progress=progress,
    )
    likelihoods = []
    for embeddings in (true, mixed):
        if should_stop():
            raise Stopped
        prompt = trained.prompt(asked.turns, _placed(asked.genes, embeddings), answer=answer)
        likelihoods.append(log_likelihood(trained, prompt, embeddings))
    tokens = sum(label >= 0 for label in prompt.labels)
    nats = likelihoods[0] - likelihoods[1]
    return {"nats": nats, "nats_per_token": nats / max(tokens, 1), "tokens": tokens}


def choose_genes(genes: Sequence[Gene], names: Sequence[str], where: str) -> list[Gene]:
    """The genes of these ids or names, or the only one where none is named.

    Raises UserError for a name that none bears, with the nearest, and for one that several bear, with their ids.
    """
    if not names:
        if len(genes) == 1:
            return [genes[0]]
        shown = ", ".join(gene.id for gene in genes[:5])
        raise UserError(f"The file holds {len(genes):,} genes.", f"Choose with --gene, for example {shown}.", where)
    return [_called(genes, name, where) for name in names]


def _called(genes: Sequence[Gene], name: str, where: str) -> Gene:
    """The gene of this id, else of this name, in these letters or in any case."""
    small = name.lower()
    ways: tuple[Callable[[Gene], bool], ...] = (
        lambda gene: gene.id == name,
        lambda gene: gene.name == name,
        lambda gene: small in (gene.id.lower(), gene.name.lower()),
    )
    for way in ways:
        found = [gene for gene in genes if way(gene)]
        if len(found) > 1:
            ids = first_few([gene.id for gene in found])
            raise UserError(f"{len(found):,} genes are called {name}.", f"Choose by id: {ids}.", where)
        if found:
            return found[0]
    known = [word for gene in genes for word in (gene.id, gene.name) if word]
    alike = [word for word in known if _looks(word) == _looks(name)]
    shown = ", ".join(gene.id for gene in genes[:5])
    hint = did_you_mean(name, alike or known, f"Known are {shown}, …")
    raise UserError(f"There is no gene called {name}.", hint, where)


def _looks(name: str) -> str:
    """The same for names that look alike: O as 0, I and l as 1."""
    return name.upper().translate(_LOOKS)


def _bases(gene: Gene, part: tuple[int, int] | None) -> str:
    """The bases that are read. Raises UserError where there are none, or more than is read of one gene."""
    length = gene.length
    if not length:
        raise UserError(f"There is no sequence for {gene.id}.", "Open the file that holds its DNA.", gene.id)
    start, end = part or (0, length)
    if start >= length or end > length:
        raise UserError(
            f"{gene.id} has {length:,} bases, so bases {start + 1:,} to {end:,} are not all there.",
            f"Choose a part within 1-{length}.",
            "--part",
        )
    if end - start > LONGEST_GENE:
        raise UserError(
            f"{gene.id} has {end - start:,} bases; {LONGEST_GENE:,} of a gene are read at once.",
            f"Choose a part of it, for example {start + 1}-{start + LONGEST_GENE}.",
            "--part",
        )
    return gene.part(start, end)


def _notices(genes: Sequence[Gene], sequences: Sequence[str]) -> list[str]:
    """A sentence for each gene of which too few bases are read."""
    known = [len(sequence) - prepared(sequence).sequence.count("N") for sequence in sequences]
    return [
        f"Known bases read of {gene.id}: {count}, fewer than a gene has ({SHORTEST_GENE} or more). "
        "The answer can hardly come from its DNA."
        for gene, count in zip(genes, known, strict=True)
        if count < SHORTEST_GENE
    ]


def _placed(genes: Sequence[Gene], embeddings: Sequence[Tensor]) -> list[PlacedGene]:
    """The genes as the prompt names them, each in its own way: by name, by id where names repeat, else by number.

    A name is one short word: what an annotation says else never gets there.
    """
    words = [[word for word in (gene.name, gene.id) if _NAME.fullmatch(word)] for gene in genes]
    first = Counter(ways[0] for ways in words if ways)
    called = [next((word for word in ways if first[word] < 2), "") for ways in words]
    times, taken = Counter(called), set(called)
    placed = []
    for number, (name, windows) in enumerate(zip(called, embeddings, strict=True), start=1):
        free = (word for other in count(number) if (word := f"gene-{other}") not in taken)
        placed.append(PlacedGene(name if name and times[name] == 1 else next(free), len(windows)))
        taken.add(placed[-1].name)
    return placed


def _sources(annotated: Annotated, asked: Asked, to: Listener) -> list[Evidence]:
    """The evidence; none where somebody says stop while like sequences are looked for, since the answer is there."""

    def between() -> None:
        if to.should_stop():
            raise Stopped

    try:
        return annotated.evidence(asked.genes, between)
    except Stopped:
        return []


def _said(spoken: Spoken) -> dict[str, Any]:
    return {
        "answer": spoken.text,
        "ending": spoken.ending,
        "tokens": spoken.tokens,
        "confidence": spoken.confidence if spoken.tokens else None,
        "mean_log_probability": spoken.mean_log_probability if spoken.tokens else None,
    }


def _provenance(
    trained: Trained, asked: Asked, sequences: Sequence[str], embeddings: Sequence[Tensor], encoded: int, prompt: str
) -> dict[str, Any]:
    """Where an answer comes from, complete enough to make it again; the turn that is answered has only a question."""
    *before, last = asked.turns
    shas = [sequence_sha256(sequence) for sequence in sequences]
    genes = [
        {
            "id": gene.id,
            "name": gene.name,
            "bases": len(sequence),
            "windows": len(windows),
            "masked_share": prepared(sequence).masked_share,
            "sequence_sha256": sha,
        }
        for gene, sequence, windows, sha in zip(asked.genes, sequences, embeddings, shas, strict=True)
    ]
    return {
        "windows": sum(map(len, embeddings)),
        "encoded": encoded,
        "model": trained.model_hash,
        "adapter": trained.adapter_hash,
        "model_name": trained.document.get("name", ""),
        "demonstration": trained.demonstration,
        "sequence_sha256": ",".join(shas),
        "genes": genes,
        "part": None if asked.part is None else f"{asked.part[0] + 1}-{asked.part[1]}",
        "prompt": prompt,
        "turns": [*map(asdict, before), {"question": last.question}],
        "settings": {**plain(asked.manner), "seed": asked.seed},
        "device": str(trained.device),
        "engine_version": __version__,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "notice": NOT_CLINICAL,
    }
