"""A Hugging Face hub as far as getting a model needs it: which files a commit has, and each of them, checked.

What the hub says, refuses and asks for is left to its own library. The bytes are not: that library (2.4) begins a file
anew in another process and compares no checksums, and a file of weights may be 10 GB.
"""

import hashlib
import http
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import HfApi, get_token
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

from genodesk.core.disk import sync_folder
from genodesk.core.errors import Stopped, UserError
from genodesk.workflows.genechat.servers import ATTEMPTS, KEPT, LOCAL, LONGEST_WAIT_S, kept_secret, retry_after, wait
from genodesk.workflows.genechat.settings_actions import HUB

TOKEN_NAME = "huggingface"  # in the keyring

_COMMIT = re.compile(r"[0-9a-f]{40}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*", re.ASCII)  # of a file directly in the folder, hidden by no system
_FIRST = re.compile(r"bytes (\d+)-")
_TIMEOUT_S = 20.0  # without a byte

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class HubFile:
    """A file of a model, `size` in bytes. `sha256` is of its content, else `blob` is git's hash of it."""

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
    """A patient client. `should_stop` is asked while bytes arrive and while it waits, `warn` hears why it waits.

    A token is sent to huggingface.co and to a hub on this computer, and to nobody that they send a request on to.
    """

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
        self._local = urlsplit(service).hostname in LOCAL
        self._token = token if self._service == HUB or self._local else ""
        self._withheld = bool(token) and not self._token
        self._should_stop, self._warn = should_stop, warn
        self._first_wait_s = first_wait_s
        self._farthest = 0  # bytes of a file that were there at any time
        self._came = False  # whether a request brought more than that

    @property
    def with_token(self) -> bool:
        """Whether requests bear the person's token."""
        return bool(self._token)

    def model(self, id: str, revision: str) -> HubModel:
        """What a model holds at a branch, tag or commit. Raises UserError, Stopped."""
        api = HfApi(endpoint=self._service, token=self._token or False)
        try:
            told = self._patiently(
                lambda: api.model_info(id, revision=revision, files_metadata=True, timeout=_TIMEOUT_S), id, revision
            )
            files = []
            for one in told.siblings or ():
                if _PLAIN_NAME.fullmatch(one.rfilename):
                    size, sha256 = (one.lfs.size, one.lfs.sha256) if one.lfs else (one.size, "")
                    files.append(HubFile(one.rfilename, _size(size), str(sha256), str(one.blob_id or "")))
            commit = str(told.sha)
        except HFValidationError:
            raise UserError(
                f"{id} is no name of a model.", "Write USER/NAME as on the model's page.", "--model"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise self._strange(id) from None
        if not _COMMIT.fullmatch(commit) or not all(file.sha256 or file.blob for file in files):
            raise self._strange(id)
        return HubModel(id, commit, tuple(files))

    def download(self, model: HubModel, file: HubFile, place: Path, arrived: Callable[[int], object]) -> None:
        """Writes a file of the model, whole and with the hub's own checksum, or leaves what came for the next time.

        `arrived` is told how many of its bytes are there. Raises UserError, Stopped.
        """
        part = place.with_name(f"{place.name}.part")
        address = f"{self._service}/{model.id}/resolve/{model.commit}/{quote(file.name)}"
        for again in (True, False):  # what came whole and wrong is thrown away once
            self._farthest = 0
            self._patiently(lambda: self._append(address, part, file, arrived), model.id, model.commit)
            if is_whole(part, file, self._should_stop):
                with _writing(place):
                    part.replace(place)
                    sync_folder(place.parent)
                return
            part.unlink()
            if again:
                self._warn(f"{file.name} did not arrive as the hub describes it; it is fetched again.")
        raise UserError(
            f"{file.name} arrives otherwise than the hub describes it.", "Try again later, or another hub.", model.id
        )

    def _append(self, address: str, part: Path, file: HubFile, arrived: Callable[[int], object]) -> None:
        """Brings the part of a file to its size, and to the disk; whatever comes is kept."""
        with _writing(part):
            out = part.open("ab", buffering=0)
        with out:
            there = out.tell() if out.tell() <= file.size else 0
            if there < file.size:
                self._receive(address, out, there, part, file, arrived)
            with _writing(part):
                os.fsync(out.fileno())

    def _receive(
        self, address: str, out: BinaryIO, there: int, part: Path, file: HubFile, arrived: Callable[[int], object]
    ) -> None:
        headers = build_hf_headers(token=self._token or False, library_name="genodesk")
        headers |= {"Accept-Encoding": "identity"} | ({"Range": f"bytes={there}-"} if there else {})
        with get_session().stream("GET", address, headers=headers, timeout=_TIMEOUT_S) as answer:
            if not self._local and any(one.url.scheme != "https" for one in (*answer.history, answer)):
                raise UserError("The hub sends on to an address without https.", "Check --service.", self._service)
            unsatisfied = answer.status_code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            if not unsatisfied:
                hf_raise_for_status(answer)
            goes_on = answer.status_code == http.HTTPStatus.PARTIAL_CONTENT
            first = _FIRST.match(answer.headers.get("Content-Range", ""))
            with _writing(part):
                there = there if goes_on else 0
                out.truncate(there)
            if unsatisfied or (goes_on and (first is None or int(first[1]) != there)):
                out.truncate(0)
                raise httpx2.RemoteProtocolError("other bytes came than were asked for")
            for piece in answer.iter_raw():
                if self._should_stop():
                    raise Stopped
                left = memoryview(piece)[: file.size - there]
                there += len(left)
                with _writing(part):
                    while left:
                        left = left[out.write(left) :]
                if there > self._farthest:
                    self._farthest, self._came = there, True
                arrived(there)
                if there == file.size:
                    return
        raise httpx2.RemoteProtocolError("the file broke off")

    def _patiently(self, ask: Callable[[], _Answer], id: str, revision: str) -> _Answer:
        """The answer, asked for again as long as it may still come; bytes that were never there renew the patience."""
        reason, attempt = "", 0
        while attempt < ATTEMPTS:
            self._came = False
            pause = 0.0
            if self._should_stop():
                raise Stopped
            try:
                return ask()
            except OfflineModeIsEnabled:
                raise UserError("HF_HUB_OFFLINE keeps this computer from asking a hub.", "Unset it.") from None
            except HfHubHTTPError as error:
                code = error.response.status_code
                if code not in (408, 429) and code < 500:
                    raise self._refused(error, id, revision) from None
                reason = "The hub asks to slow down" if code == 429 else f"The hub answers with error {code}"
                pause = retry_after(error.response.headers.get("Retry-After", ""))
            except httpx2.ConnectError:
                reason = "The hub cannot be reached; check that this computer is on the internet"
            except httpx2.HTTPError as error:
                reason = f"The hub broke off ({str(error)[:100] or type(error).__name__})"
            except (httpx2.InvalidURL, UnicodeError):
                raise UserError(
                    "The hub names an address that cannot be read.", "Check --service.", self._service
                ) from None
            attempt = 1 if self._came else attempt + 1
            pause = min(max(pause, self._first_wait_s * 2 ** (attempt - 1)), LONGEST_WAIT_S)
            self._warn(f"{reason}; asking again in {pause:.1f} s.")
            wait(pause, self._should_stop)
        raise UserError(f"{reason}.", f"Try again later. {KEPT}", self._service)

    def _refused(self, error: HfHubHTTPError, id: str, revision: str) -> UserError:
        if isinstance(error, GatedRepoError):
            return UserError(
                f"{id} is given only to those who accepted its terms.",
                f"Accept them at {self._service}/{id}. {self._token_hint()}",
                "--model",
            )
        if isinstance(error, RevisionNotFoundError):
            return UserError(f"{id} has no revision {revision}.", "Leave --revision away for the newest.", "--revision")
        if isinstance(error, RepositoryNotFoundError):
            hint = f"Check the name. If the model is private: {self._token_hint()}"
            return UserError(f"The hub has no model {id}, or not for you.", hint, "--model")
        if isinstance(error, EntryNotFoundError):
            return UserError(f"A file of {id} is no longer there.", "Start again with another folder.", id)
        code = error.response.status_code
        return UserError(f"The hub refuses with error {code}.", f"Try again later. {KEPT}", self._service)

    def _token_hint(self) -> str:
        if self._withheld:
            return f"Your token goes to {HUB} alone: leave --service away."
        if self._token:
            return "The account that your token belongs to must be allowed to read it."
        return "Then set HF_TOKEN to a token of that account, or sign in with `hf auth login`."

    def _strange(self, id: str) -> UserError:
        return UserError(
            f"What {self._service} says of {id} is not what a Hugging Face hub says.",
            "Check --service, and whether this network asks you to sign in first.",
            "--service",
        )


def person_token() -> str:
    """The person's token of HF_TOKEN, of `hf auth login` or of the system's keyring, "" where there is none.

    Raises UserError, without a word of the token, for one that no request can bear.
    """
    token = get_token() or kept_secret(TOKEN_NAME)
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UserError("The token for Hugging Face is not one word of plain letters.", "Copy it again.", "HF_TOKEN")
    return token


def is_whole(path: Path, file: HubFile, should_stop: Callable[[], bool]) -> bool:
    """Whether the content has the hub's size and checksum. Raises Stopped."""
    if path.stat().st_size != file.size:
        return False
    wanted = file.sha256 or file.blob
    sums = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    with path.open("rb") as content:
        while piece := content.read(1 << 22):
            if should_stop():
                raise Stopped
            sums.update(piece)
    return sums.hexdigest() == wanted


def _size(told: object) -> int:
    """Raises ValueError for what is no number of bytes."""
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise ValueError(told)
    return told


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """The disk's own trouble, told apart from the network's. Raises UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"{path.name} cannot be written ({error.strerror}).", f"Free some space on this disk. {KEPT}", str(path)
        ) from error
