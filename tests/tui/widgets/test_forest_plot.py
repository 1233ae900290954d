"""Promises of the ranking: the best arm first, the first arm as a rule, the selected one in sight."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from textual.containers import Vertical
from textual.pilot import Pilot

from engine.ranking import rank
from engine.summary import summarize
from tests.tui.views import lane, moment, shown, stop
from tui.widgets.forest_plot import ForestPlot, compared, heading
from tui.widgets.picked import ArmPicked

ARMS = {f"arm {place}": {} for place in range(6)}
SEEDS = (0, 1, 2)


def many(metric="val_acc", seeds=SEEDS, arms=6, **told):
    """Arms whose numbers go up with their places, but for the first, which is in the middle."""
    values = {f"arm {place}": 0.6 + 0.05 * (place if place else 2.5) for place in range(arms)}
    lanes = [lane(arm, seed, **{metric: value + 0.01 * (seed - 1)}) for arm, value in values.items() for seed in seeds]
    return moment(*lanes, arms={arm: {} for arm in values}, base={"training.seeds": seeds}, **told)


class Around(Vertical):
    DEFAULT_CSS = "#forest-plot { height: 1fr; }"

    def __init__(self, plot):
        super().__init__(plot, id="around")
        self.picked = []

    def on_arm_picked(self, event: ArmPicked) -> None:
        self.picked.append(event.arm)


@asynccontextmanager
async def on_screen(view, width=60, height=8, ascii_only=False, selected=None, metric="val_acc", numbered=False):
    plot = ForestPlot(ascii_only)
    around = Around(plot)
    async with shown(around, width, height) as text:
        plot.update(view, rank(summarize(view.record), metric), selected, numbered)
        yield plot, lambda: [line for line in text() if line], around


def names(lines):
    return [" ".join(line.split()[:2]) for line in lines if line.startswith("arm")]


@pytest.mark.parametrize(("metric", "best"), [("val_acc", [5, 4, 3, 0, 2, 1]), ("val_loss", [1, 2, 0, 3, 4, 5])])
async def test_the_arms_stand_best_first_with_their_numbers(metric, best):
    async with on_screen(many(metric), metric=metric) as (_, text, _):
        assert names(text()) == [f"arm {place}" for place in best]
        top = text()[0]
        assert top.endswith("85.0 % ±2.5" if metric == "val_acc" else "0.650 ±0.025")


@pytest.mark.parametrize(("ascii_only", "rule", "dot"), [(False, "│", "●"), (True, ":", "o")])
async def test_the_first_arms_value_is_a_rule_through_all_lines_and_each_has_its_dot(ascii_only, rule, dot):
    async with on_screen(many(), ascii_only=ascii_only) as (_, text, _):
        *rows, _, labels = text()
        assert len(rows) == 6
        place = rows[3].index(dot)  # the first arm's own
        crossed = "+|" if ascii_only else "┿┝┥"
        assert all(row[place] in rule + crossed for row in rows if row is not rows[3])
        assert rows[0][place] == rule
        spots = [row.index(dot) for row in rows]
        assert spots == sorted(spots, reverse=True)
        assert len(set(spots)) == 6
        assert labels.split() == ["60", "%", "70", "%", "80", "%", "90", "%"]
        if ascii_only:
            assert "".join(text()).isascii()


async def test_under_one_seed_there_is_a_dot_alone():
    async with on_screen(many(seeds=(0,))) as (_, text, _):
        assert not {"━", "╺", "╸"} & set("".join(text()))
        assert text()[0].endswith("84.0 %")
        assert "±" not in text()[0]


async def test_an_arm_that_diverged_says_so_behind_all_others():
    nan = float("nan")
    view = many(stopped=[stop("arm 5", "diverged", seed) for seed in SEEDS] + [stop("arm 4", "diverged", 1)])
    view.record.last |= {("arm 5", seed): lane("arm 5", seed, val_acc=nan, val_loss=nan) for seed in SEEDS}
    async with on_screen(view, 70) as (_, text, _):
        assert names(text())[-2:] == ["arm 4", "arm 5"]
        assert text()[4].endswith("1 of 3 diverged")
        assert text()[5].endswith(" diverged")
        assert "●" in text()[4]
        assert "●" not in text()[5]


@pytest.mark.parametrize("width", [20, 30, 40, 56])
async def test_what_is_narrow_leaves_out_intervals_then_numbers_and_never_the_dots(width):
    async with on_screen(many(), width) as (_, text, _):
        assert all("●" in row for row in text()[:6])
        assert max(map(len, text())) <= width
        assert ("±" in text()[0]) == (width >= 40)
        assert ("85.0 %" in text()[0]) == (width > 20)


async def test_more_arms_than_lines_keep_the_selected_one_in_sight_and_scroll():
    view = many(arms=20)
    ranking = rank(summarize(view.record), "val_acc")
    async with on_screen(view, height=7) as (plot, text, _):
        assert names(text()) == [f"arm {place}" for place in (19, 18, 17, 16, 15, 14)]
        assert plot.in_sight == (1, 6, 20)
        plot.update(view, ranking, "arm 10")
        assert names(text())[-1] == "arm 10"
        plot.scroll_arms(-100)
        assert names(text())[0] == "arm 19"
        plot.update(view, ranking, "arm 10")  # as the user left it
        assert names(text())[0] == "arm 19"
        plot.scroll_arms(100)
        assert plot.in_sight == (15, 20, 20)
        plot.update(view, ranking, "arm 18")
        assert names(text())[0] == "arm 18"


async def test_it_fits_another_size_at_once():
    async with on_screen(many(), height=15) as (plot, text, _):
        assert len(text()) == 14  # a line between two arms
        plot.styles.height = 7
        await Pilot(plot.app).pause()
        assert len(text()) == 7
        assert "80 %" in text()[6]


async def test_few_arms_have_lines_between_them_and_a_click_picks_the_nearest():
    async with on_screen(many(), height=15) as (plot, text, around):
        assert names(text()[::2]) == names(text())
        assert await Pilot(plot.app).click(plot, offset=(4, 2))
        assert await Pilot(plot.app).click(plot, offset=(4, 3))
        await Pilot(plot.app).click(plot, offset=(4, 12))  # the axis
        assert around.picked == ["arm 4", "arm 4"]


async def test_the_selected_name_is_reversed_and_curves_numbers_stand_before_names():
    async with on_screen(many(), selected="arm 3", numbered=True) as (plot, text, _):
        assert text()[0].startswith("6 arm 5")
        reversed_ = [text.plain for text in plot._texts if any("reverse" in str(span.style) for span in text.spans)]
        assert [line.split()[2] for line in reversed_] == ["3"]


async def test_before_the_first_epoch_the_arms_are_there_without_dots():
    async with on_screen(moment(arms=ARMS)) as (_, text, _):
        assert names(text()) == list(ARMS)
        assert "●" not in "".join(text())


def test_the_heading_says_what_the_bars_are_in_the_words_that_fit():
    ranking = rank(summarize(many().record), "val_acc")
    assert heading(ranking, 80, False) == "ranking by val acc: mean and 95 % confidence interval over 3 seeds"
    assert heading(ranking, 40, True) == "val acc +- 95 % confidence, 3 seeds"
    assert heading(ranking, 30, False) == "val acc ± 95 %, 3 seeds"
    assert heading(rank(summarize(many(seeds=(0,)).record), "val_loss"), 80, False) == "ranking by val loss, one seed"


@pytest.mark.parametrize(
    ("selected", "pair"), [(None, ["arm 0", "arm 5"]), ("arm 2", ["arm 0", "arm 2"]), ("arm 0", ["arm 0", "arm 5"])]
)
def test_beside_it_are_the_curves_of_the_first_arm_and_the_selected_or_best_one(selected, pair):
    assert compared(rank(summarize(many().record), "val_acc"), selected) == pair


async def test_a_name_is_whole_where_that_leaves_the_plot_its_room_and_ends_in_a_full_stop_where_it_does_not():
    arms = {"early stopping too": 0.7, "weight noise": 0.8}
    view = moment(*(lane(arm, val_acc=value) for arm, value in arms.items()), arms={arm: {} for arm in arms})
    for width, names in ((46, ("weight noise", "early stopping too")), (32, ("weight no.", "early sto."))):
        plot = ForestPlot(False)
        async with shown(plot, width, 6) as text:
            plot.update(view, rank(summarize(view.record), "val_acc"), None)
            lines = [line for line in text() if line[:1].isalpha()]
            assert len(lines) == 2
            assert all(line.startswith(f"{name} ") for line, name in zip(lines, names, strict=True))
