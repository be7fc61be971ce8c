"""NCBI's E-utilities: search genes, read their summaries, get their bases; patient, never faster than NCBI allows.

The key travels in the body of a request only, never in an address, and is blotted out of whatever is told.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from genodesk.core.errors import UserError
from genodesk.workflows.genechat.servers import (
    ATTEMPTS,
    KEPT,
    LOCAL,
    LONGEST_WAIT_S,
    TIMEOUT_S,
    retry_after,
    wait,
    why,
)

KEY_VARIABLE = "NCBI_API_KEY"
KEY_NAME = "ncbi-api-key"  # in the keyring
PLAIN_PER_SECOND, KEYED_PER_SECOND = 3, 10
SUMMARIES_AT_ONCE = 200

_PAGE = 10_000  # ids in one answer of a search
_SLACK = 1.05  # requests are a little further apart than they must be


@dataclass(frozen=True)
class GeneRecord:
    """A gene as esummary tells it. `start` and `stop` count from 1 and both belong to it; strand "+" or "-".

    `accession` is "" where NCBI gives no place in a genome.
    """

    id: str
    name: str
    title: str
    summary: str
    accession: str
    start: int
    stop: int
    strand: str

    @property
    def length(self) -> int:
        """In bases."""
        return self.stop - self.start + 1


class Ncbi:
    """A patient client, which asks at most `per_second` times a second.

    `should_stop` is asked while it waits, `warn` hears why it waits.
    """

    def __init__(
        self,
        service: str,
        *,
        key: str = "",
        email: str | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        warn: Callable[[str], object] = lambda _: None,
        first_wait_s: float = 1.0,
    ) -> None:
        address = urlsplit(service)
        self._service = service.rstrip("/")
        # A key never crosses the network in the clear.
        self._key = key if address.scheme == "https" or address.hostname in LOCAL else ""
        self._common = {"tool": "genodesk", **({"email": email} if email else {})}
        if self._key:
            self._common["api_key"] = self._key
        self.per_second = KEYED_PER_SECOND if self._key else PLAIN_PER_SECOND
        self._apart_s = _SLACK / self.per_second
        self._should_stop, self._warn = should_stop, warn
        self._first_wait_s = first_wait_s
        self._next = 0.0

    def search(self, term: str, most: int | None) -> list[str]:
        """Ids of the genes that a question finds, at most `most`. Raises UserError where it finds none."""
        ids: list[str] = []
        while True:
            wanted = _PAGE if most is None else min(_PAGE, most - len(ids))
            answer = self._json("esearch", db="gene", term=term, retmax=wanted, retstart=len(ids))
            found = answer.get("esearchresult")
            if not isinstance(found, dict) or "ERROR" in found or "idlist" not in found:
                raise self._refused("esearch", found.get("ERROR", "") if isinstance(found, dict) else answer)
            total = int(found.get("count", 0))
            if not total:
                unknown = (found.get("errorlist") or {}).get("phrasesnotfound") or []
                told = f" It does not know {', '.join(map(str, unknown))}." if unknown else ""
                raise UserError(
                    f"NCBI finds no living, protein-coding gene for {term}.{told}",
                    "Check the organism's name, or leave --query away.",
                    "--organism",
                )
            page = [str(name) for name in found["idlist"]]
            if not all(name.isascii() and name.isdigit() for name in page):  # they become names of files
                raise self._refused("esearch", "an id is not a number")
            ids += page
            if len(ids) >= min(total, most or total):
                return ids
            if not page:
                raise UserError(f"NCBI names {len(ids):,} of {total:,} genes and no more.", KEPT, self._service)

    def summaries(self, ids: Sequence[str]) -> Iterator[tuple[str, GeneRecord | None]]:
        """(id, what NCBI says of it), None where it says nothing; asked for 200 at a time."""
        for first in range(0, len(ids), SUMMARIES_AT_ONCE):
            part = ids[first : first + SUMMARIES_AT_ONCE]
            answer = self._json("esummary", db="gene", id=",".join(part))
            found = answer.get("result")
            if not isinstance(found, dict):
                raise self._refused("esummary", answer)
            for name in part:
                told = found.get(name)
                yield name, None if not isinstance(told, dict) or "error" in told else _record(name, told)

    def sequence(self, gene: GeneRecord) -> str:
        """The bases of a gene on its own strand, as they stand in the FASTA that NCBI sends, "" where it sends none.

        An answer that is cut short is asked for again; the last one is returned, however long it is.
        """
        bases = ""
        for attempt in range(ATTEMPTS):
            text = self._ask(
                "efetch",
                db="nuccore",
                id=gene.accession,
                seq_start=gene.start,
                seq_stop=gene.stop,
                strand=1 if gene.strand == "+" else 2,
                rettype="fasta",
                retmode="text",
            ).decode("ascii", "replace")
            bases = "".join(text.split("\n")[1:]).replace("\r", "").strip() if text.lstrip().startswith(">") else ""
            if len(bases) == gene.length:
                break
            self._wait(self._first_wait_s * 2**attempt, f"{len(bases):,} of {gene.length:,} bases of {gene.name} came")
        return bases

    def _json(self, tool: str, **fields: object) -> dict[str, Any]:
        for attempt in range(ATTEMPTS):
            content = self._ask(tool, retmode="json", **fields)
            try:
                answer = json.loads(content)
            except ValueError:  # cut short on its way
                self._wait(self._first_wait_s * 2**attempt, f"The answer to {tool} came incomplete")
                continue
            if isinstance(answer, dict):
                if "error" in answer:
                    raise self._refused(tool, answer["error"])
                return answer
        raise UserError("NCBI's answers come incomplete.", f"Try again later. {KEPT}", self._service)

    def _ask(self, tool: str, **fields: object) -> bytes:
        """The answer to one request, asked again as long as it may still come. Raises UserError, Stopped."""
        body = urlencode({**self._common, **fields}).encode()
        reason = ""
        for attempt in range(ATTEMPTS):
            pause = self._first_wait_s * 2**attempt
            self._wait(self._next - time.monotonic())
            self._next = time.monotonic() + self._apart_s
            try:
                request = urllib.request.Request(f"{self._service}/{tool}.fcgi", data=body, method="POST")
                with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                    return bytes(answer.read())
            except urllib.error.HTTPError as error:
                told = error.read(2000).decode("utf-8", "replace")
                if error.code != 429 and error.code < 500:
                    raise self._refused(tool, f"{error.code}, {told}") from None
                reason = "NCBI asks to slow down" if error.code == 429 else f"NCBI answers with error {error.code}"
                pause = max(pause, retry_after(error.headers.get("Retry-After", "")))
            except (OSError, http.client.HTTPException) as error:
                reason = f"NCBI cannot be reached ({why(error)})"
            self._wait(min(pause, LONGEST_WAIT_S), reason)
        raise UserError(self._blot(f"{reason}."), f"Try again later. {KEPT}", self._service)

    def _wait(self, seconds: float, reason: str = "") -> None:
        if reason:
            self._warn(self._blot(f"{reason}; asking again in {max(seconds, 0):.1f} s."))
        wait(seconds, self._should_stop)

    def _refused(self, tool: str, told: object) -> UserError:
        # Blotted before it is cut: half a key is a secret, too.
        words = " ".join(self._blot(str(told)).split())[:300]
        hint = f"Check the key in {KEY_VARIABLE} or the keyring." if "api key" in words.casefold() else KEPT
        return UserError(f"NCBI refuses {tool}: {words}.", hint, self._service)

    def _blot(self, text: str) -> str:
        """Without the key, as it is or as it travels."""
        for written in (self._key, quote_plus(self._key)) if self._key else ():
            text = text.replace(written, "***")
        return text


def _record(name: str, told: Mapping[str, Any]) -> GeneRecord:
    places = told.get("genomicinfo") or [{}]
    place = places[0] if isinstance(places[0], dict) else {}
    accession = str(place.get("chraccver") or "")
    # esummary counts from 0, efetch from 1; a gene on the other strand begins at its higher end.
    first, last = int(place.get("chrstart") or 0) + 1, int(place.get("chrstop") or 0) + 1
    return GeneRecord(
        id=name,
        name=str(told.get("name") or name),
        title=str(told.get("description") or ""),
        summary=str(told.get("summary") or ""),
        accession=accession,
        start=min(first, last),
        stop=max(first, last),
        strand="+" if first <= last else "-",
    )
