"""What the user has chosen on the main screen, and what is needed to come back to it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.preset import Preset
from engine.preset.sources import SOURCES
from engine.view import PLAIN, AnyWorker, Lens
from tui.screens.shown_run import ShownRun
from tui.widgets.run_plots import MANY


def first_selected(preset: Preset) -> str | None:
    """The arm whose technique a preset of few arms is about; with one arm, or many on an equal footing, all of them."""
    return preset.arm_names[-1] if 1 < len(preset.arms) <= MANY else None


# The look at data in the plane, and the sources of such data beside those that are generated as points of two classes.
FIRST_LOOK, _CURVES = "surface", ("curve",)


def first_look(preset: Preset) -> str | None:
    """The closer look that opens by itself: the decision boundary or the fitted curve, where all data have one."""
    data = [arm.settings.data for arm in preset.arms]
    points = (SOURCES[one.source].family in ("synthetic", "truth_table") and one.features in (0, 2) for one in data)
    return FIRST_LOOK if all(points) or all(one.source in _CURVES for one in data) else None


@dataclass
class Chosen:
    """The state of the main screen that is the user's choice.

    Attributes
    ----------
    arm : the selected one, None for all.
    log, gap, layers : how losses, accuracy and norms are drawn.
    look : the closer look that is open.
    best : closer looks are at the best weights, not at the present ones.
    overlay : one pane for all arms or a pane each; None for what fits.
    ranking : of many arms that one pane is their ranking, not all their curves.
    page : the page of panes on a small screen.
    lens : through what the run is looked at: the cursor over its epochs, zoom and smoothing.
    reference : the arm that the others are compared with, None for the first.
    metric : of the difference pane.
    speed, paused : as asked for last: the worker's word comes a frame later, keys come in bursts.
    """

    arm: str | None = None
    log: bool = False
    gap: bool = False
    layers: bool = False
    look: str | None = None
    best: bool = False
    overlay: bool | None = None
    ranking: bool = True
    page: int = 0
    lens: Lens = PLAIN
    reference: str | None = None
    metric: str = "val_loss"
    speed: float | None = None
    paused: bool = False


@dataclass(frozen=True)
class Run:
    """What is needed to show a run again where it was left; `original` is its preset as it was loaded.

    `shown` holds how its arms were called and hidden, None for a run that has not been on the screen.
    """

    worker: AnyWorker
    original: Preset
    paused: bool
    arm: str | None
    overlay: bool | None
    shown: ShownRun | None = None
