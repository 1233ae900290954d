"""Which device the networks live on."""

from __future__ import annotations

import os

import torch

from engine.preset import PresetError


def choose_device(name: str) -> torch.device:
    """The device of `auto`, `cpu`, `cuda`, `cuda:1` or `mps`. Raises PresetError where it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, colon, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (colon and not number.isdecimal()):
        raise PresetError(f"--device {name}: must be auto, cpu, cuda, cuda:N or mps")
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if int(number or 0) >= count:
            raise PresetError(f"--device {name}: this machine has {count} CUDA devices (use auto or cpu)")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise PresetError("--device mps: this machine has no Metal device (use auto or cpu)")
    return torch.device(name)


# A step of less than this for each thread is done sooner by fewer threads (measured with two: a step of 0.2 GFLOP
# gains a third from the second thread, one of 1 MFLOP only waits for it).
_FLOP_PER_THREAD = 2e7
_THREADS = int(os.environ.get("OMP_NUM_THREADS", "0")) or torch.get_num_threads()


def use_threads(flop: float) -> None:
    """Let the CPU's matrix products run on as many threads as a step of `flop` operations keeps busy."""
    torch.set_num_threads(max(1, min(_THREADS, int(flop / _FLOP_PER_THREAD))))
