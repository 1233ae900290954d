"""Forks, rewinds, arms and seeds that are added, by their keys, on a whole dashboard."""

from __future__ import annotations

from textual.widgets import Input

from tests.tui.dashboard import dashboard, experiment, plot_of

BACK = "left_square_bracket"


def arms(person) -> tuple[str, ...]:
    return person.main.run.worker.view().preset.arm_names


async def test_a_run_is_forked_rewound_and_given_arms_and_seeds_by_keys():
    preset = experiment({"training.seeds": [0, 1], "early_stopping.patience": 1000})
    async with dashboard(preset, (140, 40)) as person:
        await person.sees(lambda: person.main.view.record.epoch >= 30)
        # A fork in the past waits for its first knob, which acts there; then it catches up.
        await person.press("space", "home", "right_curly_bracket", "k")
        await person.sees("Fork 'dropped' after epoch 11; call the copy")
        await person.press("enter")
        await person.sees(lambda: "dropped @11" in arms(person))
        await person.sees("dropped @11 waits")
        assert person.main._chosen.arm == "dropped @11"
        await person.press("o")
        await person.sees("dropped @11 (waits)")
        assert person.main.cursor is None
        await person.press("right")
        await person.sees(lambda: not person.main.run.worker.view().record.parked)
        await person.sees(lambda: "(waits)" not in person.text)
        record = person.main.run.worker.view().record
        turned = [turn for turn in record.interventions if turn.arm == "dropped @11"]
        assert [(turn.epoch, turn.batch) for turn in turned] == [(11, 0)]
        epochs, values = record.history.series("val_loss", "dropped @11", 0)
        assert list(epochs[values == values]) == [*range(11, record.epoch + 1)]
        # Now, of the same arm, in step with it.
        await person.press("k")
        await person.sees("now; call the copy")
        await person.press("ctrl+a", "ctrl+k", *"mine", "enter")
        await person.sees(lambda: "mine" in arms(person))
        await person.sees("mine")
        # From the first epoch on, with another setting; what is none is refused in a line.
        await person.press("K", "enter")
        await person.sees("What is different in 'mine copy'")
        await person.press(*"dropout=7", "enter")
        await person.sees("regularization.dropout = 7")
        await person.sees(lambda: isinstance(person.app.focused, Input))
        await person.press("ctrl+a", "ctrl+k", *"dropout=0.7", "enter")
        await person.sees(lambda: "mine copy" in arms(person))
        await person.sees(lambda: not person.main.run.worker.view().record.parked)
        record = person.main.run.worker.view().record
        assert record.preset.arm("mine copy").settings.regularization.dropout == 0.7
        assert record.history.series("val_loss", "mine copy", 1)[1][0] > 0
        # Out of training and of sight, and back.
        await person.press("X")
        await person.sees(lambda: person.main.run.worker.view().record.parked)
        await person.sees(lambda: "mine copy" not in person.main.run.arms)
        await person.press("A")
        await person.sees("mine copy  taken out of training")
        await person.press("escape")
        while person.main._chosen.arm is not None:
            await person.press("tab")
        await person.press("X")
        await person.sees(lambda: "mine copy" in person.main.run.arms)
        # One seed more.
        await person.press("N")
        await person.sees(lambda: person.main.run.loaded.seeds == (0, 1, 2))
        await person.sees(lambda: "3 seeds now" in person.toasts)
        # And back: what was left is faint.
        await person.press("space")
        newest = person.view.record.epoch
        await person.sees(lambda: person.view.record.epoch > newest + 3)
        await person.press("R")
        await person.sees(lambda: "go to an epoch first" in person.toasts)
        await person.press("space", "home", "right_curly_bracket", "right_curly_bracket", "R")
        await person.sees(lambda: person.main.run.worker.view().record.epoch == 21)
        await person.sees(lambda: "back at epoch 21" in person.toasts)
        assert "mine" not in arms(person)
        assert "dropped @11" in arms(person)
        await person.sees(lambda: not person.main._painter.resting and person.main.query("#loss-0"))
        await person.sees(lambda: any(series.faint for series in plot_of(person, "loss-0").series))
        assert len(plot_of(person, "loss-0").series) == 4
        await person.press("space")
        await person.sees(lambda: person.view.record.epoch > 25)
