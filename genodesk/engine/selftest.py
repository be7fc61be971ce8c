"""Whether a device computes what the processor computes: a product, an attention gradient, a sum over processes.

Run as a child process with a time limit: `python -m genodesk.engine.selftest DEVICE [matmul ...]` prints one JSON
document. Imports torch.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from genodesk.core.errors import UserError

CHECKS = ("matmul", "attention", "all_reduce")
SECONDS = 180
TOLERANCE = 2e-3  # float32 on accelerators may round products to 10 bits of mantissa
RANKS = 2

_BACKENDS = {"cpu": "gloo", "mps": "gloo", "cuda": "nccl", "npu": "hccl"}


def selftest(torch_name: str, checks: tuple[str, ...] = CHECKS) -> dict[str, Any]:
    """Runs the checks in a child: {"device", "checks": [{name, passed, error, seconds, text}]}. Raises UserError
    where the child does not answer in time or ends without an answer."""
    command = [sys.executable, "-m", "genodesk.engine.selftest", torch_name, *checks]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False)
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise UserError(
            f"The device {torch_name} did not answer within {SECONDS} seconds.",
            "Restart its driver or the computer.",
            torch_name,
        ) from None
    except (ValueError, IndexError):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise UserError(
            f"The device {torch_name} could not be tried: {last}",
            "Check that PyTorch and the driver fit together.",
            torch_name,
        ) from None
    return answer


def _matmul(device: str) -> float:
    """Largest relative difference of a product [256, 256] x [256, 256] from the processor's."""
    import torch

    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 256, 256, generator=generator)
    return _difference((a.to(device) @ b.to(device)).cpu(), a @ b)


def _attention(device: str) -> float:
    """The same for the gradient of softmax attention, [batch 2, heads 4, cells 64, 16]."""
    import torch

    def gradient(where: str) -> torch.Tensor:
        generator = torch.Generator().manual_seed(1)
        query, key, value = torch.randn(3, 2, 4, 64, 16, generator=generator).to(where).unbind(0)
        query.requires_grad_()
        torch.nn.functional.scaled_dot_product_attention(query, key, value).square().sum().backward()
        assert query.grad is not None
        return query.grad.cpu()

    return _difference(gradient(device), gradient("cpu"))


def _all_reduce(device: str) -> float:
    """Difference of a sum over processes from the sum told beforehand; two processes where there are two devices."""
    import torch

    kind = device.partition(":")[0]
    ranks = RANKS if kind in ("cpu", "mps") else min(RANKS, getattr(torch, kind).device_count())
    with tempfile.TemporaryDirectory(prefix="genodesk-") as folder:
        environment = (
            {**os.environ, "GLOO_SOCKET_IFNAME": "lo"} if sys.platform.startswith("linux") else dict(os.environ)
        )
        children = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "genodesk.engine.selftest",
                    "--rank",
                    str(rank),
                    str(ranks),
                    kind,
                    f"{folder}/store",
                ],
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for rank in range(ranks)
        ]
        sums = [float(child.communicate(timeout=SECONDS / 2)[0].split()[-1]) for child in children]
    return max(abs(total - sum(range(1, ranks + 1))) for total in sums)


def _rank(rank: int, ranks: int, kind: str, store: str) -> float:
    """One process of the sum: each brings its rank + 1."""
    import torch
    from torch import distributed

    device = "cpu" if kind in ("cpu", "mps") else f"{kind}:{rank}"
    if kind == "npu":
        __import__("torch_npu")
    distributed.init_process_group(
        _BACKENDS[kind],
        store=distributed.FileStore(store, ranks),  # type: ignore[attr-defined]
        rank=rank,
        world_size=ranks,
    )
    values = torch.full((4,), float(rank + 1), device=device)
    distributed.all_reduce(values)
    total = float(values[0])
    distributed.destroy_process_group()
    return total


def _difference(found: Any, expected: Any) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def _child(torch_name: str, checks: list[str]) -> dict[str, Any]:
    import time

    if torch_name.startswith("npu"):
        __import__("torch_npu")
    known: dict[str, Callable[[str], float]] = {"matmul": _matmul, "attention": _attention, "all_reduce": _all_reduce}
    results = []
    for name in checks:
        start = time.perf_counter()
        try:
            error, text = known[name](torch_name), ""
        except Exception as failure:  # whatever a driver throws is the finding
            error, text = float("inf"), str(failure).splitlines()[0] if str(failure) else type(failure).__name__
        results.append(
            {
                "name": name,
                "passed": error <= TOLERANCE,
                "difference": error if error < float("inf") else None,
                "seconds": round(time.perf_counter() - start, 3),
                "text": text,
            }
        )
    return {"device": torch_name, "checks": results}


def main(arguments: list[str]) -> int:
    """The child's side: prints the checks' results, or with `--rank` the sum it saw."""
    if arguments[0] == "--rank":
        rank, ranks, kind, store = arguments[1:]
        print(_rank(int(rank), int(ranks), kind, store))  # noqa: T201 - the parent reads it
        return 0
    print(json.dumps(_child(arguments[0], arguments[1:] or list(CHECKS))))  # noqa: T201 - the parent reads it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
