"""The small sets that come with scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("digits", family="embedded", place=0, image_numbers=lambda data: 64)
def digits(data: Data, report: Callable[[Loading], None]) -> Pool:
    """1,797 handwritten digits of 8x8 pixels."""
    return tables(data, report)


@source("iris", "wine", "breast_cancer", family="embedded", place=1)
def tables(data: Data, report: Callable[[Loading], None]) -> Pool:
    """Measurements of flowers, wines and tumours."""
    from engine.data.embedded import load_embedded

    return load_embedded(data.source)
