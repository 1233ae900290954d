"""Promises of the pace: drawing never takes more than its share, and never looks dead.

By a clock of the tests' own, as processor time is: what else the machine does is not in it.
"""

import dataclasses
import time

import pytest

from tests.tui.views import moment
from tui.screens.pace import FRAMES_PER_SECOND, FREE_SHARE, SHARE, SLOWEST, Pace, has_time_to_spare


@pytest.fixture
def clock(monkeypatch):
    """Processor time as the pace sees it, seconds; a list of one number, to be moved on."""
    used = [7.0]
    monkeypatch.setattr("tui.screens.pace.time.thread_time", lambda: used[0])
    return used


def frames(pace, clock, *costs):
    """Draw frames of these costs; what is waited for after each."""
    waits = []
    for cost in (*costs, 0.0):  # a frame's cost is known when the next one begins
        pace.begin()
        waits.append(pace.wait())
        clock[0] += cost
    return waits[1:]


def test_cheap_frames_come_as_often_as_wished(clock):
    assert frames(Pace(10), clock, 0.001, 0.002, 0.001) == [pytest.approx(0.1)] * 3
    assert Pace(None).wait() == pytest.approx(1 / FRAMES_PER_SECOND)


@pytest.mark.parametrize("cost", [0.002, 0.01, 0.02, 0.039])
def test_costly_frames_take_their_share_of_the_time_and_no_more(cost, clock):
    assert SHARE == 0.04
    assert frames(Pace(100), clock, *[cost] * 8)[-1] == pytest.approx(max(0.01, cost / 0.04))


def test_however_costly_a_frame_comes_at_least_once_a_second(clock):
    assert SLOWEST == 1.0
    assert frames(Pace(100), clock, *[0.5] * 8)[-1] == 1.0
    assert frames(Pace(0.5), clock, *[0.5] * 8)[-1] == 2.0  # unless fewer are wished for


def test_one_costly_frame_does_not_slow_down_those_after_it(clock):
    waits = frames(Pace(10), clock, *[0.001] * 4, 2.0, *[0.001] * 4)
    assert waits == [pytest.approx(0.1)] * len(waits)
    assert frames(Pace(10), clock, *[0.001] * 4, *[0.02] * 3)[-1] == pytest.approx(0.5)  # three of them do


def test_sleeping_costs_nothing():
    pace = Pace(1000)
    for _ in range(5):
        pace.begin()
        time.sleep(0.05)
    pace.begin()
    assert pace.wait() < 0.5


def test_where_training_loses_nothing_frames_come_more_often_within_a_larger_share(clock):
    def wait(cost, fps=None):
        pace = Pace(fps)
        frames(pace, clock, *[cost] * 8)
        return pace.wait(free=True)

    assert 8 <= 1 / wait(0.005) <= 15
    assert 8 <= 1 / wait(0.03) <= 15
    assert wait(0.1) == pytest.approx(0.1 / FREE_SHARE)
    assert wait(5.0) == SLOWEST
    assert wait(0.005, fps=2) == pytest.approx(0.5)


@pytest.mark.parametrize(("free", "changed"), [
    (True, {"state": "paused"}), (True, {"state": "finished"}), (True, {"state": "running", "opened": "running"}),
    (True, {"state": "running", "speed": 20, "rate": 19.9}), (False, {"state": "running", "speed": 20, "rate": 14.0}),
    (False, {"state": "running", "speed": None, "rate": 900.0}), (False, {"state": "loading"}),
])  # fmt: skip
def test_time_is_to_spare_where_nothing_trains_here_or_the_run_keeps_its_beat(free, changed):
    assert has_time_to_spare(dataclasses.replace(moment(), **changed)) is free
