"""MNIST and its relatives, downloaded on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("mnist", "fashionmnist", family="downloaded", place=40, image_numbers=lambda data: 784)
def grey(data: Data, report: Callable[[Loading], None]) -> Pool:
    """70,000 grey images of 28x28 pixels."""
    return coloured(data, report)


@source("cifar10", "cifar100", family="downloaded", place=42, image_numbers=lambda data: 3072)
def coloured(data: Data, report: Callable[[Loading], None]) -> Pool:
    """60,000 coloured images of 32x32 pixels."""
    from engine.data.torchvision_sets import load_torchvision

    return load_torchvision(data.source, report, data.unchecked)
