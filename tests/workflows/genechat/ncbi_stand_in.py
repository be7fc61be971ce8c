"""A server on this computer that answers as NCBI's E-utilities do: it counts requests, and refuses those that come too
fast, breaks off or fails where a test wants it to."""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from genodesk.engine.data.sequence_codes import reverse_complement

KEYED_PER_SECOND, PLAIN_PER_SECOND = 10, 3


@dataclass
class StandIn:
    """`chromosomes` by accession; `genes` by id as esummary tells them; `fails` says what goes wrong, in order.

    A failure is (tool, kind): "429", "500", "cut" (the connection breaks), "short" (fewer bases), "torn" (half of it).
    """

    chromosomes: dict[str, str] = field(default_factory=dict)
    genes: dict[str, dict[str, Any]] = field(default_factory=dict)
    fails: list[tuple[str, str]] = field(default_factory=list)
    wrong_key: str = "wrong"
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)  # of the server's own log: address and headers, never the body
    times: deque[float] = field(default_factory=deque)
    too_fast: int = 0
    address: str = ""

    def asked(self, tool: str) -> list[dict[str, str]]:
        """The fields of all requests to a tool."""
        return [fields for name, fields in self.requests if name == tool]

    def add(self, name: str, symbol: str, start: int, stop: int, **told: Any) -> None:
        """A gene between two places counted from 0; start > stop is the other strand."""
        place = {"chrloc": "I", "chraccver": "NC_1.1", "chrstart": start, "chrstop": stop, "exoncount": 1}
        self.genes[name] = {
            "uid": name, "name": symbol, "description": "", "summary": "", "genomicinfo": [place], **told,
        }  # fmt: skip

    def answer(self, tool: str, fields: dict[str, str]) -> str:
        """What NCBI would say."""
        if tool == "esearch":
            return json.dumps({"esearchresult": self._search(fields)})
        if tool == "esummary":
            ids = fields["id"].split(",")
            told = {name: self.genes.get(name, {"uid": name, "error": "cannot get document summary"}) for name in ids}
            return json.dumps({"header": {}, "result": {"uids": ids, **told}})
        start, stop = int(fields["seq_start"]), int(fields["seq_stop"])
        bases = self.chromosomes[fields["id"]][start - 1 : stop]
        if fields["strand"] == "2":
            bases = reverse_complement(bases)
        lines = [bases[place : place + 70] for place in range(0, len(bases), 70)]
        return "\n".join([f">{fields['id']}:{start}-{stop} a chromosome", *lines, "", ""])

    def _search(self, fields: dict[str, str]) -> dict[str, Any]:
        if "Nonexistens" in fields["term"]:
            return {"count": "0", "idlist": [], "errorlist": {"phrasesnotfound": ['"Nonexistens"[Organism]']}}
        first, most = int(fields["retstart"]), int(fields["retmax"])
        return {"count": str(len(self.genes)), "idlist": list(self.genes)[first : first + most]}


@contextmanager
def stand_in(made: StandIn) -> Iterator[StandIn]:
    """The server while the block runs; its address is put into `made.address`."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
            tool = urlsplit(self.path).path.rsplit("/", 1)[1].removesuffix(".fcgi")
            with lock:
                made.requests.append((tool, fields))
                made.lines.append(f"{self.path} {dict(self.headers)}")
                fail = next((kind for name, kind in made.fails if name == tool), "")
                if fail:
                    made.fails.remove((tool, fail))
                now = time.monotonic()
                while made.times and now - made.times[0] > 1:
                    made.times.popleft()
                made.times.append(now)
                if len(made.times) > (KEYED_PER_SECOND if "api_key" in fields else PLAIN_PER_SECOND):
                    made.too_fast += 1
                    fail = "429"
            self._reply(tool, fields, fail)

        def _reply(self, tool: str, fields: dict[str, str], fail: str) -> None:
            if fail == "429":
                self._send(429, '{"error":"API rate limit exceeded","count":"4"}', {"Retry-After": "0.2"})
            elif fail == "500":
                self._send(502, "<html>Bad Gateway</html>")
            elif fields.get("api_key") == made.wrong_key:
                self._send(400, json.dumps({"error": "API key invalid", "api-key": fields["api_key"]}))
            else:
                text = made.answer(tool, fields)
                if fail == "short":
                    text = text[: len(text) - 20] + "\n"
                if fail == "torn":
                    text = text[: len(text) // 2]
                self._send(200, text, cut=fail == "cut")

        def _send(self, code: int, text: str, headers: dict[str, str] | None = None, *, cut: bool = False) -> None:
            content = text.encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.address = f"http://127.0.0.1:{server.server_port}/entrez/eutils"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
