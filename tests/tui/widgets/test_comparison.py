"""Promises of the comparison table."""

from contextlib import asynccontextmanager

import pytest
from textual.containers import Vertical
from textual.pilot import Pilot

from engine.events import Reported
from tests.tui.views import finish, lane, moment, shown, stop
from tui.widgets.comparison import Comparison, _wrapped
from tui.widgets.picked import ArmPicked

# The titles of a table of two arms, the outcome first.
TITLES = [
    "val acc", "val loss", "test acc", "against 'plain'", "told apart", "gap", "best val loss", "train loss",
    "test loss", "best at", "epochs",
]  # fmt: skip


class Around(Vertical):
    """The table with its titles above it; keeps which arms were picked."""

    DEFAULT_CSS = "#table-head { height: 1; } #table { height: 1fr; }"

    def __init__(self, table):
        super().__init__(table.head, table, id="around")
        self.picked = []

    def on_arm_picked(self, event: ArmPicked) -> None:
        self.picked.append(event.arm)


@asynccontextmanager
async def on_screen(view, width=110, ascii_only=False, selected=None):
    """The table, what it shows line by line, and what is around it."""
    table = Comparison(ascii_only)
    around = Around(table)
    async with shown(around, width, 16) as text:
        table.update(view, selected)
        yield table, lambda: [line for line in text() if line], around


async def lines(view, width=110, ascii_only=False):
    async with on_screen(view, width, ascii_only) as (_, text, _):
        return text()


async def test_every_arm_has_its_numbers_the_best_is_marked_and_the_difference_is_said():
    seeds = (0, 1)
    view = moment(
        *(lane("plain", seed) for seed in seeds),
        *(lane("dropped", seed, best_train_loss=0.35, best_val_loss=0.4, best_epoch=8) for seed in seeds),
        base={"training.seeds": seeds},
        finished=[finish("plain", seed) for seed in seeds] + [finish("dropped", seed, 0.9) for seed in seeds],
    )
    head, plain, dropped, *words = await lines(view, 190)
    assert [title.strip() for title in head.split("  ") if title.strip()] == TITLES
    assert plain.split()[:4] == ["plain", "80.0", "%", "±0.0"]
    assert dropped.startswith("★ dropped")
    assert "90.0 %" in dropped
    said = " ".join(line.strip() for line in words)
    assert said.startswith(
        "'dropped' is better than 'plain' with the best epoch's weights: val loss 0.400 against 0.450"
    )
    sentence = "90.0 % against 85.0 %; 'dropped' closed 75 % of the gap of 'plain' (0.200 -> 0.050)"
    note = "with the weights kept; 95 % confidence, paired by seed"
    assert said.endswith(f"{sentence} against 'plain': val loss {note}")
    assert "  reference  " in plain
    assert "-0.050 (-0.050 to -0.050)  better, 2 of 2" in dropped


async def test_no_arm_is_marked_where_the_seeds_differ_as_much():
    lanes = [lane("plain"), lane("plain", 1), lane("dropped", best_val_loss=0.4), lane("dropped", 1)]
    told = await lines(moment(*lanes, base={"training.seeds": [0, 1]}))
    assert "★" not in "".join(told)


async def test_seeds_are_a_mean_and_its_deviation():
    base = {"training.seeds": [0, 1]}
    view = moment(*(lane("plain", seed, train_loss=0.2 + 0.1 * seed) for seed in (0, 1)), base=base)
    assert "0.250 ±0.071" in (await lines(view))[1]
    told = await lines(view, ascii_only=True)
    assert "0.250 +-0.071" in told[1]
    assert "".join(told).isascii()


@pytest.mark.parametrize(("width", "seen"), [(30, 2), (40, 3), (60, 4), (76, 5), (120, 9)])
async def test_a_narrow_table_shows_whole_columns_and_the_outcome_first(width, seen):
    view = moment(lane("plain"), lane("dropped"), finished=[finish("plain"), finish("dropped")])
    head, plain, *_ = await lines(view, width)
    assert max(map(len, (head, plain))) <= width
    assert [title for title in TITLES if title in head] == TITLES[:seen]
    assert head.endswith("›") == (seen < len(TITLES))
    assert "0.500" in plain


async def test_columns_that_do_not_fit_are_reached_sideways_and_names_stay():
    async with on_screen(moment(lane("plain"), lane("dropped")), 40) as (table, text, _):
        seen = []
        for _ in range(9):
            head, plain, dropped, *_ = text()
            seen.append(head)
            assert plain.strip().startswith("plain")
            assert dropped.strip().startswith("dropped")
            table.pan(1)
            await table.app._animator.wait_until_complete()
        assert "train loss" not in seen[0]
        assert seen[-1] == seen[-2]  # no further than the last column
        assert seen[-1].startswith("‹ more")
        assert seen[-1].endswith("epochs")
        assert any("train loss" in head for head in seen)
        table.pan(-20)
        assert text()[0] == seen[0]


async def test_a_regression_has_no_accuracy_and_its_losses_lead():
    lanes = (lane("plain", val_acc=float("nan")), lane("dropped", val_acc=float("nan")))
    base = {"data.source": "curve"}
    head, *_ = await lines(moment(*lanes, base=base, finished=[finish("plain", test_acc=float("nan"))]))
    assert head.split()[:5] == ["val", "loss", "test", "loss", "against"]
    assert "acc" not in head


@pytest.mark.parametrize(
    ("first", "room", "seen", "last"),
    [(0, 30, [0, 1, 2], 1), (0, 29, [0, 1], 2), (0, 4, [0], 3), (1, 30, [1, 2, 3], 1), (3, 23, [2, 3], 2)],
)
def test_no_column_is_shown_in_part_and_none_but_the_last_ones_at_the_end(first, room, seen, last):
    table = Comparison(ascii_only=False)
    table._first = first
    assert table._in_sight([8, 10, 8, 8], room) == seen
    assert table._last == last


SORTABLE = (
    lane("a", val_acc=0.7, val_loss=0.3),
    lane("b", val_acc=0.9, val_loss=0.5),
    lane("c", val_acc=float("nan"), val_loss=float("nan")),
    lane("d", val_acc=0.8, val_loss=0.4),
)
FOUR = {name: {} for name in "abcd"}


def order(text):
    return [line.strip("★ ")[0] for line in text()[1:5]]


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_a_click_on_a_title_sorts_by_it_again_reverses_and_a_third_restores(ascii_only):
    async with on_screen(moment(*SORTABLE, arms=FOUR), ascii_only=ascii_only) as (table, text, _):
        best_first, best_last = ("val accv", "val acc^") if ascii_only else ("val acc▼", "val acc▲")
        assert order(text) == ["a", "b", "c", "d"]
        for rows, title in ((["b", "d", "a", "c"], best_first), (["a", "d", "b", "c"], best_last), (list("abcd"), "")):
            await click(table.head, text()[0].index("val acc") + 1)
            assert order(text) == rows
            assert (title or "val acc ") in text()[0]
        await click(table.head, text()[0].index("val loss") + 1)
        assert order(text) == ["a", "d", "b", "c"]
        await click(table.head, 0)  # no title
        assert order(text) == ["a", "d", "b", "c"]


async def click(widget, x, y=0):
    assert await Pilot(widget.app).click(widget, offset=(x, y))


async def test_a_key_sorts_by_one_column_after_the_other_and_brings_it_in_sight():
    async with on_screen(moment(*SORTABLE, arms=FOUR), 36) as (table, text, _):
        for title in (
            "val acc▼",
            "val loss▲",
            "against 'a'▲",
            "told apart▲",
            "gap▲",
            "best val loss▲",
            "train loss▲",
            "best at▲",
            "epochs▼",
        ):
            table.sort_by_next()
            assert title in text()[0]
        table.sort_by_next()
        assert not {"▲", "▼"} & set(text()[0])
        assert order(text) == ["a", "b", "c", "d"]


async def test_a_click_on_a_row_picks_its_arm_where_it_stands_now():
    async with on_screen(moment(*SORTABLE, arms=FOUR)) as (table, _, around):
        table.sort_by_next()
        await click(table, 3, 0)
        await click(table, 50, 2)
        await click(table, 3, 4)  # below the rows
        assert around.picked == ["b", "a"]


async def test_an_arms_colour_goes_with_it_when_the_rows_are_sorted():
    def colours(table):
        return {text.plain.strip("★ ")[0]: str(text.spans[1].style) for text in table._texts[:4]}

    async with on_screen(moment(*SORTABLE, arms=FOUR)) as (table, text, _):
        before = colours(table)
        table.sort_by_next()
        assert order(text) != ["a", "b", "c", "d"]
        assert colours(table) == before
        assert len(set(before.values())) == 4


@pytest.mark.parametrize(("ascii_only", "seed", "mean", "both"), [(False, "•", "│", "┿"), (True, "o", "|", "+")])
async def test_seeds_are_dots_on_one_scale_in_the_place_of_the_outcome(ascii_only, seed, mean, both):
    lanes = [lane("plain", number, val_acc=0.4 + 0.2 * number) for number in (0, 1)]
    lanes += [lane("dropped", number, val_acc=0.4) for number in (0, 1)]
    view = moment(*lanes, base={"training.seeds": [0, 1]})
    async with on_screen(view, 120, ascii_only) as (table, text, _):
        table.toggle_dots()
        head, plain, dropped, *_ = text()
        assert "35 %" in head  # the mean less its deviation is on it too
        assert "65 %" in head
        assert plain.count(seed) == 2
        strip = plain[plain.index(seed) : plain.rindex(seed) + 1]
        assert abs(strip.index(mean) - len(strip) // 2) <= 1
        assert both in dropped  # both seeds where their mean is
        assert "%" not in plain
        assert "0.500" in plain
        table.toggle_dots()
        assert "50.0 %" in text()[1]


async def test_what_others_report_stands_beside_ours_once_the_run_has_ended():
    reported = (
        Reported("dropped", "test_acc", 0.8, 0.853, note="theirs [1]", ours_std=0.0123),
        Reported("plain", "train_loss", None, 0.2, text="a plot"),
    )
    told = await lines(moment(lane("plain"), lane("dropped"), reported=reported))
    assert told[-3].split() == ["reported", "by", "others", "metric", "theirs", "ours"]
    assert told[-2].split() == ["dropped", "test", "acc", "0.8", "0.85", "±", "0.01", "theirs", "[1]"]
    assert told[-1].split() == ["plain", "train", "loss", "a", "plot", "0.2000"]
    narrow = await lines(moment(lane("plain"), lane("dropped"), reported=reported), 60, ascii_only=True)
    assert any("0.85 +- 0.01" in line for line in narrow)
    assert "reported" not in "".join(await lines(moment(lane("plain"), lane("dropped"))))


async def test_averaged_weights_have_a_column_where_an_arm_keeps_them():
    view = moment(lane("plain"), lane("dropped", averages={"ema_val_loss": 0.333, "ema_val_acc": 0.9}))
    head, plain, dropped, *_ = await lines(view)
    assert "EMA val" in head
    assert "SWA" not in head
    assert head.split()[:6] == ["val", "acc", "val", "loss", "EMA", "val"]
    assert plain.removeprefix("★").split()[4] == "-"
    assert dropped.removeprefix("★").split()[4] == "0.333"


async def test_before_the_first_epoch_there_are_dashes_and_no_verdict():
    told = await lines(moment())
    assert len(told) == 3
    assert set(told[1].split()[1:]) == {"-"}


async def test_an_arm_that_diverged_is_never_the_best():
    nan = float("nan")
    lost = lane("dropped", train_loss=nan, val_loss=nan, gap=nan, best_val_loss=0.1, best_epoch=1)
    told = await lines(moment(lane("plain"), lost, stopped=[stop("dropped", "diverged")]))
    assert told[1].startswith("★ plain")
    assert told[3].strip() == "only 'plain' did not diverge"


async def test_the_table_says_what_the_best_is_where_it_need_not_be_the_lowest():
    async with on_screen(moment(lane("plain"), lane("dropped")), 100) as (table, told, _):
        assert not any("counted as better" in line for line in told())
        table.update(moment(lane("plain"), lane("dropped"), base={"early_stopping.min_delta": 0.1}))
        assert any("min_delta 0.1" in line for line in told())


@pytest.mark.parametrize("selected", ["plain", "dropped", None])
async def test_the_selected_arms_name_is_reversed_and_no_other(selected):
    async with on_screen(moment(lane("plain"), lane("dropped")), selected=selected) as (table, _, _):
        for text in table._texts[:2]:
            name = next(word for word in ("plain", "dropped") if word in text.plain)
            reversed_ = any("reverse" in str(span.style) for span in text.spans)
            assert reversed_ == (name == selected)


@pytest.mark.parametrize("width", [20, 33, 60, 150])
def test_a_sentence_takes_three_lines_at_the_most_and_none_is_wider_than_the_table(width):
    words = " ".join(f"word{number}" for number in range(30))
    wrapped = _wrapped(words, width)
    assert max(line.cell_len for line in wrapped) <= width
    assert len(wrapped) == (3 if width < 100 else 2)
    assert words.startswith(" ".join(line.plain.strip() for line in wrapped))
