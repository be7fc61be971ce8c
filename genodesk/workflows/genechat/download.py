"""The action `download`: a language model or a DNA encoder from a Hugging Face hub, as a folder that can be used here.

It arrives in OUT.part beside OUT, at the commit that was found first, and gets its name as the last thing, once it is
whole and was looked at; a download that was stopped or killed goes on. Programs that lie beside a model are not
fetched, and pickled weights, where there are no others, are written anew as safetensors without running anything in
them.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genodesk.core.disk import sync_folder, write_json
from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.engine.nn.dnabert2_config import CONFIG, read_config
from genodesk.engine.weights import convert_weights
from genodesk.engine.weights_folder import (
    BESIDE,
    INDEX,
    NUMBERED,
    SAFE_INDEX,
    SAFE_WHOLE,
    WHOLE,
    safetensors_name,
    write_index,
)
from genodesk.workflows.genechat.download_place import SOURCE, alone, check_part, is_of, place_of, wanted
from genodesk.workflows.genechat.hub import Hub, HubFile, HubModel, is_whole, person_token
from genodesk.workflows.genechat.language import load_tokenizer, read_language, read_language_config
from genodesk.workflows.genechat.settings_actions import DownloadSettings

DNA_ENCODER, LANGUAGE_MODEL = "DNA encoder", "language model"

_LARGEST_BESIDE = 200_000_000  # bytes; settings and tokenizers are smaller
_BASES = re.compile("[ACGTUNRYSWKMBDHV]+")
_MB = 1e6


@dataclass(frozen=True)
class _Weights:
    """The files that together hold all weights."""

    files: list[HubFile]
    pickled: bool

    @property
    def size(self) -> int:
        """Bytes of all."""
        return sum(file.size for file in self.files)


def download(settings: DownloadSettings, run: Run) -> dict[str, Any]:
    """Writes the folder `out`. Returns what it is and of which commit. Raises UserError, Stopped, OSError."""
    out = settings.out
    if is_of(out, settings):  # an earlier attempt ended just after the last thing it had to do
        source = json.loads((out / SOURCE).read_text(encoding="utf-8"))
        return {
            "folder": str(out),
            **{name: source[name] for name in ("model", "commit", "kind", "converted", "bytes")},
        }
    if out.exists():
        raise UserError("Something has this name already.", "Name a new folder.", str(out))
    part = place_of(out)
    hub = Hub(settings.service, token=person_token(), should_stop=run.should_stop, warn=run.warning)
    check_part(settings)
    with alone(part):
        found = _arrive(hub, settings, part, run)
    part.rename(out)
    sync_folder(out.parent)
    run.log(f"Use it with {'--dna-encoder' if found['kind'] == DNA_ENCODER else '--language'} {out}")
    return {"folder": str(out), **found}


def _arrive(hub: Hub, settings: DownloadSettings, part: Path, run: Run) -> dict[str, Any]:
    """Makes the folder whole; one that turns out to be of no use is taken away. Returns what it is."""
    for left in part.glob(".*"):  # of a file that was being written when an attempt was killed
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    try:
        model = _asked(hub, settings, part)
        files = {file.name: file for file in model.files}
        beside = [file for file in model.files if BESIDE.fullmatch(file.name) or file.name in (SAFE_INDEX, INDEX)]
        _require_space(sum(file.size for file in beside), part)
        _refuse_large(beside, model)
        for file in beside:
            _fetch(hub, model, file, part, run)
        kind = _kind(part, model)
        weights = _weights(part, files, model, kind)
        _require_space(_still_needed(weights, part), part)
    except UserError:
        if not any(_holds_weights(path) for path in part.iterdir()):
            shutil.rmtree(part)  # nothing worth keeping
        raise
    token_said = "with your token" if hub.with_token else "without a token"
    run.log(f"{model.id}, a {kind}, at commit {model.commit[:12]}: {weights.size / _MB:,.1f} MB, {token_said}.")
    _bring(hub, model, weights, part, run)
    try:
        _look_at(part, kind)
    except UserError:
        shutil.rmtree(part)
        raise
    (part / INDEX).unlink(missing_ok=True)  # it tells of files that are not here
    found = {
        "model": model.id,
        "commit": model.commit,
        "kind": kind,
        "converted": weights.pickled,
        "bytes": weights.size,
    }
    fetched = [asdict(file) for file in (*beside, *weights.files)]
    write_json(part / SOURCE, {**wanted(settings), **found, "files": fetched})
    return found


def _asked(hub: Hub, settings: DownloadSettings, part: Path) -> HubModel:
    """What the hub has; asked once in the life of the part, so that all files are of one commit."""
    file = part / SOURCE
    if not file.exists():
        model = hub.model(settings.model, settings.revision)
        write_json(file, {**wanted(settings), "commit": model.commit, "files": [asdict(one) for one in model.files]})
    kept = json.loads(file.read_text(encoding="utf-8"))
    return HubModel(settings.model, kept["commit"], tuple(HubFile(**one) for one in kept["files"]))


def _refuse_large(beside: list[HubFile], model: HubModel) -> None:
    for file in beside:
        if file.size > _LARGEST_BESIDE:
            raise UserError(
                f"{file.name} of {model.id} has {file.size / _MB:,.0f} MB, far more than such a file needs.",
                "Choose another model.",
                "--model",
            )


def _fetch(
    hub: Hub, model: HubModel, file: HubFile, part: Path, run: Run, arrived: Callable[[int], object] = lambda _: None
) -> None:
    """Brings a file, unless an earlier attempt did and its checksum still holds."""
    place = part / file.name
    if place.is_file():
        if is_whole(place, file, run.should_stop):
            return
        run.warning(f"{file.name} is no longer as the hub describes it; it is fetched again.")
        place.unlink()
    hub.download(model, file, place, arrived)


def _kind(part: Path, model: HubModel) -> str:
    """What the model is, by its settings and its tokenizer. Raises UserError where it is nothing that can be used."""
    if not (part / CONFIG).is_file():
        raise UserError(f"{model.id} holds no {CONFIG}.", "Choose a model for transformers.", "--model")
    try:
        bert = json.loads((part / CONFIG).read_text(encoding="utf-8")).get("model_type", "bert") == "bert"
    except (OSError, ValueError, AttributeError, RecursionError):
        bert = False
    if not bert:
        read_language_config(part)
        load_tokenizer(part)
        return LANGUAGE_MODEL
    from genodesk.engine.nn.dnabert2_folder import read_tokenizer

    tokenizer = read_tokenizer(part, read_config(part))
    special = {token.content for token in tokenizer.get_added_tokens_decoder().values()}
    if not all(_BASES.fullmatch(token) for token in tokenizer.get_vocab().keys() - special):
        raise UserError(f"{model.id} reads words, not DNA, and writes none.", "Choose another model.", "--model")
    return DNA_ENCODER


def _weights(part: Path, files: dict[str, HubFile], model: HubModel, kind: str) -> _Weights:
    """The files of weights, as safetensors where the hub has them. Raises UserError."""
    for index, whole in ((SAFE_INDEX, SAFE_WHOLE), (INDEX, WHOLE)):
        if index not in files and whole not in files:
            continue
        names = _named(part / index) if index in files else {whole}
        strange = sorted(name for name in names if name not in files or not _is_name_of_weights(name, whole))
        if strange or not names:
            what = f"names {strange[0][:80]}, which is no file of weights there" if strange else "cannot be read"
            raise UserError(f"{index} of {model.id} {what}.", "Choose another model, or another --revision.", "--model")
        if kind == DNA_ENCODER and names != {whole}:
            raise UserError(
                f"{model.id} keeps its weights in several files; a DNA encoder is read from one.",
                "Choose another model.",
                "--model",
            )
        return _Weights([files[name] for name in sorted(names)], pickled=whole == WHOLE)
    raise UserError(
        f"{model.id} has no weights that can be used here.",
        f"Choose a model with {SAFE_WHOLE} or {WHOLE}; other forms, GGUF for example, are for other programs.",
        "--model",
    )


def _named(index: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _is_name_of_weights(name: str, whole: str) -> bool:
    return name == whole or (name.endswith(".safetensors") if whole == SAFE_WHOLE else bool(NUMBERED.fullmatch(name)))


def _holds_weights(path: Path) -> bool:
    return path.name.removesuffix(".part").endswith((".safetensors", ".bin"))


def _still_needed(weights: _Weights, part: Path) -> int:
    """Bytes that are still to be written; of pickled weights, each file stands beside its copy for a while."""
    if weights.pickled:
        left = [file for file in weights.files if not (part / safetensors_name(file.name)).is_file()]
        needed = sum(file.size for file in left) + max((file.size for file in left), default=0)
    else:
        left = weights.files
        needed = weights.size
    names = {name for file in left for name in (file.name, f"{file.name}.part")}
    return needed - sum(path.stat().st_size for path in part.iterdir() if path.name in names)


def _require_space(needed: int, part: Path) -> None:
    """Raises UserError where the disk cannot take what is still to come."""
    free = shutil.disk_usage(part).free
    if needed > free:
        raise UserError(
            f"The model needs {needed / 1e9:.1f} GB on this disk; {free / 1e9:.1f} are free.",
            "Free some space, or name a folder on another disk.",
            "--out",
        )


def _bring(hub: Hub, model: HubModel, weights: _Weights, part: Path, run: Run) -> None:
    """Brings the weights; of pickled ones each file is written anew, and taken away, before the next is brought."""
    total = round(weights.size / _MB, 1)
    before = 0
    for file in weights.files:
        here = part / file.name
        safe = part / safetensors_name(file.name) if weights.pickled else here
        if safe == here or not safe.is_file():

            def arrived(there: int, before: int = before, name: str = file.name) -> None:
                run.progress(round((before + there) / _MB, 1), total, unit="MB", text=name)

            _fetch(hub, model, file, part, run, arrived)
            if safe != here:
                convert_weights(here, safe, between=run.raise_if_stopped)
        if safe != here:
            here.unlink(missing_ok=True)
        before += file.size
        run.progress(round(before / _MB, 1), total, unit="MB", text=file.name)
    if weights.pickled and len(weights.files) > 1:
        write_index(part, [safetensors_name(file.name) for file in weights.files])


def _look_at(part: Path, kind: str) -> None:
    """Raises UserError where the weights are not what the settings promised."""
    if kind == LANGUAGE_MODEL:
        read_language(part)
        return
    from genodesk.engine.nn.dnabert2_folder import load_dnabert2

    load_dnabert2(part)
