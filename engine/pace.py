"""How fast a run goes: paused, by single epochs, by a beat, or as fast as it can; and how fast it has gone."""

from __future__ import annotations

import time
from collections import deque

from engine.commands import Pause, Resume, SetSpeed, StepEpoch
from engine.preset import PresetError

# The rate of epochs is measured over this much time, seconds.
_SPAN = 1.0


class Pace:
    """When the next epoch is due. `speed` is in epochs per second, None for as fast as it goes."""

    def __init__(self, paused: bool, speed: float | None) -> None:
        self.paused, self.speed = paused, speed
        self._single_epochs = 0  # to be trained before pausing again
        self._due = 0.0

    def obey(self, command: Pause | Resume | StepEpoch | SetSpeed) -> None:
        """Do what a command asks. Raises PresetError where it cannot be done."""
        match command:
            case Pause():
                self.pause()
            case Resume():
                self.resume()
            case StepEpoch():
                self.step()
            case SetSpeed(speed):
                self.set_speed(speed)

    def start(self) -> None:
        """The next epoch is due now."""
        self._due = time.perf_counter()

    def left(self) -> float:
        """Seconds until the next step may be taken."""
        return 0.0 if self.speed is None else self._due - time.perf_counter()

    def epoch_done(self) -> None:
        """An epoch has been trained."""
        if self._single_epochs:
            self._single_epochs -= 1
            self.paused = self._single_epochs == 0
        if self.speed is not None:
            # Keep the beat, but do not run after beats that a slow machine has missed.
            self._due = max(self._due, time.perf_counter() - 1 / self.speed) + 1 / self.speed

    def pause(self) -> None:
        """Pause."""
        self.paused, self._single_epochs = True, 0

    def resume(self) -> None:
        """Go on."""
        self.paused, self._single_epochs = False, 0

    def step(self) -> None:
        """One epoch more, then pause."""
        self.paused, self._single_epochs = False, self._single_epochs + 1

    def forget_steps(self) -> None:
        """A run begun anew pauses at once where single epochs were still to be trained."""
        self.paused, self._single_epochs = self.paused or self._single_epochs > 0, 0

    def set_speed(self, speed: float | None) -> None:
        """Set the speed in epochs per second. Raises PresetError where it is no speed."""
        if speed is not None and not speed > 0:
            raise PresetError(f"speed = {speed}: must be above 0, in epochs per second")
        self.speed = speed
        if speed is not None:  # the next epoch is due by the new beat: the old one may be minutes away
            self._due = min(self._due, time.perf_counter() + 1 / speed)


class Rate:
    """Epochs per second over the last second or so."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[float, int]] = deque()

    def count(self, epoch: int) -> None:
        """This epoch has just ended."""
        now = time.perf_counter()
        self._ticks.append((now, epoch))
        while len(self._ticks) > 2 and now - self._ticks[0][0] > _SPAN:
            self._ticks.popleft()

    def clear(self) -> None:
        """Begin to measure anew."""
        self._ticks.clear()

    @property
    def measured(self) -> float:
        """0 before two epochs."""
        if len(self._ticks) < 2:
            return 0.0
        (then, first), (now, last) = self._ticks[0], self._ticks[-1]
        return (last - first) / (now - then) if now > then else 0.0
