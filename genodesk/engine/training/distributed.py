"""Several processes that train side by side: they meet, agree on when to stop, and share numbers. One process: no cost.

On one host the ranks meet through a file and talk over the loopback interface only, so no port is open to others.
"""

import atexit
import os
from datetime import timedelta
from typing import Any, Literal, Protocol

import psutil
import torch
import torch.distributed as dist
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState

from genodesk.core.errors import UserError

RENDEZVOUS = "GENODESK_RENDEZVOUS"
_PATIENCE = timedelta(hours=2)  # the others wait while rank 0 evaluates or saves
_QUEUE = timedelta(days=30)  # and while it stands in the queue for its device; who starts them ends all when one dies
_PRECISION = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}  # accelerate's names
_BACKENDS = {"cpu": "gloo", "cuda": "cpu:gloo,cuda:nccl", "npu": "cpu:gloo,npu:hccl"}


class Ranked(Protocol):
    """The part of a run that this file looks at."""

    @property
    def rank(self) -> int: ...
    @property
    def world_size(self) -> int: ...
    @property
    def device(self) -> Any: ...
    def should_stop(self) -> bool: ...


def start(run: Ranked) -> None:
    """Joins the other ranks; does nothing for one process or when already joined. `finish` follows by itself at exit.

    The file named by GENODESK_RENDEZVOUS must be new for every attempt. Without it the usual MASTER_ADDR and
    MASTER_PORT are used (several hosts under torchrun). Each rank must see its own accelerator only, as number 0
    (CUDA_VISIBLE_DEVICES, ASCEND_RT_VISIBLE_DEVICES).
    """
    if run.world_size == 1:
        os.environ.pop("LOCAL_RANK", None)  # its presence alone makes accelerate look for other processes
        return
    if dist.is_initialized():
        return
    os.environ["LOCAL_RANK"] = "0"
    os.environ.setdefault("LOCAL_WORLD_SIZE", str(run.world_size))  # accelerate would look for other hosts otherwise
    os.environ.setdefault("OMP_NUM_THREADS", str(torch.get_num_threads()))  # accelerate would choose a number itself
    store = None
    if RENDEZVOUS in os.environ:
        for variable in ("GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME", "HCCL_SOCKET_IFNAME"):
            os.environ.setdefault(variable, _loopback_interface())
        # Given as a store, because torch does not decode a file's URL and so fails in folders with a space.
        store = dist.FileStore(os.environ[RENDEZVOUS], run.world_size)  # type: ignore[attr-defined]
        store.set_timeout(_QUEUE)
    dist.init_process_group(
        _BACKENDS[run.device.kind],
        store=store,
        rank=run.rank,
        world_size=run.world_size,
        timeout=_PATIENCE,
    )
    atexit.register(finish)


def finish() -> None:
    """Leaves the group; a second call does nothing."""
    if dist.is_initialized():
        dist.destroy_process_group()


def accelerator(precision: Literal["float32", "bfloat16", "float16"], run: Ranked) -> Accelerator:
    """Accelerate's wrapper for the run's device, the precision and the ranks. Raises UserError for float16 on a CPU."""
    on_cpu = run.device.kind == "cpu"
    if precision == "float16" and on_cpu:
        raise UserError("float16 needs a graphics processor.", "Choose bfloat16 or float32.", "precision")
    AcceleratorState._reset_state(reset_partial_state=True)  # else the process's first precision stays for good
    return Accelerator(
        cpu=on_cpu,
        device_placement=False,
        mixed_precision=_PRECISION[precision],
        # A mixture of experts may leave an expert without a cell in some batch.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )


def all_should_stop(run: Ranked) -> bool:
    """Whether to stop before the next step: rank 0 decides, so that all ranks stop at the same one."""
    if run.world_size == 1:
        return run.should_stop()
    answer = torch.tensor([int(run.rank == 0 and run.should_stop())])
    dist.broadcast(answer, src=0)
    return bool(answer.item())


def share(value: Any, run: Ranked) -> Any:
    """Rank 0's `value` (numbers, words, dicts of them) on every rank; waits for all."""
    if run.world_size == 1:
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def mean(values: list[float], run: Ranked) -> list[float]:
    """The mean over the ranks of numbers that every rank holds in the same order."""
    if run.world_size == 1:
        return values
    total = torch.tensor(values, dtype=torch.float64)
    dist.all_reduce(total)
    return (total / run.world_size).tolist()


def _loopback_interface() -> str:
    for name, addresses in psutil.net_if_addrs().items():
        if any(address.address == "127.0.0.1" for address in addresses):
            return name
    raise RuntimeError("this host has no loopback interface, so processes cannot train side by side")
