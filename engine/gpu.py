"""A GPU's name, memory and utilization, through NVIDIA's management library."""

from __future__ import annotations

import functools

import pynvml


def describe(device: str) -> str:
    """`cuda:0 NAME 3.1/80.0 GiB 42 %`, or as much of it as can be had; never an error."""
    number = int(device.partition(":")[2] or 0)
    try:
        _start()
        handle = pynvml.nvmlDeviceGetHandleByIndex(number)
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        name = pynvml.nvmlDeviceGetName(handle)
        busy = pynvml.nvmlDeviceGetUtilizationRates(handle).gpu
    except pynvml.NVMLError:
        return device
    return f"{device} {name} {memory.used / 2**30:.1f}/{memory.total / 2**30:.1f} GiB {busy} %"


@functools.cache
def _start() -> None:
    pynvml.nvmlInit()
