"""Addition modulo 53, as all its pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("modular", family="embedded", place=5)
def modular(data: Data, report: Callable[[Loading], None]) -> Pool:
    """All 2,809 pairs of numbers below 53, one-hot; the class is their sum modulo 53."""
    from engine.data.modular import load_modular

    return load_modular()
