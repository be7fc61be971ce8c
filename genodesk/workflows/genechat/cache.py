"""Window embeddings that were computed once, on the disk or in memory: a second question costs no encoding.

A file is named after what it depends on and carries its own checksum; one that is damaged is encoded again.
"""

import hashlib
import io
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from genodesk.core.disk import write_atomically
from genodesk.engine.caches import cache_folder
from genodesk.workflows.genechat.encoder import DnaEncoder
from genodesk.workflows.genechat.windows import prepared

FOLDER, SUFFIX = "genechat-windows", ".windows"
MOST_BYTES = 2 << 30
# Genes are encoded and kept in groups of about so many windows: enough to fill batches, little to lose when stopped.
_GROUP = 256
_CHECKSUM = 32
_LEFT = 0.9  # of the bound, after the least recently used files went: the folder is not looked through at every gene


def kept_embeddings() -> "EmbeddingCache":
    """The embeddings kept on this computer, which training, questions and every other action share."""
    return EmbeddingCache(cache_folder(FOLDER))


def sequence_sha256(sequence: str) -> str:
    """sha256 of a sequence as the encoder reads it: in upper case, letters that are no bases as N."""
    return hashlib.sha256(prepared(sequence).sequence.encode()).hexdigest()


class EmbeddingCache:
    """Embeddings of sequences in a folder, or in memory where there is none; the least recently used go first.

    `problem` says in a sentence why nothing more is kept, "" while all is well.
    """

    def __init__(self, folder: Path | None = None, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.problem = ""
        self._most_bytes = most_bytes
        self._in_memory: OrderedDict[str, Tensor] = OrderedDict()
        self._bytes: int | None = 0 if folder is None else None  # what is kept; of a folder, counted when first needed

    def get_or_encode(
        self,
        encoder: DnaEncoder,
        sequences: Sequence[str],
        *,
        should_stop: Callable[[], bool] | None = None,
        progress: Callable[[int, int], object] = lambda _done, _total: None,
        batch_size: int | None = None,
    ) -> tuple[list[Tensor], int]:
        """float32 [windows, width] for each sequence, in order, and how many windows had to be computed.

        `progress` hears of the windows to be computed, done and total. Raises what `DnaEncoder.encode` raises; what
        was finished before a stop stays.
        """
        keys = [f"{sequence_sha256(sequence)}-{encoder.fingerprint[:32]}" for sequence in sequences]
        wanted = dict(zip(keys, sequences, strict=True))
        counts = {key: encoder.count_windows(sequence) for key, sequence in wanted.items()}
        found: dict[str, Tensor] = {}
        for key in wanted:
            known = self._read(key, (counts[key], encoder.width))
            if known is not None:
                found[key] = known
        missing = [key for key in wanted if key not in found]
        total = sum(counts[key] for key in missing)
        done = 0
        for group in _groups(missing, counts):

            def told(now: int, _: int, before: int = done) -> None:
                progress(before + now, total)

            encoded = encoder.encode(
                [wanted[key] for key in group],
                should_stop=should_stop,
                progress=told,
                batch_size=batch_size,
            )
            for key, embedding in zip(group, encoded, strict=True):
                found[key] = self._write(key, embedding)
                done += len(embedding)
        return [found[key] for key in keys], done

    def _read(self, key: str, shape: tuple[int, int]) -> Tensor | None:
        if self.folder is None:
            if key in self._in_memory:
                self._in_memory.move_to_end(key)
            return self._in_memory.get(key)
        path = self.folder / f"{key}{SUFFIX}"
        try:
            content = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):  # another person's cache can be read and not touched
            path.touch()  # the time of its last use
        body = content[_CHECKSUM:]
        if hashlib.sha256(body).digest() != content[:_CHECKSUM]:
            return None
        array = np.load(io.BytesIO(body), allow_pickle=False)
        return torch.from_numpy(array) if array.shape == shape else None

    def _write(self, key: str, embedding: Tensor) -> Tensor:
        """Keeps an embedding; returns it, in memory the very one that is kept, so that there is but one."""
        if self.folder is None:
            return self._remember(key, embedding.clone())
        if self.problem:
            return embedding
        body = io.BytesIO()
        np.save(body, embedding.numpy(), allow_pickle=False)
        content = hashlib.sha256(body.getvalue()).digest() + body.getvalue()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self.folder / f"{key}{SUFFIX}", content)
            self._bytes = self._prune() if self._bytes is None else self._bytes + len(content)
            if self._bytes > self._most_bytes:
                self._bytes = self._prune()
        except OSError as error:
            self.problem = f"Embeddings of genes cannot be kept in {self.folder} ({error.strerror})."
        return embedding

    def _remember(self, key: str, embedding: Tensor) -> Tensor:
        assert self._bytes is not None
        self._in_memory[key] = embedding
        self._bytes += _size(embedding)
        while self._bytes > self._most_bytes:
            self._bytes -= _size(self._in_memory.popitem(last=False)[1])
        return embedding

    def _prune(self) -> int:
        """Removes the least recently used files where the bound is passed; returns the bytes that are left."""
        assert self.folder is not None
        kept: list[tuple[int, int, Path]] = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            with suppress(FileNotFoundError):  # removed by another process just now
                found = path.stat()
                kept.append((found.st_mtime_ns, found.st_size, path))
        left = sum(size for _, size, _ in kept)
        if left <= self._most_bytes:
            return left
        for _, size, path in sorted(kept):
            if left <= _LEFT * self._most_bytes:
                break
            path.unlink(missing_ok=True)
            left -= size
        return left


def _groups(keys: Sequence[str], counts: dict[str, int]) -> Iterator[list[str]]:
    group: list[str] = []
    held = 0
    for key in keys:
        group.append(key)
        held += counts[key]
        if held >= _GROUP:
            yield group
            group, held = [], 0
    if group:
        yield group


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()
