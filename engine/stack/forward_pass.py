"""A forward pass through a network: what its modules need to know, and the noise they draw."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.regularizers.dropout import Threshold, threshold
from engine.stack.randomness import Streams
from engine.stack.settings import LaneSettings


class ForwardPass:
    """A forward pass of all lanes, in training with its noise or in evaluation without.

    Parameters
    ----------
    values : the parameters by slot number, each [L, ...].
    statistics_LQ : running statistics, which a training pass moves unless `moves_statistics` is off.
    momentum : how far towards those of its batch a training pass moves them; None: as far as the norm says.
    settings : the lanes' live settings.
    seeds : S; lanes are ordered seed by seed, so L = S * A.
    streams, step : where a training pass draws its noise from; None in evaluation.
    units : how many units of noise an example takes in the whole network.
    taps : where given, every hidden activation is appended to it as (layer, h).
    """

    def __init__(
        self,
        values: Sequence[Tensor],
        statistics_LQ: Tensor,
        settings: LaneSettings,
        seeds: int,
        streams: Streams | None = None,
        step: int = 0,
        units: int = 0,
        *,
        moves_statistics: bool = True,
        momentum: float | None = None,
        taps: list[tuple[str, Tensor]] | None = None,
    ) -> None:
        self.values, self.statistics_LQ = values, statistics_LQ
        self.settings, self.seeds = settings, seeds
        self.streams, self.step, self.units = streams, step, units
        self.moves_statistics, self.momentum = moves_statistics, momentum
        self.taps = taps
        self._bits: Tensor | None = None

    @property
    def training(self) -> bool:
        return self.streams is not None

    def per_arm(self, h: Tensor) -> Tensor:
        """[L, ...] seen as [S, A, ...]."""
        return h.view(self.seeds, -1, *h.shape[1:])

    def dropout_bits(self, first: int, units: int, batch: int) -> Tensor:
        """bits_SBU of the units from `first` on: one draw serves the whole network and all arms of a seed."""
        if self._bits is None:
            assert self.streams is not None
            self._bits = self.streams.bits16("dropout", self.step, batch, self.units)
        return self._bits[:, :, first : first + units]

    def threshold(self, key: str) -> Threshold:
        """How each lane drops at the probability of this setting: made once, not in every layer of every step."""
        return self.settings.held(key, lambda p_L: threshold(p_L, self.seeds))

    def bits(self, stream: str, *shape: int) -> Tensor:
        """Uniform int16 numbers from a stream of their own, [S, *shape]; see `Streams.bits16`."""
        assert self.streams is not None
        return self.streams.bits16(stream, self.step, *shape)

    def normal(self, technique: str, *shape: int) -> Tensor:
        """Standard normal numbers, [S, *shape]."""
        assert self.streams is not None
        return self.streams.normal(technique, self.step, *shape, dtype=self.values[0].dtype)
