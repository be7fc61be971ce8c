"""A tiny network, a task that trains it and a run that only remembers. Started as a program it is a rank."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from genodesk.core.training_settings import TrainingSettings
from genodesk.core.workflow import Best
from genodesk.engine.training.checkpoint import CheckpointStore
from genodesk.engine.training.loop import fit
from genodesk.engine.training.sampling import batch_rng, shard

SEED = 7
BEST = Best("validation", "error", "min")


class SmallRun:
    """A run whose events land in lists. It asks to stop once `stop_after` steps were offered to it."""

    def __init__(self, folder: Path, stop_after: int | None = None, rank: int = 0, world_size: int = 1) -> None:
        self.rank, self.world_size = rank, world_size
        self.device = SimpleNamespace(kind="cpu", torch_name="cpu")
        self.rng = np.random.default_rng(SEED)
        self.metrics: list[tuple[int, str, dict[str, float], float | None]] = []
        self.progressed: list[tuple[float, float | None]] = []
        self.warnings: list[str] = []
        self.saved: list[str] = []
        self.checkpoints = CheckpointStore(
            folder / "checkpoints", on_saved=lambda path: self.saved.append(path.name), warn=self.warnings.append
        )
        self._stop_after = stop_after
        self._asked = 0

    def metric(self, step, values, *, split="train", epoch=None):
        self.metrics.append((step, split, dict(values), epoch))

    def progress(self, done, total=None, *, unit="steps", text=""):
        self.progressed.append((done, total))

    def warning(self, message, hint=""):
        self.warnings.append(f"{message} {hint}".rstrip())

    def should_stop(self):
        self._asked += 1
        return self._stop_after is not None and self._asked > self._stop_after


class Regression:
    """y = sin of a sum, learnt by a network with dropout from noisy batches of 8 drawn anew for every step."""

    steps_per_epoch = 6

    def __init__(self, dropout: float = 0.2, broken_at: int | None = None, worse_after: int | None = None) -> None:
        generator = torch.Generator().manual_seed(0)
        self.model = nn.Sequential(
            nn.Linear(5, 16), nn.LayerNorm(16), nn.GELU(), nn.BatchNorm1d(16), nn.Dropout(dropout), nn.Linear(16, 1)
        )
        with torch.no_grad():
            for weight in self.model.parameters():
                weight.copy_(torch.randn(weight.shape, generator=generator) * 0.3)
        self.x = torch.randn(64, 5, generator=generator)
        self.y = torch.sin(self.x.sum(dim=1, keepdim=True))
        self.seen: list[tuple[int, int]] = []
        self.broken_at, self.worse_after = broken_at, worse_after
        self.noise = 0.1 if dropout else 0.0
        self.weights_at_evaluation: list[torch.Tensor] = []

    def loss(self, model, epoch, index, rank, world_size, generator):
        self.seen.append((epoch, index))
        rows = shard(batch_rng(SEED, epoch, index).integers(0, len(self.x), size=8), rank, world_size)
        x = self.x[rows] + self.noise * torch.randn((len(rows), 5), generator=generator)
        error = ((model(x) - self.y[rows]) ** 2).mean()
        if self.broken_at is not None and len(self.seen) >= self.broken_at:
            error = error * float("nan")
        return error, {"absolute": error.detach().sqrt(), "rows": float(len(rows))}

    def evaluate(self, model, step):
        assert not model.training
        assert not torch.is_grad_enabled()
        self.weights_at_evaluation.append(model[0].weight.detach().clone())
        error = float(((model(self.x) - self.y) ** 2).mean())
        return {"error": error + (step if self.worse_after is not None and step > self.worse_after else 0)}


def settings(**changed) -> TrainingSettings:
    """Every mechanism switched on: accumulation, averaging, warm-up, schedule, clipping, frequent looks."""
    values = {
        "max_steps": 21,
        "learning_rate": 0.02,
        "warmup_steps": 4,
        "accumulate": 2,
        "clip_norm": 0.5,
        "ema_decay": 0.9,
        "evaluate_every": 3,
        "early_stop_patience": 50,
        "checkpoint_every": 5,
        "log_every": 4,
    }
    return TrainingSettings(**{**values, **changed})


def one_rank(folder: Path, stop_after: int | None = None) -> None:
    """Trains as the rank named in the environment; rank 0 leaves weights and metrics in `folder`."""
    rank, world_size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    run = SmallRun(folder, rank=rank, world_size=world_size, stop_after=stop_after if rank == 0 else None)
    task = Regression(dropout=0.0)
    task.model[3] = nn.Identity()  # batch statistics would differ between half batches and whole ones
    result = fit(task, settings(), run, seed=SEED, best=BEST)
    save_file(task.model.state_dict(), folder / f"weights-{rank}.safetensors")
    (folder / f"result-{rank}.json").write_text(json.dumps({"metrics": run.metrics, "history": result.history}))


if __name__ == "__main__":
    one_rank(Path(sys.argv[1]), *map(int, sys.argv[2:]))
