"""A Hugging Face hub as far as getting a model needs it: which files a commit has, and each of them, checked.

A file that broke off goes on where it was, also in another process, which the hub's own library does not offer: a file
of weights may be 10 GB. The person's token goes to the hub alone, never to the store that it sends the request on to.
"""

import hashlib
import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar
from urllib.parse import quote, urlsplit

from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.genechat.servers import ATTEMPTS, KEPT, LOCAL, LONGEST_WAIT_S, retry_after, wait, why
from genodesk.workflows.genechat.settings_actions import HUB

TOKEN_VARIABLE, TOKEN_NAME = "HF_TOKEN", "huggingface"  # in the environment, in the keyring
MODEL_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*", re.ASCII)  # of a file directly in the folder, hidden by no system
_TIMEOUT_S = 20.0  # without a byte; a wish to stop is heard no later
_PIECE = 1 << 18
_MOST_TOLD = 50_000_000  # bytes of the hub's answer about a model

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class HubFile:
    """A file of a model. `sha256` is of its content, `blob` is git's hash; either is "" where the hub does not tell."""

    name: str
    size: int
    sha256: str
    blob: str


@dataclass(frozen=True)
class HubModel:
    """The files that lie directly in a model's folder at one commit."""

    id: str
    commit: str
    files: tuple[HubFile, ...]


class Hub:
    """A patient client. `should_stop` is asked while bytes arrive and while it waits, `warn` hears why it waits."""

    def __init__(
        self,
        service: str,
        *,
        token: str = "",
        should_stop: Callable[[], bool] = lambda: False,
        warn: Callable[[str], object] = lambda _: None,
        first_wait_s: float = 1.0,
    ) -> None:
        self._service = service.rstrip("/")
        local = urlsplit(service).hostname in LOCAL
        self._token = token if self._service == HUB or local else ""  # a copy of the hub has no business with it
        self._should_stop, self._warn = should_stop, warn
        self._first_wait_s = first_wait_s
        self._came = False  # whether bytes of a file have come since it was asked for last

    @property
    def with_token(self) -> bool:
        """Whether requests bear the person's token."""
        return bool(self._token)

    def model(self, id: str, revision: str) -> HubModel:
        """What a model holds at a branch, tag or commit. Raises UserError, Stopped."""
        address = f"{self._service}/api/models/{id}/revision/{quote(revision, safe='')}?blobs=true"
        content = self._patiently(lambda: self._told(address), id, revision)
        try:
            document = json.loads(content)
            commit = str(document["sha"])
            files = tuple(_file(told) for told in document["siblings"] if _PLAIN_NAME.fullmatch(told["rfilename"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._strange(id) from None
        if not _COMMIT.fullmatch(commit):
            raise self._strange(id)
        return HubModel(id, commit, files)

    def download(self, model: HubModel, file: HubFile, place: Path, arrived: Callable[[int], object]) -> None:
        """Writes a file of the model, whole and with the hub's own checksum, or leaves what came for the next time.

        `arrived` is told how many of its bytes are there. Raises UserError, Stopped, OSError.
        """
        part = place.with_name(f"{place.name}.part")
        address = f"{self._service}/{model.id}/resolve/{model.commit}/{quote(file.name)}"
        for again in (True, False):  # what came whole and wrong is thrown away once
            self._patiently(lambda: self._append(address, part, file, arrived), model.id, model.commit)
            if _is_whole(part, file, self._should_stop):
                part.replace(place)
                return
            part.unlink()
            if again:
                self._warn(f"{file.name} did not arrive as the hub describes it; it is fetched again.")
        raise UserError(
            f"{file.name} arrives otherwise than the hub describes it.", "Try again later, or another hub.", model.id
        )

    def _told(self, address: str) -> bytes:
        with self._open(address) as answer:
            return answer.read(_MOST_TOLD)

    def _append(self, address: str, part: Path, file: HubFile, arrived: Callable[[int], object]) -> None:
        """Brings the part of a file to its size; whatever comes is kept. Raises OSError or what http.client raises."""
        with _on_disk():
            out = part.open("ab")
        with out:
            there = out.tell() if out.tell() <= file.size else 0
            if there == file.size:
                return
            with self._open(address, there) as answer:
                there = there if answer.status == http.client.PARTIAL_CONTENT else 0
                out.truncate(there)
                while there < file.size:
                    if self._should_stop():
                        raise Stopped
                    piece = answer.read1(min(_PIECE, file.size - there))
                    if not piece:
                        raise http.client.IncompleteRead(b"", file.size - there)
                    with _on_disk():
                        out.write(piece)
                        out.flush()
                    there += len(piece)
                    self._came = True
                    arrived(there)

    def _open(self, address: str, first: int = 0) -> http.client.HTTPResponse:
        request = urllib.request.Request(address, headers={"Accept-Encoding": "identity", "User-Agent": "genodesk"})
        if first:
            request.add_header("Range", f"bytes={first}-")
        if self._token:
            request.add_unredirected_header("Authorization", f"Bearer {self._token}")
        answer: http.client.HTTPResponse = urllib.request.build_opener(_Redirects).open(request, timeout=_TIMEOUT_S)
        return answer

    def _patiently(self, ask: Callable[[], _Answer], id: str, revision: str) -> _Answer:
        """The answer, asked for again as long as it may still come; bytes that arrive renew the patience."""
        reason, attempt = "", 0
        while attempt < ATTEMPTS:
            self._came = False
            pause = 0.0
            try:
                return ask()
            except urllib.error.HTTPError as error:
                error.close()
                if error.code != 429 and error.code < 500:
                    raise self._refused(error, id, revision) from None
                slow = error.code == 429
                reason = "The hub asks to slow down" if slow else f"The hub answers with error {error.code}"
                pause = retry_after(error.headers.get("Retry-After", ""))
            except _DiskError as error:
                raise error.cause from None
            except (OSError, http.client.HTTPException) as error:
                reason = f"The hub cannot be reached, or broke off ({why(error)})"
            attempt = 1 if self._came else attempt + 1
            pause = min(max(pause, self._first_wait_s * 2 ** (attempt - 1)), LONGEST_WAIT_S)
            self._warn(f"{reason}; asking again in {pause:.1f} s.")
            wait(pause, self._should_stop)
        raise UserError(f"{reason}.", f"Try again later. {KEPT}", self._service)

    def _refused(self, error: urllib.error.HTTPError, id: str, revision: str) -> UserError:
        said = error.headers.get("X-Error-Code", "")
        keep = f"keep your token with `python -m keyring set genodesk {TOKEN_NAME}` or in {TOKEN_VARIABLE}"
        if said == "GatedRepo":
            return UserError(
                f"{id} is given only to those who accepted its terms.",
                f"Accept them at {self._service}/{id}, then {keep}.",
                "--model",
            )
        if said == "RevisionNotFound":
            return UserError(f"{id} has no revision {revision}.", "Leave --revision away for the newest.", "--revision")
        if said == "EntryNotFound":
            return UserError(f"A file of {id} is no longer there.", "Start again with another folder.", id)
        if error.code in (401, 403, 404):
            return UserError(
                f"The hub has no model {id}, or not for you.",
                f"Check the name; for a private model {keep}.",
                "--model",
            )
        return UserError(f"The hub refuses with error {error.code}.", f"Try again later. {KEPT}", self._service)

    def _strange(self, id: str) -> UserError:
        return UserError(
            f"What {self._service} says of {id} is not what a Hugging Face hub says.",
            "Check --service, and whether this network asks you to sign in first.",
            "--service",
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """The token stays with requests that the hub sends on to itself, and with no others."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        again = super().redirect_request(req, fp, code, msg, headers, newurl)
        token = req.unredirected_hdrs.get("Authorization")
        if again is not None and token and urlsplit(newurl)[:2] == urlsplit(req.full_url)[:2]:
            again.add_unredirected_header("Authorization", token)
        return again


class _DiskError(Exception):
    """The disk's own trouble, told apart from the network's."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _DiskError(error) from error


def _file(told: dict[str, Any]) -> HubFile:
    large = told.get("lfs") or {}
    size = int(large["size"] if large else told["size"])
    return HubFile(told["rfilename"], size, str(large.get("sha256") or ""), str(told.get("blobId") or ""))


def _is_whole(part: Path, file: HubFile, should_stop: Callable[[], bool]) -> bool:
    """Whether the content has the hub's checksum. Raises Stopped."""
    if file.sha256:
        wanted, sums = file.sha256, hashlib.sha256()
    elif file.blob:
        wanted, sums = file.blob, hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    else:
        return True
    with part.open("rb") as content:
        while piece := content.read(1 << 22):
            if should_stop():
                raise Stopped
            sums.update(piece)
    return sums.hexdigest() == wanted


def throttled(tell: Callable[[float], object], apart_s: float = 0.3) -> Callable[[float], object]:
    """Tells numbers on, but not more often than that."""
    last = 0.0

    def told(value: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= apart_s:
            last = now
            tell(value)

    return told
