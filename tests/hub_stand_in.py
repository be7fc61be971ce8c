"""A server on this computer that answers as a Hugging Face hub does: a model's files at a commit, parts of files, and a
store elsewhere that it sends requests on to. It breaks off, changes bytes or refuses where a test wants it to."""

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COMMIT = "c" * 40
_SENT_ON = "/api/resolve-cache/models/"


@dataclass
class HubStandIn:
    """`models` are folders by name; `gated` ones want the token. `fails` says what goes wrong, in order.

    A failure is (file, kind): "404", "416", "429", "500", "cut" (half of what is left), "wrong" (other bytes), "whole"
    (no parts), "half" (the first half, whatever was asked for).
    """

    models: dict[str, Path] = field(default_factory=dict)
    gated: dict[str, str] = field(default_factory=dict)
    large: tuple[str, ...] = (".safetensors", ".bin", ".model")  # kept in the store, with a sha256
    fails: list[tuple[str, str]] = field(default_factory=list)
    slow_s: float = 0.0  # between pieces of a file in the store
    asked: list[str] = field(default_factory=list)  # addresses of the hub
    parts: list[tuple[str, str]] = field(default_factory=list)  # (file, Range) of the store
    heard: list[dict[str, str]] = field(default_factory=list)  # headers of requests to the hub
    heard_by_store: list[dict[str, str]] = field(default_factory=list)
    commit: str = COMMIT
    address: str = ""

    def about(self, folder: Path) -> dict[str, Any]:
        """What the hub says of a model."""
        files = []
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                one: dict[str, Any] = {
                    "rfilename": path.relative_to(folder).as_posix(),
                    "size": len(content),
                    "blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(),
                }
                if path.suffix in self.large:
                    one["blobId"] = hashlib.sha1(b"a pointer").hexdigest()
                    one["lfs"] = {
                        "sha256": hashlib.sha256(content).hexdigest(),
                        "size": len(content),
                        "pointerSize": 134,
                    }
                files.append(one)
        return {"id": "x", "sha": self.commit, "siblings": files}


@contextmanager
def hub_stand_in(made: HubStandIn) -> Iterator[HubStandIn]:
    """Hub and store while the block runs; the hub's address is put into `made.address`."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self.server is store:
                made.heard_by_store.append(headers)
                name, _, file = path[1:].rpartition("/")
                self._part(made.models[name] / file, headers.get("range", ""))
                return
            made.heard.append(headers)
            made.asked.append(path)
            sent_on = path.startswith(_SENT_ON)  # to another place of the hub, as small files are
            if sent_on:
                name, revision, file = path.removeprefix(_SENT_ON).rsplit("/", 2)
            elif path.startswith("/api/models/"):
                name, _, revision = path.removeprefix("/api/models/").partition("/revision/")
            else:
                name, _, rest = path[1:].partition("/resolve/")
                revision, _, file = rest.partition("/")
            if name not in made.models:
                self._send(401, b"Invalid username or password.", {"X-Error-Code": "RepoNotFound"})
            elif (
                name in made.gated
                and not path.startswith("/api/")  # a gated model is described to all, its files are not given
                and headers.get("authorization") != f"Bearer {made.gated[name]}"
            ):
                self._send(401, b"Access to model is restricted.", {"X-Error-Code": "GatedRepo"})
            elif revision not in ("main", made.commit):
                self._send(404, b"Invalid rev id", {"X-Error-Code": "RevisionNotFound"})
            elif sent_on:
                self._part(made.models[name] / file, headers.get("range", ""))
            elif path.startswith("/api/"):
                self._send(200, json.dumps(made.about(made.models[name])).encode())
            elif Path(file).suffix in made.large:
                self._send(302, b"", {"Location": f"http://127.0.0.1:{store.server_port}/{name}/{file}"})
            else:
                self._send(307, b"", {"Location": f"{_SENT_ON}{name}/{revision}/{file}"})

        def _part(self, file: Path, wanted: str) -> None:
            content = file.read_bytes()
            with lock:
                made.parts.append((file.name, wanted))
                kind = next((kind for name, kind in made.fails if name == file.name), "")
                if kind:
                    made.fails.remove((file.name, kind))
            if kind.isdigit():
                self._send(int(kind), b"", {"Retry-After": "0.1"} if kind == "429" else {})
                return
            first = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and kind not in ("whole", "half") else 0
            left = content[first:] if kind != "wrong" else bytes(len(content) - first)
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", str(len(left)))
            if first:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.end_headers()
            sent = left[: len(left) // 2] if kind in ("cut", "half") else left
            for first in range(0, len(sent), 4096):
                self.wfile.write(sent[first : first + 4096])
                self.wfile.flush()
                time.sleep(made.slow_s)
            self.close_connection = True

        def _send(self, code: int, content: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Silence."""

        def handle(self) -> None:
            with suppress(ConnectionError):  # who asked was stopped or killed
                super().handle()

    hub = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threads = [threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02}) for one in (hub, store)]
    for thread in threads:
        thread.start()
    made.address = f"http://127.0.0.1:{hub.server_port}"
    try:
        yield made
    finally:
        for one, thread in zip((hub, store), threads, strict=True):
            one.shutdown()
            one.server_close()
            thread.join()
