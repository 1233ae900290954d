"""Promises of the two lines on top."""

import pytest

from engine.as_of import through
from engine.events import Failed
from engine.view import Lens
from tests.tui.views import lane, moment, shown
from tui.widgets.header import RunHeader


@pytest.mark.parametrize("width", [60, 80, 160])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_it_tells_what_runs_on_what_how_far_and_how_fast(width, ascii_only):
    header = RunHeader(ascii_only)
    async with shown(header, width, 2) as text:
        header.update(moment(lane("plain", epoch=50), rate=10.0, speed=15.0), 100, "cpu")
        top, low = text()
        assert "Two moons" in top
        assert top.endswith("cpu")
        assert len(top) == len(low) == width - 1  # both lines end above one another
        assert "training" in low
        assert low.endswith(f"50/100{' epochs' if width > 60 else ''}  10.0/s  5 s left  speed 15/s")
        assert ascii_only == (top + low).isascii()
        assert max(map(len, (top, low))) <= width


async def test_it_says_what_it_waits_for_and_what_went_wrong():
    header = RunHeader(True)
    async with shown(header, 100, 2) as text:
        header.update(moment(state="loading", loading="downloading mnist", share=0.42), 100, "")
        assert "downloading mnist 42% ..." in text()[1]
        header.update(moment(state="failed", failed=Failed("out of [memory]", "/log")), 100, "cpu")
        assert "out of [memory]  (log: /log)" in text()[1]
        header.update(moment(lane("plain"), state="paused"), 100, "cpu")
        assert "paused" in text()[1]
        assert "left" not in text()[1]
        assert "speed max" in text()[1]


async def test_a_long_title_gives_way_to_the_device():
    header = RunHeader(True)
    async with shown(header, 60, 2) as text:
        view = moment(lane("plain"))
        long = view.preset.model_copy(update={"title": "A title " * 20})
        header.update(moment(lane("plain"), preset=long), 100, "NVIDIA H200, 12 of 139 GiB, 97 %")
        assert text()[0].endswith("NVIDIA H200, 12 of 139 GiB, 97 %")


@pytest.mark.parametrize("width", [60, 80, 160])
async def test_it_says_as_of_which_epoch_the_run_is_shown_and_that_it_trains_on(width):
    header = RunHeader(True)
    lanes = [lane("plain", epoch=epoch) for epoch in range(1, 51)]
    async with shown(header, width, 2) as text:
        for state, words in (
            ("running", "trains on  escape: now"),
            ("paused", "escape: now"),
            ("failed", "escape: now"),
        ):
            view = moment(*lanes, rate=10.0, speed=15.0, state=state, failed=Failed("out of memory"))
            header.update(through(view, Lens(cursor=12)), 100, "cpu")
            low = text()[1]
            assert " as of epoch 12 " in low
            assert words in low
            assert ("trains on" in low) == (state == "running")
            assert "50/1" in low or state == "failed"  # how far it is now
            assert len(low) <= width
        header.update(through(view, Lens(zoom=3, smoothing=0.9)), 100, "cpu")
        assert "zoom 8x  smoothed 0.9" in text()[1]
        assert "as of" not in text()[1]
