"""The sources of data by name: what each is, and how its examples are loaded.

Each is declared in a file of `engine.data.sources`, found automatically. Declarations import neither torch nor numpy,
which a list of settings need not wait for; the functions that load do so themselves.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from engine.events import Loading
    from engine.preset.data import Data

# embedded: comes with the program; synthetic: generated points of two classes; truth_table: all rows are known;
# measured: generated, with numbers as targets; tossed: generated, one outcome or the other; downloaded; own: the
# user's.
Family = Literal["embedded", "synthetic", "truth_table", "measured", "tossed", "downloaded", "own"]
# What it gives is a `Pool` of `engine.data`, which lies on a layer above.
Load = Callable[["Data", "Callable[[Loading], None]"], Any]
Loader = TypeVar("Loader", bound=Load)


@dataclass(frozen=True, slots=True)
class Source:
    """One source of data.

    Attributes
    ----------
    load : from the section `[data]` and a callback for progress to the examples. Raises PresetError.
    family : what kind of source it is, see `Family`.
    place : among the others in lists.
    image_numbers : channels times pixels of one image, where examples are images.
    """

    name: str
    load: Load
    family: Family
    place: int = 1000
    image_numbers: Callable[[Data], int] | None = None

    @property
    def generated(self) -> bool:
        """Whether its examples are generated, as many as are asked for."""
        return self.family in ("synthetic", "measured", "tossed")

    @property
    def task(self) -> str:
        """What its targets are for, where the preset does not say: classification, binary or regression."""
        return {"measured": "regression", "truth_table": "binary", "tossed": "binary"}.get(
            self.family, "classification"
        )


SOURCES: dict[str, Source] = {}


def source(
    *names: str, family: Family, place: int = 1000, image_numbers: Callable[[Data], int] | None = None
) -> Callable[[Loader], Loader]:
    """Declare the decorated function as the loader of these sources. Raises ValueError where a name is taken."""

    def declare(load: Loader) -> Loader:
        for number, name in enumerate(names):
            if name in SOURCES:
                raise ValueError(f"there is a source {name!r} already")
            SOURCES[name] = Source(name, load, family, place + number, image_numbers)
        return load

    return declare


def of_family(*families: Family) -> tuple[str, ...]:
    """The sources of these families, in their order."""
    return tuple(name for name, declared in SOURCES.items() if declared.family in families)


def discover() -> None:
    """Import every file of `engine.data.sources`: each declares its sources."""
    package = importlib.util.find_spec("engine.data.sources")
    for module in pkgutil.iter_modules(package.submodule_search_locations if package else None):
        importlib.import_module(f"engine.data.sources.{module.name}")
    for name in sorted(SOURCES, key=lambda name: SOURCES[name].place):
        SOURCES[name] = SOURCES.pop(name)
