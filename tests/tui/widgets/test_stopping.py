"""Promises of the gauges of early stopping."""

import pytest

from tests.tui.views import lane, moment, shown, stop, would_stop
from tui.widgets.stopping import StoppingGauges

PATIENT = {"early_stopping.patience": 20}


async def lines(view, width=44, ascii_only=True):
    gauges = StoppingGauges(ascii_only)
    async with shown(gauges, width, 8) as text:
        gauges.update(view)
        return [line for line in text() if line]


async def test_a_gauge_fills_with_the_wait_and_tells_the_best():
    shown_lines = await lines(moment(lane("plain", wait=10, best_epoch=30, best_val_loss=0.25), base=PATIENT))
    assert shown_lines[0].startswith("plain")
    assert shown_lines[0].endswith(" patience 10 of 20")
    assert abs(shown_lines[0].count("#") - shown_lines[0].count(".")) <= 1
    assert shown_lines[1] == "  best 0.250 at epoch 30"


async def test_under_several_seeds_it_is_of_the_lane_nearest_to_its_end():
    base = {**PATIENT, "training.seeds": [0, 1, 2]}
    lanes = [lane("plain", seed, wait=wait, best_epoch=10 + wait) for seed, wait in enumerate((3, 17, 19))]
    shown_lines = await lines(moment(*lanes, base=base, stopped=[stop("plain", "early_stopping", seed=2)]))
    assert shown_lines[0].endswith(" patience 17 of 20")
    assert shown_lines[1] == "  best 0.450 at epoch 23 (13-29)"
    assert " ".join(line.strip() for line in shown_lines[2:4]) == (
        "5 epochs without a better validation loss: stopped at 10 (1 of 3 seeds)"
    )


async def test_the_reason_is_told_in_words_of_its_own():
    for reason, word in (("diverged", "diverged"), ("epochs", "full length"), ("user", "interrupted")):
        shown_lines = await lines(moment(lane("plain"), base=PATIENT, stopped=[stop("plain", reason)]))
        assert shown_lines[1:3] == ["  best 0.450 at epoch 10", f"  {word}"]


@pytest.mark.parametrize(
    ("monitor", "words"),
    [("val_loss", "validation loss"), ("val_acc", "validation accuracy"), ("train_loss", "train loss")],
)
async def test_what_was_waited_for_is_said_in_words(monitor, words):
    base = {**PATIENT, "early_stopping.monitor": monitor}
    shown_lines = await lines(moment(lane("plain"), base=base, stopped=[stop("plain", "early_stopping")]), width=90)
    assert shown_lines[2] == f"  5 epochs without a better {words}: stopped at 10"


async def test_with_many_arms_the_sentence_is_short():
    arms = {name: {} for name in ("one", "two", "three")}
    view = moment(*map(lane, arms), base=PATIENT, arms=arms, would_stop=[would_stop("one", 37)])
    assert (await lines(view))[2] == "  would have stopped at 37"


async def test_a_lane_that_diverged_before_any_best_has_its_reason_without_a_stray_comma():
    view = moment(lane("plain", best_epoch=0), base=PATIENT, stopped=[stop("plain", "diverged", epoch=1)])
    assert (await lines(view))[1] == "  diverged"


async def test_watched_it_says_where_it_would_have_stopped():
    view = moment(lane("plain", wait=25), base=PATIENT, would_stop=[would_stop("plain", 37)])
    shown_lines = await lines(view)
    assert shown_lines[0].endswith(" patience 20 of 20")
    assert " ".join(line.strip() for line in shown_lines[2:4]) == (
        "32 epochs without a better validation loss: would have stopped at 37"
    )


async def test_seeds_that_would_have_stopped_apart_give_the_span_of_it():
    base = {**PATIENT, "training.seeds": [0, 1, 2]}
    marks = [would_stop("plain", epoch, seed) for seed, epoch in enumerate((208, 174, 190))]
    shown_lines = await lines(moment(*(lane("plain", seed) for seed in range(3)), base=base, would_stop=marks))
    assert shown_lines[3].endswith("would have stopped at 174-208")


@pytest.mark.parametrize(
    ("width", "best"),
    [(40, "best 0.450 at epoch 23 (13-29)"), (28, "best 0.450 at 23 (13-29)"), (20, "best 0.450 at 23")],
)
async def test_where_it_is_narrow_the_best_loses_a_word_and_then_its_span_but_is_never_cut(width, best):
    base = {**PATIENT, "training.seeds": [0, 1, 2]}
    lanes = [lane("plain", seed, best_epoch=epoch, wait=1) for seed, epoch in enumerate((13, 29, 27))]
    assert (await lines(moment(*lanes, base=base), width))[1] == f"  {best}"


async def test_without_patience_a_line_tells_the_best_and_names_are_whole():
    arms = {"activity L1 x10": {}, "activity L1 x1": {}}
    shown_lines = await lines(moment(*map(lane, arms), arms=arms))
    assert shown_lines == ["activity L1 x10 best 0.450 at epoch 10", "activity L1 x1  best 0.450 at epoch 10"]
    assert (await lines(moment()))[0].endswith("early stopping off")


async def test_a_watched_arm_that_ran_its_full_length_says_only_where_it_would_have_stopped():
    ended = {"would_stop": [would_stop("plain", 37)], "stopped": [stop("plain", "epochs")]}
    text = "\n".join(await lines(moment(lane("plain", wait=25), base=PATIENT, **ended)))
    assert "would have stopped at 37" in text
    assert "full length" not in text


async def test_where_it_is_narrow_the_count_gives_way_to_the_gauge():
    shown_lines = await lines(moment(lane("plain", wait=10), base=PATIENT), width=22)
    assert shown_lines[0].endswith("# 10/20") or shown_lines[0].endswith(". 10/20")


async def test_a_count_is_red_from_the_patience_on():
    for wait, red in ((19, False), (20, True), (25, True)):
        gauges = StoppingGauges(True)
        async with shown(gauges, 44, 6):
            gauges.update(moment(lane("plain", wait=wait), base=PATIENT))
            first = gauges._texts[0]
            count = first.plain.index(" patience")
            assert any("red" in str(span.style) for span in first.spans if span.start >= count) == red
