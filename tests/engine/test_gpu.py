"""The description of a GPU: from the library where there is a GPU, from its answers where there is none."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import pynvml
import pytest
import torch

from engine import gpu

GIB = 2**30


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    gpu._start.cache_clear()
    yield
    gpu._start.cache_clear()


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A machine of two cards; the numbers of those that were asked for. The second does not know how busy it is."""
    asked: list[int] = []

    def handle(number: int) -> int:
        asked.append(number)
        if number > 1:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_INVALID_ARGUMENT)
        return number

    def busy(number: int) -> Any:
        if number == 1:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)
        return types.SimpleNamespace(gpu=42, memory=7)

    memory = types.SimpleNamespace(used=3.1 * GIB, total=80 * GIB, free=76.9 * GIB)
    answers: dict[str, Any] = {
        "nvmlInit": lambda: None,
        "nvmlDeviceGetHandleByIndex": handle,
        "nvmlDeviceGetMemoryInfo": lambda _: memory,
        "nvmlDeviceGetName": lambda number: f"Card {'AB'[number]}",
        "nvmlDeviceGetUtilizationRates": busy,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(pynvml, name, answer)
    return asked


def test_name_memory_and_utilization_are_told(cards: list[int]) -> None:
    assert gpu.describe("cuda:0") == "cuda:0 Card A 3.1/80.0 GiB 42 %"
    assert gpu.describe("cuda") == "cuda Card A 3.1/80.0 GiB 42 %"
    assert cards == [0, 0]


def test_a_card_that_does_not_know_or_is_not_there_is_told_by_its_place(cards: list[int]) -> None:
    assert gpu.describe("cuda:1") == "cuda:1"
    assert gpu.describe("cuda:7") == "cuda:7"
    assert cards == [1, 7]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_machine_without_a_driver_is_no_error() -> None:
    assert gpu.describe("cuda:0") == "cuda:0"


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_real_gpu_tells_its_name_its_memory_and_how_busy_it_is() -> None:
    description = gpu.describe("cuda:0")
    assert description.startswith(f"cuda:0 {torch.cuda.get_device_name(0)} ")
    assert description.endswith(" %")
