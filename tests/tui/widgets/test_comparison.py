"""Promises of the comparison table."""

import pytest

from engine.events import Reported
from tests.tui.views import finish, lane, moment, shown, stop
from tui.widgets.comparison import Comparison, _wrapped


async def lines(view, width=110, ascii_only=False):
    table = Comparison(ascii_only)
    async with shown(table, width, 16) as text:
        table.update(view)
        return [line for line in text() if line]


async def test_every_arm_has_its_numbers_the_best_is_marked_and_the_difference_is_said():
    seeds = (0, 1)
    view = moment(
        *(lane("plain", seed) for seed in seeds),
        *(lane("dropped", seed, best_train_loss=0.35, best_val_loss=0.4, best_epoch=8) for seed in seeds),
        base={"training.seeds": seeds},
        finished=[finish("plain", seed) for seed in seeds] + [finish("dropped", seed, 0.9) for seed in seeds],
    )
    head, plain, dropped, *words = await lines(view, 132)
    assert head.split()[:4] == ["train", "loss", "val", "loss"]
    assert plain.split()[:3] == ["plain", "0.200", "±0.000"]
    assert dropped.startswith("★ dropped")
    assert "90.0 %" in dropped
    said = " ".join(line.strip() for line in words)
    assert said.startswith("'dropped' is best with the best epoch's weights: val loss 0.400 against 0.450")
    assert said.endswith("90.0 % against 85.0 %; 'dropped' closed 75 % of the gap of 'plain' (0.200 -> 0.050)")


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


@pytest.mark.parametrize("width", [30, 40, 60, 76, 110])
async def test_a_narrow_table_gives_up_whole_columns_and_never_a_digit(width):
    view = moment(lane("plain"), lane("dropped"), base={"training.seeds": [0]})
    head, plain, *_ = await lines(view, width)
    assert max(map(len, (head, plain))) <= width
    assert "val loss" in head
    assert "0.500" in plain
    assert ("test acc" in head) == (width >= 60)


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
    assert plain.removeprefix("★").split()[3] == "-"
    assert dropped.removeprefix("★").split()[3] == "0.333"


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
    table = Comparison(ascii_only=False)
    async with shown(table, 100, 12) as told:
        table.update(moment(lane("plain"), lane("dropped")))
        assert not any("counted as better" in line for line in told())
        table.update(moment(lane("plain"), lane("dropped"), base={"early_stopping.min_delta": 0.1}))
        assert any("min_delta 0.1" in line for line in told())


@pytest.mark.parametrize("selected", ["plain", "dropped", None])
async def test_the_selected_arms_name_is_reversed_and_no_other(selected):
    table = Comparison(ascii_only=False)
    async with shown(table, 110, 16):
        table.update(moment(lane("plain"), lane("dropped")), selected)
        for text in table._texts[1:3]:
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
