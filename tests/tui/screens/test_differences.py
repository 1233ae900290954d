"""The keys of differences: `d` opens the pane, `g` changes its metric, `D` says what is compared with what."""

from __future__ import annotations

from tests.tui.dashboard import LARGE, SMALL, dashboard, experiment, plot_of

ARMS = {"plain": {}, "dropped": {"regularization.dropout": 0.2}, "decayed": {"regularization.l2": 0.1}}


async def test_the_pane_the_table_and_the_keys_speak_of_one_reference_at_every_size():
    preset = experiment({"training.seeds": [0, 1, 2], "training.epochs": 3}, ARMS)
    async with dashboard(preset, LARGE) as person:
        await person.sees(lambda: person.view.state == "finished")
        await person.press("d")
        await person.sees("difference in val loss: decayed - plain")
        await person.sees("against 'plain'")
        drawn = plot_of(person, "look")
        assert [series.label for series in drawn.series] == ["plain", "", "", "", "decayed"]
        record = person.view.record
        ours = [record.last[arm, 1].val_loss for arm in ("plain", "decayed")]
        assert drawn.series[2].y[-1] == ours[1] - ours[0]
        await person.press("g")
        await person.sees("difference in val acc: decayed - plain")
        await person.press("D")  # the selected arm becomes the reference: all others are compared with it
        await person.sees("difference in val acc: each arm - decayed")
        await person.sees("against 'decayed'")
        assert "the arms are compared with 'decayed'" in person.toasts
        await person.press("tab", "tab")  # all arms, then the first
        await person.sees("difference in val acc: plain - decayed")
        for size in (SMALL, (60, 20)):
            await person.pilot.resize_terminal(*size)
            await person.sees(lambda size=size: person.app.size == size)
            await person.sees("difference in val acc: plain - decayed")
        await person.press("tab", "tab", "D")  # the reference itself: back to the first arm
        await person.sees("difference in val acc: decayed - plain")
        await person.press("d")
        await person.sees(lambda: "difference in" not in person.text)
        before = person.text
        await person.press("g")  # the accuracy's own again
        await person.sees("2 gap")
        assert before != person.text
