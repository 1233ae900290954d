"""Promises of the main screen, kept at three sizes of the terminal."""

from __future__ import annotations

from tests.tui.dashboard import FOUR, SIZES, braille, dashboard, experiment, plot_of
from tui.widgets.knobs import KnobPanel
from tui.widgets.lesson import Lesson


async def test_curves_knobs_and_early_stopping_are_side_by_side_and_live_and_all_panes_where_there_is_room():
    async with dashboard(size=SIZES[0]) as person:
        for size in SIZES:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            await person.sees(lambda: braille(person.text) > 10)
            for title in ("1 loss: plain", "loss: dropped", "5 knobs: dropped", "6 early stopping"):
                await person.sees(title)
            before = person.view.record.epoch
            await person.sees(lambda before=before: person.view.record.epoch > before and "training" in person.text)
            for title in ("2 accuracy", "3 weight norm", "4 comparison") if size != SIZES[0] else ():
                await person.sees(title)


async def test_what_explains_a_run_is_there_at_every_size():
    """The question, the names of the curves, patience in words, the knobs, the menu of looks, the gap, the lesson."""
    early, lesson = {"early_stopping.patience": 9}, "Look at the gap.\n\n" * 30
    preset = experiment(early, lesson=lesson, question="Which of these two generalizes?")
    async with dashboard(preset, paused=True, size=FOUR[0]) as person:
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.epoch == 1)
        panel, turned = person.main.query_one(KnobPanel), "regularization.dropout"
        for size in FOUR:
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size and person.main.size == size)
            await person.sees(lambda: person.text.splitlines()[2].startswith(" Which of these two generalizes?"))
            await person.sees(lambda: all(word in person.text for word in ("patience 0 of 9", "◆", "epoch")))
            # The names at the ends: of the arms where all curves are in one pane, of train and validation elsewhere.
            names = ("plain", "dropped") if person.main.has_class("-overlay") else ("val", "train")
            rows = person.text.splitlines()
            assert all(any(f"{name} " in row.split("│", 1)[-1] for row in rows[4:]) for name in names)
            keys = rows[-1]
            assert keys.startswith(" ? help")
            assert keys.rstrip().endswith("q quit")
            # The preset's own knobs first, the rest behind a key, those without an effect with the reason.
            assert not panel.opened
            assert person.knobs.split()[0].lstrip("*") == "dropout"
            await person.choose(turned)
            await person.press("right")
            await person.sees(lambda: person.view.turned.arm("dropped").settings.get(turned) == 0.25)
            await person.press("ctrl+z")
            await person.sees(lambda: person.view.turned.arm("dropped").settings.get(turned) == 0.2)
            await person.choose("augment.shift")
            await person.sees(lambda: panel.opened and person.note.startswith("no effect here: "))
            await person.press("M")
            await person.sees(lambda: not panel.opened)
            # The axis of the gap is its own, from its least to its largest value.
            await person.press("g")
            await person.sees("2 gap: val - train" if size[0] < 80 else "2 gap: validation - train")
            gap = plot_of(person, "accuracy")
            assert gap.y_limits is None or gap.y_limits[1] < 1
            await person.press("g", "L")
            await person.sees("closer looks: enter")
            await person.sees("decision boundary")
            await person.press("escape", "i")
            shown = person.main.query_one(Lesson)
            await person.sees(lambda shown=shown: person.main.focused is shown and shown.max_scroll_y > 2)
            await person.press("end")
            await person.sees(lambda shown=shown: shown.scroll_y == shown.max_scroll_y)
            await person.press("i")
            await person.sees("5 knobs")


async def test_a_small_terminal_shows_the_other_panes_page_by_page():
    async with dashboard(size=(80, 24)) as person:
        await person.sees("5 knobs")
        await person.sees("v page")
        await person.press("v")
        await person.sees("2 accuracy")
        await person.sees("3 weight norm")
        await person.sees(lambda: "5 knobs" not in person.text)
        await person.press("v")
        await person.sees("4 comparison")
        await person.sees("val loss")
        await person.press("v")
        await person.sees("5 knobs")
        await person.sees("1 loss: plain")


async def test_a_terminal_that_is_small_in_one_direction_has_pages_too():
    large, ends = (110, 34), ((160, 30), (100, 50), (109, 34), (110, 33))
    async with dashboard(size=large, paused=True) as person:
        for size in (large, *(size for small in ends for size in (small, large))):
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size and "5 knobs" in person.text)
            await person.sees(lambda size=size: ("4 comparison" in person.text) == (size == large))
            assert person.main.has_class("-compact") == (size != large)


async def test_a_terminal_that_is_too_small_is_told_so_and_training_goes_on():
    async with dashboard(size=(50, 10)) as person:
        for size in ((50, 10), (50, 40), (100, 12)):
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: "{}x{}".format(*size) in person.text and "knobs" not in person.text)
            await person.sees("needs a terminal of 60x18")
            before = person.view.record.epoch
            await person.sees(lambda before=before: person.view.record.epoch > before)
            await person.pilot.resize_terminal(120, 36)
            await person.sees("4 comparison")


async def test_three_seeds_are_a_mean_with_its_spread():
    async with dashboard(experiment({"training.seeds": [0, 1, 2]})) as person:
        await person.sees(lambda: len(plot_of(person, "loss-0").series) == 2)
        for series in plot_of(person, "loss-0").series:
            assert series.low is not None
            assert (series.high >= series.y).all()
        await person.sees("±")


async def test_both_arms_have_the_same_y_scale():
    async with dashboard(paused=True) as person:
        for epoch in (1, 2):
            await person.press("full_stop")
            await person.sees(lambda epoch=epoch: person.view.record.epoch == epoch and person.view.state == "paused")
        await person.sees(lambda: plot_of(person, "loss-1").y_limits)
        assert plot_of(person, "loss-0").y_limits == plot_of(person, "loss-1").y_limits


async def test_more_arms_than_fit_start_as_a_ranking_and_scroll_in_panes_of_their_own():
    arms = {f"lr {place}": {"training.lr": 0.01 * (place + 1)} for place in range(20)}
    async with dashboard(experiment(arms=arms)) as person:
        await person.sees("first arm: lr 0")
        await person.sees("5 knobs: all arms")
        await person.sees(lambda: braille(person.text) > 10)
        await person.press("o", "shift+tab")
        await person.sees("loss: lr 19")
        losses = person.main.query_one("#losses")
        assert losses.max_scroll_x > 0
        for _ in range(3):  # over "all arms" to the second
            await person.press("tab")
        await person.sees("loss: lr 1")
        await person.sees(lambda: person.main.query_one("#loss-1").region in losses.region)
        pane, table = person.main.query_one("#comparison"), person.main.query_one("#table")
        assert pane.max_scroll_y >= table.size.height - pane.size.height > 0
        await person.press("shift+tab", "shift+tab", "shift+tab")
        await person.sees(lambda: pane.scroll_y == pane.max_scroll_y)  # the last arm's line is brought in sight
