"""A cursor over the epochs of a whole dashboard: what its keys and the mouse show, and what goes on meanwhile."""

from __future__ import annotations

import pytest
from textual.events import MouseMove

from engine.commands import Restart
from engine.compare import ComparedWorker
from engine.file_worker import FileWorker
from engine.numbers import loss, number
from tests.tui.dashboard import dashboard, experiment, plot_of
from tests.tui.recorded import preset_of, recorded
from tui.charts.chart import Chart
from tui.widgets.comparison import Comparison
from tui.widgets.stopping import StoppingGauges

BACK, FORWARD, TEN_BACK, TEN_FORWARD = (
    "left_square_bracket", "right_square_bracket", "left_curly_bracket", "right_curly_bracket",
)  # fmt: skip


def table(person) -> str:
    return "\n".join(text.plain for text in person.main.query_one(Comparison)._texts)


def gauges(person) -> str:
    return "\n".join(text.plain for text in person.main.query_one(StoppingGauges)._texts)


def at(person, arm: str, epoch: int, metric: str = "val_loss") -> float:
    """The mean over the seeds that training measured."""
    epochs, mean, _, _ = person.view.record.history.mean(metric, arm)
    return float(mean[list(epochs).index(epoch)])


async def test_the_cursor_shows_an_earlier_epoch_while_the_run_trains_on():
    preset = experiment({"training.seeds": [0, 1], "early_stopping.patience": 1000})
    async with dashboard(preset, (120, 36)) as person:
        await person.sees(lambda: person.main.view.record.epoch >= 25)  # as the screen has it
        assert person.main.cursor is None
        await person.press(BACK)
        assert 0 < person.main.cursor < person.view.record.epoch
        await person.press("home")
        await person.sees(" as of epoch 1 ")
        assert "trains on" in person.text
        assert "escape: now" in person.text
        for keys, epoch in (
            ((TEN_FORWARD,), 11), ((FORWARD,), 12), ((TEN_BACK,), 2), ((BACK, BACK, BACK), 1), ((TEN_FORWARD,), 11)
        ):  # fmt: skip
            await person.press(*keys)
            await person.sees(f" as of epoch {epoch} ")
            assert person.main.cursor == epoch
        # Table, gauges, names at the curves' ends, and the title of the knobs are of that epoch.
        for arm in ("plain", "dropped"):
            expected = loss(at(person, arm, 11))
            await person.sees(lambda e=expected: e in table(person))
            await person.sees(f"val {expected}")
            assert plot_of(person, f"loss-{('plain', 'dropped').index(arm)}").cursor == 11
        best = max(event.best_epoch for event in person.main.run.view().record.history.latest(11))
        assert best <= 11
        assert "best" in gauges(person)
        assert all(int(word) <= 11 for word in gauges(person).replace("-", " ").split() if word.isdigit() and
                   word != "1000")  # fmt: skip
        assert "as of epoch 11 ─" in person.text  # below the knobs
        # The curves are whole, and grow, as the header's count of epochs does.
        newest = person.view.record.epoch
        await person.sees(lambda: f"{newest + 5}/1000000" in person.text or person.view.record.epoch > newest + 5)
        assert person.main.cursor == 11
        await person.sees(lambda: max(series.x[-1] for series in plot_of(person, "loss-0").series) > newest)
        # A knob turns now, not then.
        before = person.main.run.view().turned
        await person.press("right")
        await person.sees(lambda: "as of epoch 11: escape goes back to now" in person.note)
        await person.press("ctrl+z", "enter")
        assert person.main.run.view().turned == before
        # Escape goes back to now before it draws what is enlarged small again.
        await person.press("1", "z")
        await person.sees(lambda: person.main.maximized is not None)
        await person.press(BACK)
        await person.sees(" as of epoch 10 ")
        await person.press("escape")
        await person.sees(lambda: "as of epoch" not in person.text)
        assert person.main.maximized is not None
        await person.press("escape")
        await person.sees(lambda: person.main.maximized is None)
        # The newest epoch is an epoch too, at which the cursor stays.
        await person.press("end")
        await person.sees(
            lambda: person.main.cursor is not None and f" as of epoch {person.main.cursor} " in person.text
        )
        stood = person.main.cursor
        await person.sees(lambda: person.view.record.epoch > stood + 2)
        assert person.main.cursor == stood
        # On a small screen, and at last in a run that is begun anew, here or elsewhere, where no such epoch is.
        await person.pilot.resize_terminal(80, 24)
        await person.sees(lambda: f" as of epoch {stood}   trains on" in person.text.splitlines()[1][:80])
        await person.sees(lambda: len(person.text.splitlines()[1]) == 80)
        person.app.worker.send(Restart())
        await person.sees(lambda: "as of epoch" not in person.text and person.view.record.epoch > 1)
        await person.press("home")
        await person.sees(" as of epoch 1 ")
        await person.press("r")
        await person.sees(lambda: "as of epoch" not in person.text)
        assert person.main.cursor is None


async def test_epochs_are_zoomed_and_curves_smoothed_by_keys():
    async with dashboard(experiment({"training.epochs": 30}, speed=None), (120, 36)) as person:
        await person.sees(lambda: plot_of(person, "loss-0").x_limits == (1.0, 30.0))
        await person.sees(lambda: person.main.view.state == "finished")
        whole = plot_of(person, "loss-0")
        assert (whole.cursor, whole.x_limits) == (None, (1.0, 30.0))
        await person.press("plus")
        await person.sees("zoom 2x")
        assert plot_of(person, "loss-0").x_limits == (15.5, 30.0)  # up to the newest
        await person.press("home", "plus")
        await person.sees("zoom 4x")
        assert plot_of(person, "loss-0").x_limits == plot_of(person, "accuracy").x_limits == (1.0, 8.25)
        await person.press(*["plus"] * 9)
        first, last = plot_of(person, "loss-0").x_limits
        assert last - first >= 3
        await person.press("minus", "minus", "0")
        await person.sees(lambda: "zoom" not in person.text)
        assert plot_of(person, "loss-0").x_limits == (1.0, 30.0)
        await person.press("escape")
        for amount in ("0.6", "0.9"):
            await person.press("S")
            await person.sees(f"smoothed {amount}")
            faint = [series for series in plot_of(person, "loss-0").series if series.faint]
            assert len(faint) == len(whole.series)
        await person.press("S")
        await person.sees(lambda: "smoothed" not in person.text)
        assert len(plot_of(person, "loss-0").series) == len(whole.series)


async def test_the_mouse_points_at_epochs():
    async with dashboard(experiment({"training.epochs": 40}, speed=None), (120, 36)) as person:
        await person.sees(lambda: person.view.state == "finished" and person.main._painter._drawn["trends"] > 0)
        losses, accuracy = (
            person.main.query_one("#loss-0 Chart", Chart),
            person.main.query_one("#accuracy Chart", Chart),
        )
        await person.sees(lambda: plot_of(person, "accuracy").series and accuracy.size.width > 20)
        # The first click on another arm's pane selects the arm; the next one is in its chart.
        assert person.main._chosen.arm == "dropped"
        await person.pilot.click(losses, offset=(20, 5))
        await person.sees(lambda: person.main._chosen.arm == "plain")
        assert person.main.cursor is None
        expected = round(losses.epoch_at(20))
        await person.pilot.click(losses, offset=(20, 5))
        await person.sees(lambda: person.main.cursor is not None)
        assert person.main.cursor == expected
        # Now that the values stand beside the names, the curves have less room: there the line is where the mouse is.
        await person.sees(lambda: plot_of(person, "loss-0").cursor == expected)
        await person.pilot.click(losses, offset=(15, 5))
        await person.sees(lambda: losses._drawing.texts()[0][15] == "▼")
        # Drawn over the chart with its button held, the mouse takes the cursor with it; without, it does not.
        for button, column in ((1, 25), (1, 27), (0, 12)):
            await person.pilot._post_mouse_events([MouseMove], accuracy, offset=(column, 4), button=button)
            expected = round(accuracy.epoch_at(27 if button == 0 else column))
            await person.sees(lambda e=expected: person.main.cursor == e)
        # Left of the axis there is no epoch, and none on a chart of other things.
        assert accuracy.epoch_at(0) is None
        await person.press("escape")
        await person.sees(lambda: "as of epoch" not in person.text)


async def test_a_click_behind_the_newest_epoch_goes_back_to_now():
    async with dashboard(experiment(), (120, 36), paused=True) as person:
        await person.press(*["full_stop"] * 3)
        await person.sees(lambda: person.view.record.epoch == 3)
        await person.press("home")
        await person.sees(" as of epoch 1 ")
        chart = person.main.query_one("#loss-1 Chart", Chart)
        await person.sees(lambda: plot_of(person, "loss-1").cursor == 1)
        column = next(column for column in range(chart.size.width) if (chart.epoch_at(column) or 0) > 5)
        await person.pilot.click(chart, offset=(column, 3))
        await person.sees(lambda: person.main.cursor is None)


async def test_a_look_at_present_weights_says_so_and_the_others_are_of_the_cursor():
    async with dashboard(experiment({"regularization.l2": 0.01}), (120, 36)) as person:
        await person.sees(lambda: person.view.record.epoch > 3)
        await person.press("u")
        await person.sees("below 0.001")
        await person.press("home")
        await person.sees("now, not as of epoch 1: it is computed from the present weights")
        assert "last weights" in person.text
        await person.press("y")
        expected = number(at(person, "dropped", 1, "train_loss"), 3)
        await person.sees(lambda: f"train loss {expected}" in person.text and "not as of epoch" not in person.text)
        await person.press("escape", "u")
        await person.sees(lambda: "not as of epoch" not in person.text)


@pytest.mark.parametrize("several", [False, True])
async def test_runs_in_files_are_looked_back_on_too(folder, several):
    paths = [recorded(folder, preset_of(9), "long"), recorded(folder, preset_of(4), "short")]
    worker = ComparedWorker(paths) if several else FileWorker(paths[0])
    async with dashboard(worker.begun, (120, 36), loaded=False, worker=worker) as person:
        await person.sees(lambda: "read-only" in person.text and person.main._painter._drawn["losses"] > 0)
        await person.press("home", *[FORWARD] * 5, "S", "plus")
        await person.sees(" as of epoch 6 ")
        await person.sees("zoom 2x  smoothed 0.6")
        arm = "long: plain" if several else "plain"
        await person.sees(lambda: loss(at(person, arm, 6)) in table(person))
        assert "trains on" not in person.text
        if several:  # the run that has ended before is as it was left
            row = next(line for line in table(person).splitlines() if "short: plain" in line)
            assert loss(at(person, "short: plain", 4)) in row
        await person.press("escape")
        await person.sees(lambda: loss(at(person, arm, 9)) in table(person))
