"""Randomness as a pure function of (seed, technique, place): nothing to save, nothing shared by accident.

Every technique draws from a stream of its own, keyed by the seed of the lane and by how many steps were taken. So a
lane's numbers depend neither on the lanes nor on the techniques beside it, and a run can be resumed at any step from
the step's number alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
# random_() without bounds never sets an int64's sign bit; with this lower bound it draws all 64 bits.
_LOWEST = -(1 << 63)


def stream_key(seed: int, technique: str, *place: int) -> int:
    """A well-mixed 63-bit generator seed (splitmix64 over the parts; Steele, Lea and Flood 2014)."""
    state = 0
    for part in (seed, zlib.crc32(technique.encode()), *place):
        state = (state + part + 0x9E3779B97F4A7C15) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        state ^= state >> 31
    return state >> 1


class Streams:
    """The draws of a stack: one generator, keyed anew for every seed's draw.

    A launch for each seed, then: torch's generators draw for one key at a time, and to draw for all seeds at once by
    a hash of (seed, place) would give every lane other numbers than the published ones.
    """

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self.seeds = tuple(seeds)
        self.device = device
        self._generator = torch.Generator(device=device)
        self._bits: dict[str, Tensor] = {}

    def _keyed(self, seed: int, technique: str, *place: int) -> torch.Generator:
        return self._generator.manual_seed(stream_key(seed, technique, *place))

    def bits16(self, technique: str, step: int, *shape: int) -> Tensor:
        """Uniform int16 numbers, [S, *shape]: four from each 64-bit draw, the cheapest source of dropout's `u`.

        The tensor is reused by the next call of the same technique and shape.
        """
        count = 1
        for size in shape:
            count *= size
        words = (count + 3) // 4
        held = self._bits.get(technique)
        if held is None or held.shape[1] != words:
            held = torch.empty(len(self.seeds), words, dtype=torch.int64, device=self.device)
            self._bits[technique] = held
        for row, seed in zip(held.unbind(), self.seeds, strict=True):
            row.random_(_LOWEST, None, generator=self._keyed(seed, technique, step))
        return held.view(torch.int16)[:, :count].view(len(self.seeds), *shape)

    def uniform(self, technique: str, step: int, *shape: int, dtype: torch.dtype) -> Tensor:
        """Uniform numbers from 0 up to 1, 1 excluded, [S, *shape]."""
        numbers = torch.empty(len(self.seeds), *shape, dtype=dtype, device=self.device)
        for row, seed in zip(numbers.unbind(), self.seeds, strict=True):
            row.uniform_(generator=self._keyed(seed, technique, step))
        return numbers

    def normal(self, technique: str, step: int, *shape: int, dtype: torch.dtype) -> Tensor:
        """Standard normal numbers, [S, *shape]."""
        numbers = torch.empty(len(self.seeds), *shape, dtype=dtype, device=self.device)
        for row, seed in zip(numbers.unbind(), self.seeds, strict=True):
            row.normal_(generator=self._keyed(seed, technique, step))
        return numbers


def batch_order(seed: int, epoch: int, examples: int, replacement: bool) -> Tensor:
    """The order in which an epoch sees its examples: int64 [examples], always drawn on the CPU."""
    generator = torch.Generator().manual_seed(stream_key(seed, "batches", epoch))
    if replacement:
        return torch.randint(examples, (examples,), generator=generator)
    return torch.randperm(examples, generator=generator)
