"""What a pane declares, and what the user has chosen to see in it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Self

from textual.widget import Widget

from engine.commands import Turn
from engine.preset import Preset
from engine.view import PLAIN, Lens, View
from tui.widgets.pane import Pane

# Where a pane stands on a large screen: in the row of the losses, in the row below it, under both, or at the side.
Room = Literal["losses", "trends", "below", "side"]
# A frame draws the losses or the trends, whichever is older: twice the frames for the same share of the time. Text that
# is cheap to draw comes with every frame.
Frame = Literal["losses", "trends", "every"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What the user has chosen to see.

    Attributes
    ----------
    arm : the selected one, or None for all.
    log, gap, layers : losses on a log scale, the gap for the accuracy, norms by layer.
    overlay : all arms in one pane.
    ranking : of many arms that pane is their ranking, and not their curves.
    reference : the arm that the others are compared with, None for the first.
    metric : of which the difference pane shows differences.
    look : the closer look, or None.
    best : whether it is at the best weights, not at the present ones.
    zoomed : the pane that is enlarged, or None.
    original : the preset as it was loaded, to which knobs go back; None before one is.
    lens : through what the run is looked at; the view that the panes are given is seen through it already.
    """

    arm: str | None
    log: bool = False
    gap: bool = False
    layers: bool = False
    overlay: bool = False
    look: str | None = None
    best: bool = False
    zoomed: Widget | None = None
    original: Preset | None = None
    ranking: bool = False
    reference: str | None = None
    metric: str = "val_loss"
    lens: Lens = PLAIN


@dataclass(frozen=True, slots=True)
class Setup:
    """What a part of the screen is made with: the first preset, and whether only ASCII may be drawn.

    `turn` is called when the user turns a knob, with a turn for each arm where these differ.
    """

    preset: Preset
    ascii_only: bool
    turn: Callable[[Sequence[Turn]], None]


class Part(Widget):
    """A part of the main screen that shows a run. A subclass is made with a `Setup`, and declares the attributes.

    Attributes
    ----------
    part : its id, and its word in messages.
    number : the key that focuses it; None where none does.
    room, place : where it stands on a large screen, and after which others there.
    page : the page that it is on where the screen is small; None where it is on all of them.
    frame : with which frames it is drawn.
    summary : its line in the help screen.
    """

    part = ""
    number: int | None = None
    room: Room = "side"
    place = 100
    page: int | None = None
    frame: Frame = "every"
    summary = ""

    @classmethod
    def made_with(cls, setup: Setup) -> Self:
        """The part for a screen."""
        return cls(setup)  # type: ignore[arg-type]  # a subclass takes a Setup, Textual's widgets their children

    def update(self, view: View, shown: Shown) -> None:
        """Show this moment of the run."""
        raise NotImplementedError

    async def remake(self, preset: Preset) -> None:
        """Make ready for another experiment."""

    def target(self, shown: Shown) -> Widget:
        """What its number focuses."""
        return self


class RunPane(Pane, Part):
    """A bordered pane that shows a run."""

    title = ""

    def __init__(self, setup: Setup, *children: Widget) -> None:
        super().__init__(*children, title=self.numbered(self.title), id=self.part)
        self.ascii_only = setup.ascii_only

    def numbered(self, title: str) -> str:
        """A title with the key that focuses the pane before it."""
        return title if self.number is None else f"{self.number} {title}"


PANES: list[type[Part]] = []


def register(pane: type[Part]) -> type[Part]:
    """Add a pane to the main screen. Raises ValueError where its name or its number is taken."""
    if any(pane.part == other.part or pane.number == other.number is not None for other in PANES):
        raise ValueError(f"the pane {pane.part!r} or its number {pane.number} is taken")
    PANES.append(pane)
    PANES.sort(key=lambda other: (other.place, other.part))
    return pane


def numbered() -> list[type[Part]]:
    """The panes that a number focuses, in the order of those."""
    return sorted((pane for pane in PANES if pane.number is not None), key=lambda pane: pane.number or 0)


def discover() -> None:
    """Import every module of the package: each registers its pane."""
    for module in pkgutil.iter_modules(importlib.import_module("tui.panes").__path__):
        if module.name != "registry":
            importlib.import_module(f"tui.panes.{module.name}")


discover()
