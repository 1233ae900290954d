"""The pace of a run and what is measured of it, by a clock of the tests' own: no machine is too busy for it."""

from __future__ import annotations

import pytest

from engine.pace import Pace, Rate
from engine.preset import PresetError


class Clock:
    """Stands in for the module `time`."""

    def __init__(self) -> None:
        self.now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr("engine.pace.time", fake)
    return fake


def epochs_in(pace: Pace, clock: Clock, seconds: float, costs: float = 0.0) -> int:
    """How many epochs are trained in so long where each wait is kept; each epoch costs some time."""
    end, trained = clock.now + seconds, 0
    while clock.now + max(0.0, pace.left()) < end:
        clock.now += max(0.0, pace.left()) + costs
        pace.epoch_done()
        trained += 1
    clock.now = end
    return trained


@pytest.mark.parametrize("costs", [0.0, 0.01, 0.09])
def test_a_speed_is_kept_whatever_an_epoch_costs_up_to_its_beat(clock: Clock, costs: float) -> None:
    pace = Pace(paused=False, speed=10)
    pace.start()
    assert epochs_in(pace, clock, 10, costs) in (100, 101)


def test_without_a_speed_nothing_is_waited_for(clock: Clock) -> None:
    pace = Pace(paused=False, speed=None)
    pace.start()
    assert pace.left() == 0
    pace.epoch_done()
    assert pace.left() == 0


def test_after_a_stall_there_is_no_burst(clock: Clock) -> None:
    pace = Pace(paused=False, speed=10)
    pace.start()
    epochs_in(pace, clock, 1)
    clock.now += 60
    assert epochs_in(pace, clock, 1) <= 12  # the one that is overdue, and ten beats with both ends


def test_another_speed_holds_from_its_own_next_beat(clock: Clock) -> None:
    pace = Pace(paused=False, speed=0.01)
    pace.start()
    epochs_in(pace, clock, 1)
    pace.set_speed(10)
    assert pace.left() == pytest.approx(0.1)
    assert epochs_in(pace, clock, 1) in (9, 10)
    pace.set_speed(0.01)
    assert pace.left() <= 0.1  # the beat that was waited for is not put off


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan")])
def test_what_is_no_speed_is_refused_and_changes_nothing(speed: float) -> None:
    pace = Pace(paused=False, speed=3.0)
    with pytest.raises(PresetError, match="must be above 0"):
        pace.set_speed(speed)
    assert pace.speed == 3.0


def test_every_dot_is_an_epoch_and_the_last_of_them_pauses() -> None:
    pace = Pace(paused=True, speed=None)
    for _ in range(3):
        pace.step()
    paused = []
    for _ in range(3):
        paused.append(pace.paused)
        pace.epoch_done()
    assert paused == [False] * 3
    assert pace.paused


def test_dots_that_a_pause_or_a_resume_took_back_are_not_trained_with_the_next_one() -> None:
    for take_back in (Pace.pause, Pace.resume):
        pace = Pace(paused=True, speed=None)
        pace.step()
        pace.step()
        take_back(pace)
        assert pace.paused == (take_back is Pace.pause)
        pace.step()
        pace.epoch_done()
        assert pace.paused


def test_a_run_begun_anew_amid_dots_is_paused_and_any_other_goes_on_as_it_was() -> None:
    pace = Pace(paused=True, speed=None)
    pace.step()
    pace.forget_steps()
    assert pace.paused
    pace.step()
    pace.epoch_done()
    assert pace.paused
    running = Pace(paused=False, speed=None)
    running.forget_steps()
    assert not running.paused


# The rate ------------------------------------------------------------------------------------------------------------


def test_the_rate_is_none_before_two_epochs_or_in_no_time(clock: Clock) -> None:
    rate = Rate()
    assert rate.measured == 0
    rate.count(1)
    assert rate.measured == 0
    rate.count(2)  # at the same moment: a clock has its grain
    assert rate.measured == 0
    clock.now += 0.5
    rate.count(3)
    assert rate.measured == pytest.approx(4)
    rate.clear()
    assert rate.measured == 0


def test_a_second_after_a_change_of_speed_the_rate_is_the_new_one(clock: Clock) -> None:
    rate, epoch = Rate(), 0
    for every, seconds in ((0.5, 20.0), (0.01, 1.1), (0.5, 2.0)):
        end = clock.now + seconds
        while clock.now < end:
            clock.now += every
            epoch += 1
            rate.count(epoch)
        assert rate.measured == pytest.approx(1 / every, rel=0.02)


def test_a_rate_below_one_a_second_is_measured_between_the_last_two_epochs(clock: Clock) -> None:
    rate = Rate()
    for epoch in range(1, 6):
        clock.now += 10
        rate.count(epoch)
        assert rate.measured == pytest.approx(0.1 if epoch > 1 else 0)
