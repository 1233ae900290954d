"""The user's own data: a folder of images, a CSV file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("folder", family="own", place=50, image_numbers=lambda data: 3 * data.size**2)
def folder(data: Data, report: Callable[[Loading], None]) -> Pool:
    """Images, a folder for each class."""
    from engine.data.folder import load_folder

    return load_folder(data.path, data.size, report)


@source("csv", family="own", place=51)
def csv(data: Data, report: Callable[[Loading], None]) -> Pool:
    """A table with the column `data.target` to be predicted."""
    from engine.data.csv_file import load_csv

    return load_csv(data)
