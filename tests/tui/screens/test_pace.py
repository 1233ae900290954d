"""Promises of the pace: drawing never takes more than its share, and never looks dead."""

import time

import pytest

from tui.screens.pace import FRAMES_PER_SECOND, SLOWEST, Pace


def burn(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_cheap_frames_come_as_often_as_wished():
    assert Pace(10).wait() == pytest.approx(0.1)
    assert Pace(None).wait() == pytest.approx(1 / FRAMES_PER_SECOND)


def test_costly_frames_come_seldom_but_at_least_so_often():
    pace = Pace(100)
    waits = []
    for _ in range(6):
        pace.begin()
        burn(0.02)
        waits.append(pace.wait())
    assert waits[-1] > 0.1
    for _ in range(3):
        pace.begin()
        burn(0.2)
    assert pace.wait() <= SLOWEST


def test_sleeping_costs_nothing():
    pace = Pace(50)
    for _ in range(4):
        pace.begin()
        time.sleep(0.02)
    pace.begin()
    assert pace.wait() < 0.1
