"""The action `fetch`: protein-coding genes of an organism with what NCBI says of them, as one set of pairs.

Every gene that has arrived lies in the run's folder, so a run that was stopped or killed goes on where it was.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.workflows.genechat.cleaning import NO_ANSWER, NOT_DNA, Dropped, dna, too_long
from genodesk.workflows.genechat.ncbi import KEY_NAME, KEY_VARIABLE, PLAIN_PER_SECOND, GeneRecord, Ncbi
from genodesk.workflows.genechat.pairs import Pair
from genodesk.workflows.genechat.prepare import write_set
from genodesk.workflows.genechat.servers import secret
from genodesk.workflows.genechat.settings_actions import FetchSettings

FETCHED, SEARCH = "fetched", "search.json"


def fetch(settings: FetchSettings, run: Run) -> dict[str, Any]:
    """Writes the set of pairs into the folder `out`. Returns its report with what was `asked` of NCBI."""
    key = secret(KEY_VARIABLE, KEY_NAME)
    ncbi = Ncbi(settings.service, key=key, email=settings.email, should_stop=run.should_stop, warn=run.warning)
    keyed = "with your key" if ncbi.per_second > PLAIN_PER_SECOND else "without a key"
    run.log(f"NCBI is asked at most {ncbi.per_second} times a second, {keyed}.")
    place = run.folder.path / FETCHED
    place.mkdir(mode=0o700, exist_ok=True)
    asked = _search(ncbi, settings, place)
    ids: list[str] = asked["ids"]
    waiting = [name for name in ids if not _file(place, name).exists()]
    if len(waiting) < len(ids):
        run.log(f"{len(ids) - len(waiting):,} of {len(ids):,} genes are here already.")
    run.progress(len(ids) - len(waiting), len(ids), unit="genes")
    for number, (name, gene) in enumerate(ncbi.summaries(waiting), start=len(ids) - len(waiting) + 1):
        write_json(_file(place, name), _arrived(ncbi, gene, settings))
        run.progress(number, len(ids), unit="genes")
    pairs, dropped = _read(place, ids, settings)
    if not pairs:
        reasons = ", ".join(sorted({one.reason for one in dropped}))
        raise UserError(
            f"Of none of the {len(ids):,} genes does NCBI give both bases and a description ({reasons}).",
            "Try another organism.",
            "--organism",
        )
    return {
        **write_set(run, pairs, dropped, [], settings.rules, settings.out, run.raise_if_stopped),
        "asked": asked["term"],
        "found": len(ids),
    }


def search_term(organism: str, query: str) -> str:
    """The question to NCBI's gene database: living, protein-coding genes of an organism."""
    term = f'"{organism.strip()}"[Organism] AND alive[Properties] AND "genetype protein coding"[Properties]'
    return f"{term} AND ({query.strip()})" if query.strip() else term


def _search(ncbi: Ncbi, settings: FetchSettings, place: Path) -> dict[str, Any]:
    """The question and the ids it found; asked once in the life of a run."""
    file = place / SEARCH
    if not file.exists():
        term = search_term(settings.organism, settings.query)
        write_json(file, {"term": term, "ids": list(dict.fromkeys(ncbi.search(term, settings.most_genes)))})
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return document


def _arrived(ncbi: Ncbi, gene: GeneRecord | None, settings: FetchSettings) -> dict[str, Any]:
    """What is kept of one gene: its record and bases, or why it cannot become a pair."""
    if gene is None:
        return {"dropped": "NCBI has no record of it any more"}
    reason = ""
    if not (gene.summary or gene.title):
        reason = NO_ANSWER
    elif not gene.accession:
        reason = "NCBI gives no place in a genome"
    elif gene.length > settings.rules.longest_gene:
        reason = too_long(settings.rules.longest_gene)
    if reason:
        return {"dropped": reason}
    bases = ncbi.sequence(gene)
    if len(bases) != gene.length:
        return {"dropped": f"NCBI sent {len(bases):,} of its {gene.length:,} bases"}
    sequence = dna(bases)
    return {"dropped": NOT_DNA} if sequence is None else {**asdict(gene), "sequence": sequence}


def _read(place: Path, ids: list[str], settings: FetchSettings) -> tuple[list[Pair], list[Dropped]]:
    pairs, dropped = [], []
    for name in ids:
        kept = json.loads(_file(place, name).read_text(encoding="utf-8"))
        if "dropped" in kept:
            dropped.append(Dropped(name, kept["dropped"]))
            continue
        source = "NCBI summary" if kept["summary"] else "NCBI gene name"
        answer = kept["summary"] or kept["title"]
        pairs.append(Pair(name, kept["name"], kept["sequence"], settings.rules.question, answer, "", source))
    return pairs, dropped


def _file(place: Path, name: str) -> Path:
    return place / f"{name}.json"
