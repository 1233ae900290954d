"""The curves: a loss pane an arm (or one for all), accuracy and weight norms, or a closer look in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal, HorizontalScroll, Vertical
from textual.widget import Widget

from engine.view import View
from tui.widgets import plots
from tui.widgets.look import LookPane
from tui.widgets.palette import Rgb, colour
from tui.widgets.pane import ChartPane


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person has chosen to see.

    Attributes
    ----------
    arm : the selected one, or None for all.
    log, gap, layers : losses on a log scale, the gap for the accuracy, norms by layer.
    overlay : all arms in one pane.
    look : the closer look, or None.
    zoomed : the pane that is enlarged, or None.
    """

    arm: str | None
    log: bool = False
    gap: bool = False
    layers: bool = False
    overlay: bool = False
    look: str | None = None
    zoomed: Widget | None = None


class Curves(Vertical):
    """All charts of a run. `draw_losses` and `draw_trends` are the two halves of a frame."""

    def __init__(self, arms: Sequence[str], ascii_only: bool) -> None:
        super().__init__(id="charts")
        self._arms, self._ascii = tuple(arms), ascii_only
        self._dots = "..." if ascii_only else "┈"
        self._legend = "*** train ... validation" if ascii_only else "━ train  ┈ validation"

    def compose(self) -> ComposeResult:
        with HorizontalScroll(id="losses"):
            yield from self._loss_panes()
            yield ChartPane("1 loss, all arms", ascii_only=self._ascii, id="overlay")
        with Horizontal(id="trends"):
            yield ChartPane("2 accuracy", ascii_only=self._ascii, id="accuracy")
            yield ChartPane("3 weight norm", ascii_only=self._ascii, id="norms")
            yield LookPane(self._ascii)

    def _loss_panes(self) -> list[ChartPane]:
        made = []
        for place, name in enumerate(self._arms):
            pane = ChartPane(name, ascii_only=self._ascii, id=f"loss-{place}", classes="loss")
            pane.tooltip = None
            made.append(pane)
        return made

    async def remake(self, arms: Sequence[str]) -> None:
        """A loss pane for each of other arms."""
        self._arms = tuple(arms)
        await self.query(".loss").remove()
        await self.query_one("#losses").mount_all(self._loss_panes(), before="#overlay")

    def draw_losses(self, view: View, shown: Shown) -> None:
        """The upper half: losses."""
        kind = "log loss" if shown.log else "loss"
        if shown.overlay:
            overlay = self.query_one("#overlay", ChartPane)
            plot = plots.overlay_plot(view, shown.log, shown.arm)
            above = sorted(plots.off_scale(plot))
            gone = self._key([self._arms[place] for place in above], above) if above else []
            overlay.entitle(
                [(f"1 {kind}: ", None), *self._key(self._arms)],
                [*([("off the scale: ", None)] if gone else []), *gone, (self._legend, None)],
            )
            overlay.show(plot)
            return
        told = plots.loss_plots(view, shown.log)
        for place, name in enumerate(self._arms):
            pane = self.query_one(f"#loss-{place}", ChartPane)
            pane.set_class(shown.arm in (name, None), "selected")
            fate = (
                " (diverged)" if plots.lost(view, name) else " (off the scale)" if plots.off_scale(told[name]) else ""
            )
            legend = self._legend if place == 0 else ""
            pane.entitle(
                f"{'1 ' if place == 0 else ''}{kind}: {name}{fate}", [(legend, None), *self._averages(view, name)]
            )
            if shown.zoomed in (None, pane):
                pane.show(told[name])

    def _averages(self, view: View, arm: str) -> list[tuple[str, Rgb | None]]:
        """The legend of an arm's averaged weights, where it keeps any."""
        names = plots.averages(view, arm)
        key = self._key([name.upper() for name in names], [plots.AVERAGE_COLOURS[name] for name in names])
        return [(f"  {self._dots} ", None), *key] if key else []

    def _key(self, names: Sequence[str], colours: Sequence[int] | None = None) -> list[tuple[str, Rgb | None]]:
        """Names in the colours of their curves."""
        dark = self.app.current_theme.dark
        return [(f"{name}  ", colour(at, dark)) for name, at in zip(names, colours or range(len(names)), strict=True)]

    def draw_trends(self, view: View, shown: Shown) -> None:
        """The lower half: accuracy or gap and norms, or the closer look."""
        if not self.query_one("#trends").display and shown.zoomed is None:
            return
        if shown.look is not None:
            self.query_one(LookPane).show(shown.look, view, shown.arm)
            return
        arm = shown.arm or self._arms[-1]
        accuracy, norms = self.query_one("#accuracy", ChartPane), self.query_one("#norms", ChartPane)
        accuracy.entitle("2 gap: validation - train" if shown.gap else "2 accuracy", "" if shown.gap else self._legend)
        accuracy.show(plots.gap_plot(view, shown.arm) if shown.gap else plots.accuracy_plot(view, shown.arm))
        if shown.layers:
            norms.entitle(f"3 weight norm by layer: {arm}", self._key(plots.layers(view, arm)))
            norms.show(plots.layer_norm_plot(view, arm))
        else:
            norms.entitle("3 weight norm")
            norms.show(plots.norm_plot(view, shown.arm))
