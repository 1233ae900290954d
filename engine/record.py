"""A run as its events make it: all that a screen, a table, a file or another machine needs. It uses no thread."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import TYPE_CHECKING

from engine.events import (
    Adjusted,
    Answered,
    Asked,
    Epoch,
    Event,
    Failed,
    Finished,
    Found,
    Halted,
    Intervention,
    Loading,
    Pointed,
    Predicted,
    Receipt,
    Reported,
    Said,
    Seen,
    Started,
    Stopped,
    WouldStop,
)
from engine.preset import Preset, with_value
from engine.state import Lane

if TYPE_CHECKING:
    from engine.history import History

# A closer look: (look, arm, seed), see `engine.looks`.
Look = tuple[str, str, int]
# The newest texts of a timeline that are kept.
_SAID = 100


class RunRecord:
    """What is known of a run. Only `take` changes it.

    Attributes
    ----------
    preset : the experiment, with the knobs as they stand.
    begun : it as the run, or its last restart, began.
    loading, share : what is being waited for before training can start, and how much of it is there, 0 to 1.
    started : what the run consists of; None while it loads.
    history : every metric so far, bounded in memory; safe to read from other threads. None while the run loads.
    epoch : the newest.
    last, would_stop, stopped, finished : the newest event of each lane.
    reported : what others report, beside ours.
    found : the newest sweep of learning rates, by arm.
    seen : the latest result of each closer look.
    said : the texts of the preset's timeline, the newest last.
    asked, predicted, answered : its questions, what was predicted and what came of it, by `Asked.number`.
    failed : why the engine could not go on.
    """

    def __init__(self, preset: Preset) -> None:
        self.preset = self.begun = preset
        self.loading = "importing torch"
        self.share: float | None = None
        self._clear()

    def _clear(self) -> None:
        """Nothing has been trained."""
        self.started: Started | None = None
        self.history: History | None = None
        self.epoch = 0
        self.last: dict[Lane, Epoch] = {}
        self.would_stop: dict[Lane, WouldStop] = {}
        self.stopped: dict[Lane, Stopped] = {}
        self.finished: dict[Lane, Finished] = {}
        self.reported: tuple[Reported, ...] = ()
        self.found: dict[str, Found] = {}
        self.seen: dict[Look, Seen] = {}
        self.said: tuple[Said, ...] = ()
        self.asked: dict[int, Asked] = {}
        self.predicted: dict[int, Predicted] = {}
        self.answered: dict[int, Answered] = {}
        self.failed: Failed | None = None

    def take(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case Epoch():
                self.last[(event.arm, event.seed)] = event
                self.epoch = max(self.epoch, event.epoch)
                if self.history is not None:
                    self.history.add(event)
            case Loading():
                if self.started is not None or self.failed is not None:  # it begins anew
                    self.begun = self.preset
                    self._clear()
                self.loading, self.share = event.text, event.share
            case Started():
                self._begin(event)
            case Intervention():
                self.preset = with_value(self.preset, event.knob, event.new, None if event.of_all else event.arm)
                if self.history is not None:
                    self.history.add(event)
            case Adjusted():
                self.preset = with_value(self.preset, event.knob, event.value, event.arm)
            case WouldStop():
                self.would_stop[(event.arm, event.seed)] = event
            case Stopped():
                self.stopped[(event.arm, event.seed)] = event
            case Finished():
                self.finished[(event.arm, event.seed)] = event
            case Reported():
                self.reported += (event,)
            case Found():
                self.found[event.arm] = event
            case Seen():
                if any(seen.epoch != event.epoch for seen in self.seen.values()):
                    self.seen = {}  # of another epoch: it no longer holds
                self.seen[(event.look, event.arm, event.seed)] = event
            case Failed():
                self.failed = event
            case Said():
                self.said = (*self.said[1 - _SAID :], event)
            case Asked():
                self.asked[event.number] = event
            case Predicted():
                self.predicted[event.number] = event
            case Answered():
                self.answered[event.number] = event
            case Receipt() | Halted() | Pointed():
                pass  # the knob that a receipt speaks of has its own event, and a screen does what it is asked to

    def take_all(self, events: Iterable[Event]) -> None:
        """Take in events in their order."""
        for event in events:
            self.take(event)

    def _begin(self, started: Started) -> None:
        from engine.history import History  # numpy, which a record that is only begun does not wait for

        self._clear()
        self.started, self.begun = started, self.preset
        self.history = History([(arm, seed) for arm in started.arms for seed in started.seeds])

    def snapshot(self, whole: bool = False) -> RunRecord:
        """A copy of its present state, for another thread. The history is shared, unless the copy is to be `whole`."""
        other = copy.copy(self)
        if whole and self.history is not None:
            other.history = self.history.copy()
        for name in ("last", "would_stop", "stopped", "finished", "found", "seen", "asked", "predicted", "answered"):
            setattr(other, name, dict(getattr(self, name)))
        return other

    @property
    def interventions(self) -> list[Intervention]:
        """The turned knobs, the newest thousand."""
        return [] if self.history is None else self.history.interventions

    @property
    def over(self) -> bool:
        """Whether every lane has been tested."""
        return self.started is not None and len(self.finished) == len(self.started.arms) * len(self.started.seeds)

    @property
    def interrupted(self) -> bool:
        """Whether the user ended some lane."""
        return any(end.reason == "user" for end in self.stopped.values())

    @property
    def diverged(self) -> bool:
        """Whether every lane has diverged."""
        ends = [end.reason for end in self.stopped.values()]
        return self.started is not None and ends.count("diverged") == len(self.started.arms) * len(self.started.seeds)
