"""The action `download`: a language model or a DNA encoder from a Hugging Face hub, as a folder that can be used here.

It arrives in OUT.part beside OUT, at the commit that was found first, and gets its name once it is whole; a download
that was stopped or killed goes on. Programs that lie beside a model are not fetched, and pickled weights, where there
are no others, are written anew as safetensors without running anything in them.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genodesk.core.disk import write_json
from genodesk.core.errors import UserError
from genodesk.engine.live_run import Run
from genodesk.engine.nn.dnabert2_config import CONFIG, find_tokenizer, read_config
from genodesk.engine.weights_folder import INDEX, WHOLE, convert_folder
from genodesk.workflows.genechat.download_place import SOURCE, check_part, place_of, wanted
from genodesk.workflows.genechat.hub import TOKEN_NAME, TOKEN_VARIABLE, Hub, HubFile, HubModel, throttled
from genodesk.workflows.genechat.language import read_language, read_language_config
from genodesk.workflows.genechat.servers import secret
from genodesk.workflows.genechat.settings_actions import DownloadSettings

DNA_ENCODER, LANGUAGE_MODEL = "DNA encoder", "language model"

_BESIDE = re.compile(  # settings, tokenizer, licence and card
    r"((config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|chat_template"
    r"|(model\.safetensors|pytorch_model\.bin)\.index)\.json"
    r"|(merges|vocab)\.txt|(tokenizer|spiece)\.model|chat_template\.jinja|LICENSE(\.\w+)?|README\.md)"
)
_SAFE = ("model.safetensors.index.json", "model.safetensors")
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
    token = secret(TOKEN_VARIABLE, TOKEN_NAME)
    hub = Hub(settings.service, token=token, should_stop=run.should_stop, warn=run.warning)
    part = place_of(settings.out)
    part.mkdir(exist_ok=True)
    model = _asked(hub, settings, part)
    files = {file.name: file for file in model.files}
    _fetch(hub, model, [file for name, file in files.items() if _BESIDE.fullmatch(name)], part, lambda _: None)
    try:
        kind = _kind(part, model)
        weights = _weights(part, files, model)
        _require_space(weights, part)
    except UserError:
        if not any(path.name.removesuffix(".part").endswith((".safetensors", ".bin")) for path in part.iterdir()):
            shutil.rmtree(part)  # nothing worth keeping
        raise
    total = round(weights.size / _MB, 1)
    token_said = "with your token" if hub.with_token else "without a token"
    run.log(f"{model.id}, a {kind}, at commit {model.commit[:12]}: {total:,} MB of weights, {token_said}.")
    tell = throttled(lambda there: run.progress(round(there / _MB, 1), total, unit="MB"))
    _fetch(hub, model, weights.files, part, tell)
    run.progress(total, total, unit="MB")
    _finish(part, settings.out, pickled=weights.pickled)
    _look_at(settings.out, kind)
    run.log(f"Use it with {'--dna-encoder' if kind == DNA_ENCODER else '--language'} {settings.out}")
    return {
        "folder": str(settings.out),
        "model": model.id,
        "commit": model.commit,
        "kind": kind,
        "converted": weights.pickled,
        "bytes": weights.size,
    }


def _asked(hub: Hub, settings: DownloadSettings, part: Path) -> HubModel:
    """What the hub has; asked once in the life of the part, so that all files are of one commit."""
    check_part(settings)
    if settings.out.exists():
        raise UserError("Something has this name already.", "Name a new folder.", str(settings.out))
    file = part / SOURCE
    if not file.exists():
        try:
            model = hub.model(settings.model, settings.revision)
        except UserError:
            part.rmdir()
            raise
        write_json(file, {**wanted(settings), "commit": model.commit, "files": [asdict(one) for one in model.files]})
    kept = json.loads(file.read_text(encoding="utf-8"))
    return HubModel(settings.model, kept["commit"], tuple(HubFile(**one) for one in kept["files"]))


def _kind(part: Path, model: HubModel) -> str:
    """What the model is, by its settings. Raises UserError where it is nothing that can be used here."""
    if not (part / CONFIG).is_file():
        raise UserError(f"{model.id} holds no {CONFIG}.", "Choose a model for transformers.", "--model")
    try:
        bert = json.loads((part / CONFIG).read_text(encoding="utf-8")).get("model_type", "bert") == "bert"
    except (OSError, ValueError, AttributeError, RecursionError):
        bert = False
    if bert:
        read_config(part)
        find_tokenizer(part)
        return DNA_ENCODER
    read_language_config(part)
    return LANGUAGE_MODEL


def _weights(part: Path, files: dict[str, HubFile], model: HubModel) -> _Weights:
    """The files of weights, as safetensors where the hub has them. Raises UserError."""
    for index, whole in (_SAFE, (INDEX, WHOLE)):
        if index not in files and whole not in files:
            continue
        names = _named(part / index) if index in files else {whole}
        missing = sorted(names - files.keys())
        if missing or not names:
            what = f"names {missing[0][:80]}, which the hub does not have" if missing else "cannot be read"
            raise UserError(f"{index} of {model.id} {what}.", "Choose another model, or another --revision.", "--model")
        return _Weights([files[name] for name in sorted(names)], pickled=whole == WHOLE)
    raise UserError(
        f"{model.id} has no weights that can be used here.",
        f"Choose a model with {_SAFE[1]} or {WHOLE}; other forms, GGUF for example, are for other programs.",
        "--model",
    )


def _named(index: Path) -> set[str]:
    try:
        return {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return set()


def _require_space(weights: _Weights, part: Path) -> None:
    """Raises UserError where the disk cannot take what is still to come."""
    came = sum(path.stat().st_size for path in part.iterdir())
    needed = weights.size * (2 if weights.pickled else 1) - came
    free = shutil.disk_usage(part).free
    if needed > free:
        raise UserError(
            f"The model needs {needed / 1e9:.1f} GB on this disk; {free / 1e9:.1f} are free.",
            "Free some space, or name a folder on another disk.",
            "--out",
        )


def _fetch(hub: Hub, model: HubModel, files: list[HubFile], part: Path, arrived: Callable[[float], object]) -> None:
    """Brings those files that are not there yet; `arrived` is told the bytes of all that are."""
    before = 0
    for file in files:
        place = part / file.name
        if not place.is_file():
            hub.download(model, file, place, lambda there, before=before: arrived(before + there))  # type: ignore[misc]
        before += file.size


def _finish(part: Path, out: Path, *, pickled: bool) -> None:
    """Gives the folder its name; pickled weights are written anew."""
    if not pickled:
        part.rename(out)
        return
    convert_folder(part, out)
    shutil.rmtree(part)


def _look_at(out: Path, kind: str) -> None:
    """Raises UserError where the folder is not what its settings promised."""
    if kind == LANGUAGE_MODEL:
        read_language(out)
        return
    from genodesk.engine.nn.dnabert2_folder import load_dnabert2

    load_dnabert2(out)
