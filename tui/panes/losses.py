"""The loss curves: a pane for each arm, or one for all; or the ranking of many arms beside the curves of two."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import HorizontalScroll
from textual.widget import Widget

from engine.preset import Preset
from engine.ranking import leading_metric, rank
from engine.view import View
from tui.charts.palette import COLOURS, Rgb, colour
from tui.panes.ranking import RankingPane
from tui.panes.registry import Part, Setup, Shown, register
from tui.widgets import run_plots
from tui.widgets.forest_plot import compared
from tui.widgets.lens import at_cursor
from tui.widgets.pane import ChartPane
from tui.widgets.rows import rows_of

# A pane narrower than this shows no curve worth seeing: more arms than fit start in one pane.
PANE_WIDTH = 34


@register
class Losses(HorizontalScroll, Part, inherit_bindings=False):
    """One pane an arm, all on one scale, and a pane of all arms; `-overlay` on the screen says which are shown.

    With `-ranking` the pane of all arms gives way to their ranking, and with `-wide` to two arms' curves beside it.

    It holds panes and is none itself: each of them is focused and enlarged on its own.
    """

    SCOPED_CSS = False
    DEFAULT_CSS = """
    #losses { height: 3fr; }
    .-compact #losses { height: 1fr; }
    .loss { width: 1fr; min-width: 34; height: 100%; }
    .-many .loss { width: 36; }
    .-compact .loss { min-width: 30; }
    .loss.selected { border-title-style: bold reverse; }
    #overlay { display: none; width: 1fr; height: 100%; }
    .-overlay .loss { display: none; }
    .-overlay #overlay { display: block; }
    .-ranking #overlay { display: none; }
    .-ranking #ranking { display: block; }
    #pair { display: none; width: 3fr; height: 100%; }
    .-ranking.-wide #pair { display: block; }
    """
    part, number, room, place, frame = "losses", 1, "losses", 0, "losses"
    summary = "losses"

    def __init__(self, setup: Setup) -> None:
        super().__init__(id=self.part)
        self._arms, self._ascii = setup.preset.arm_names, setup.ascii_only
        self._dots = "..." if self._ascii else "┈"
        self._legend = legend(self._ascii)

    def compose(self) -> ComposeResult:
        yield from self._panes()
        yield ChartPane("1 loss, all arms", ascii_only=self._ascii, id="overlay")
        yield RankingPane(self._ascii)
        yield ChartPane("loss", ascii_only=self._ascii, id="pair")

    def _panes(self) -> list[ChartPane]:
        return [
            ChartPane(arm, ascii_only=self._ascii, id=f"loss-{place}", classes="loss")
            for place, arm in enumerate(self._arms)
        ]

    async def remake(self, preset: Preset) -> None:
        self._arms = preset.arm_names
        await self.query(".loss").remove()
        await self.mount_all(self._panes(), before="#overlay")

    def target(self, shown: Shown) -> Widget:
        place = self._arms.index(shown.arm) if shown.arm in self._arms else 0
        if shown.overlay:
            return self.query_one("#ranking" if shown.ranking else "#overlay")
        return self.query_one(f"#loss-{place}")

    def arm_of(self, widget: Widget | None) -> str | None:
        """The arm whose pane the widget is, or is in."""
        for place, arm in enumerate(self._arms):
            if widget is not None and any(node.id == f"loss-{place}" for node in widget.ancestors_with_self):
                return arm
        return None

    def update(self, view: View, shown: Shown) -> None:
        kind = "log loss" if shown.log else "loss"
        if shown.overlay:
            if shown.ranking:
                self._draw_ranking(view, shown, kind)
            else:
                self._draw_overlay(view, shown, kind)
            return
        drawn = run_plots.loss_plots(view, shown.log)
        for place, arm in enumerate(self._arms):
            pane = self.query_one(f"#loss-{place}", ChartPane)
            pane.set_class(shown.arm in (arm, None), "selected")
            fate = run_plots.lost(view, arm) and "diverged"
            fate = fate or run_plots.waits(view, arm)
            fate = fate or ("off the scale" if run_plots.off_scale(drawn[arm]) else run_plots.held(view, arm))
            pane.entitle(
                f"{'1 ' if place == 0 else ''}{kind}: {arm}{f' ({fate})' if fate else ''}",
                [(self._legend_of(view, arm, pane.size.width, place == 0), None), *self._averages(view, arm)],
            )
            if shown.zoomed in (None, pane):
                pane.show(drawn[arm])

    def _draw_overlay(self, view: View, shown: Shown, kind: str) -> None:
        overlay = self.query_one("#overlay", ChartPane)
        plot = run_plots.overlay_plot(view, shown.log, shown.arm)
        above = run_plots.off_scale(plot)
        gone = self._key(view, [arm for arm in self._arms if view.places[arm] in above])
        many = legend(self._ascii, len(self._arms) > run_plots.MANY)
        held = "ended seeds hold  " if any(run_plots.held(view, arm) for arm in self._arms) else ""
        overlay.entitle(
            [(f"1 {kind}: ", None), *self._key(view, self._arms)],
            [*([("off the scale: ", None)] if gone else []), *gone, (held + many, None)],
        )
        overlay.show(plot)

    def _draw_ranking(self, view: View, shown: Shown, kind: str) -> None:
        ranking = rank(rows_of(view), leading_metric(view.preset))
        self.query_one(RankingPane).update(view, ranking, shown.arm, self._are_numbered(view))
        pair = self.query_one("#pair", ChartPane)
        if pair.display and shown.zoomed is None:
            arms = compared(ranking, shown.arm)
            pair.entitle([(f"{kind}: ", None), *self._key(view, arms)], self._legend)
            pair.show(run_plots.pair_plot(view, shown.log, arms))

    def _legend_of(self, view: View, arm: str, width: int, first: bool) -> str:
        """The legend, which stands at the first pane alone; with a cursor at each, with the values there."""
        if view.lens.cursor is None:
            return self._legend if first else ""
        losses = [at_cursor(view, arm, metric) for metric, *_ in run_plots.LOSSES]
        return legend(self._ascii, width=width - 6, values=losses)

    def _averages(self, view: View, arm: str) -> list[tuple[str, Rgb | None]]:
        """The legend of an arm's averaged weights, where it keeps any."""
        names = run_plots.averages(view, arm)
        colours = [run_plots.AVERAGE_COLOURS[name] for name in names]
        words = key([name.upper() for name in names], self.app.current_theme.dark, colours)
        return [(f"  {self._dots} ", None), *words] if words else []

    def _are_numbered(self, view: View) -> bool:
        return are_numbered([view.places[arm] for arm in self._arms], self.app.no_color)

    def _key(self, view: View, arms: Sequence[str]) -> list[tuple[str, Rgb | None]]:
        places = [view.places[arm] for arm in arms]
        if view.lens.cursor is not None:
            metric, *_ = run_plots.VAL_LOSS
            arms = [f"{arm} {at_cursor(view, arm, metric)}" for arm in arms]
        else:
            arms = [f"{arm} waits" if run_plots.waits(view, arm) else arm for arm in arms]
        return key(arms, self.app.current_theme.dark, places, self._are_numbered(view))


def legend(ascii_only: bool, many: bool = False, width: int | None = None, values: Sequence[str] = ("", "")) -> str:
    """The legend of an arm's two lines; with `many` arms in one chart only the selected one has both.

    Where it would be longer than `width` cells it is said shorter. `values` are those at the cursor, if there is one.
    """
    train, validation = ("***", "...") if ascii_only else ("━", "─")
    if many:
        words = f"{validation} validation  {train} train of the selected arm"
        return words if width is None or len(words) <= width else f"{validation} validation  {train} train: selected"
    if not any(values):
        return f"{train} train  {validation} validation"
    choice = [
        "  ".join(
            f"{sign}{name and ' '}{name} {value}"
            for sign, name, value in zip((train, validation), names, values, strict=True)
        )
        for names in (("train", "validation"), ("train", "val"), ("", ""))
    ]
    return next((words for words in choice if width is None or len(words) <= width), choice[-1])


def key(
    names: Sequence[str], dark: bool, places: Sequence[int], numbered: bool = False
) -> list[tuple[str, Rgb | None]]:
    """Names in the colours of their curves; `numbered` where the curves have numbers, since colours do not do."""
    return [
        (f"{place + 1} {name}  " if numbered else f"{name}  ", colour(place, dark))
        for name, place in zip(names, places, strict=True)
    ]


def are_numbered(places: Sequence[int], colourless: bool) -> bool:
    """Whether curves of these places in one chart have numbers: some are beyond the colours, or there are none."""
    return len(places) > 1 and (colourless or max(places) >= COLOURS)
