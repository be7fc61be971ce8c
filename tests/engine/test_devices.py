"""Devices are found from what the system's programs say, and the choice is never a silent one."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from genodesk.core.errors import UserError
from genodesk.engine.device_queue import check_free
from genodesk.engine.devices import Device, Machine, TorchBuild, parse_npu_smi, pick, probe
from genodesk.engine.selftest import selftest
from genodesk.jobs.lock import RunLock

NVIDIA = "0, NVIDIA H100 80GB HBM3, 81559, 80995, 570.86.15\n1, NVIDIA H100 80GB HBM3, 81559, 1024, 570.86.15\n"
ASCEND = """\
+------------------------------------------------------------------------------------------------+
| npu-smi 23.0.rc2                 Version: 23.0.rc2                                             |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     910B3               | OK            | 93.6        40                0    / 0             |
| 0                         | 0000:C1:00.0  | 0           0    / 0          3161 / 65536         |
+===========================+===============+====================================================+
| 1     910B3               | OK            | 88.4        38                0    / 0             |
| 0                         | 0000:01:00.0  | 0           0    / 0          3160 / 65536         |
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
"""
CUDA_TORCH, CPU_TORCH = TorchBuild("2.13.0+cu128", cuda="12.8"), TorchBuild("2.13.0+cpu")
ASCEND_TORCH = TorchBuild("2.13.0", npu="2.13.0")


def machine(
    answers: dict[str, str] | None = None,
    torch: TorchBuild = CPU_TORCH,
    root: Path = Path("/nonexistent"),
    environment: dict[str, str] | None = None,
    system: tuple[str, str] = ("linux", "x86_64"),
) -> Machine:
    def recorded(command: Sequence[str]) -> str | None:
        return (answers or {}).get(command[0])

    return probe(recorded, root, torch, environment or {}, system)


def test_a_gpu_that_torch_can_use_is_picked():
    device = pick("auto", machine({"nvidia-smi": NVIDIA}, CUDA_TORCH))
    assert (device.kind, device.name, device.torch_name) == ("cuda", "NVIDIA H100 80GB HBM3", "cuda:0")
    assert device.reason == "It is the fastest that is ready."


def test_memory_and_driver_of_each_gpu_are_told():
    gpus = machine({"nvidia-smi": NVIDIA}).accelerators
    assert [(gpu.index, gpu.memory_mb, gpu.free_mb, gpu.driver) for gpu in gpus] == [
        (0, 81559, 80995, "570.86.15"),
        (1, 81559, 1024, "570.86.15"),
    ]


def test_a_torch_built_without_cuda_gives_the_processor_and_says_so():
    device = pick("auto", machine({"nvidia-smi": NVIDIA}, CPU_TORCH))
    assert device.torch_name == "cpu"
    assert device.reason == ("An NVIDIA GPU was found, but the installed PyTorch (2.13.0+cpu) is built without CUDA.")


def test_a_hidden_gpu_is_not_used():
    hidden = machine({"nvidia-smi": NVIDIA}, CUDA_TORCH, environment={"CUDA_VISIBLE_DEVICES": ""})
    assert "CUDA_VISIBLE_DEVICES hides it" in pick("auto", hidden).reason


def test_an_ascend_comes_before_a_gpu_when_torch_npu_is_there():
    found = machine({"nvidia-smi": NVIDIA, "npu-smi": ASCEND}, TorchBuild("2.13.0", "12.8", "2.13.0"))
    assert pick("auto", found).torch_name == "npu:0"
    assert pick("cuda", found).torch_name == "cuda:0"


def test_the_table_of_npu_smi_is_read():
    assert [(npu.index, npu.name, npu.memory_mb, npu.free_mb) for npu in parse_npu_smi(ASCEND)] == [
        (0, "Ascend 910B3", 65536, 62375),
        (1, "Ascend 910B3", 65536, 62376),
    ]


def test_device_files_stand_in_for_npu_smi_and_cann_is_found(tmp_path):
    for name in ("davinci0", "davinci1", "davinci_manager"):
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev" / name).touch()
    toolkit = tmp_path / "usr/local/Ascend/ascend-toolkit"
    toolkit.mkdir(parents=True)
    (toolkit / "set_env.sh").touch()

    found = machine(torch=ASCEND_TORCH, root=tmp_path)

    assert len(found.accelerators) == 2
    assert found.cann == ("/usr/local/Ascend/ascend-toolkit/set_env.sh",)
    assert pick("auto", found).kind == "npu"
    assert "torch_npu is not installed" in pick("auto", machine(torch=CPU_TORCH, root=tmp_path)).reason


def test_an_apple_gpu_is_told_by_the_system():
    assert pick("auto", machine(system=("darwin", "arm64"))).torch_name == "mps"


def test_a_computer_without_any_is_the_processor():
    device = pick("auto", machine())
    assert (device.kind, device.reason) == ("cpu", "No GPU or NPU was found.")


@pytest.mark.parametrize("name", ["cuda", "npu", "mps"])
def test_a_device_that_was_asked_for_and_is_absent_is_an_error(name):
    with pytest.raises(UserError) as refused:
        pick(name, machine())
    assert refused.value.hint == "Use --device auto, or one that is ready here (cpu)."
    assert refused.value.where == "--device"


def test_nothing_can_be_picked_without_torch():
    for name in ("auto", "cpu"):
        with pytest.raises(UserError, match="PyTorch is not installed"):
            pick(name, machine(torch=TorchBuild()))


def test_partitions_of_a_cluster_are_told():
    assert machine({"sinfo": "gpu* up 2 gpu:8\ncpu up 12 (null)\n"}).slurm == ("gpu* up 2 gpu:8", "cpu up 12 (null)")


def test_probing_this_computer_imports_no_torch():
    found = probe()
    assert found.cores >= 1
    assert found.torch.version
    assert "torch" not in sys.modules or pick("cpu", found).kind == "cpu"


@pytest.mark.slow
def test_the_processor_agrees_with_itself_over_two_processes():
    answer = selftest("cpu")
    assert [(check["name"], check["passed"]) for check in answer["checks"]] == [
        ("matmul", True),
        ("attention", True),
        ("all_reduce", True),
    ]


def test_a_device_that_fails_is_a_finding_not_a_crash():
    answer = selftest("cuda:0", ("matmul",))
    assert answer["checks"][0]["passed"] is False
    assert answer["checks"][0]["text"]


def test_an_accelerator_that_a_run_has_is_shared_only_by_choice(home):
    gpu = Device("cuda", "A GPU", "")
    check_free(gpu, "auto")
    (home / "devices").mkdir(parents=True)
    (home / "devices" / "cuda-0").write_text("the-other-run")
    lock = RunLock.acquire(home / "devices" / "cuda-0.lock")
    with pytest.raises(UserError, match="the-other-run is using A GPU") as refused:
        check_free(gpu, "auto")
    assert "cpu, or cuda to share it" in refused.value.hint
    check_free(gpu, "cuda")
    check_free(Device("cpu", "processor", ""), "auto")
    lock.close()
    check_free(gpu, "auto")
