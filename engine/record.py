"""A run as its events make it: all that a screen, a table, a file or another machine needs. It uses no thread."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.events import (
    Adjusted,
    Answered,
    Asked,
    Compared,
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
    Rearranged,
    Receipt,
    Reported,
    Said,
    Seen,
    Started,
    Stopped,
    Travelled,
    WouldStop,
)
from engine.preset import Preset, all_from_the_start, with_seeds, with_value
from engine.state import Lane, Parked

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
    begun : it as the run, or its last restart, began; arms and seeds that were added later are there as they began.
    loading, share : what is being waited for before training can start, and how much of it is there, 0 to 1.
    started : what the run consists of; None while it loads.
    history : every metric so far, bounded in memory; safe to read from other threads. None while the run loads.
    epoch : the newest.
    last, would_stop, stopped, finished : the newest event of each lane.
    reported : what others report, beside ours.
    found : the newest sweep of learning rates, by arm.
    parked : the arms that are not trained now.
    travel : how far lanes are on their way to another place; None while none are.
    ghost : the history of the future that the last rewind left; None where there was none.
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
        self.parked: dict[str, Parked] = {}
        self.travel: Travelled | None = None
        self.ghost: History | None = None
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
                self._take_epoch(event)
            case Loading():
                if self.started is not None or self.failed is not None:  # it begins anew
                    self.preset = self.begun = all_from_the_start(self.preset)
                    self._clear()
                self.loading, self.share = event.text, event.share
            case Started():
                self._begin(event)
            case Intervention():
                self.preset = with_value(self.preset, event.knob, event.new, None if event.of_all else event.arm)
                if self.history is not None:
                    self.history.add(event)
            case Rearranged():
                self._rearrange(event)
            case Travelled():
                self.travel = event
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
            case Receipt() | Halted() | Pointed() | Compared():
                pass  # a turned knob has its own event, a screen does as asked, a comparison is of the lanes' events

    def _take_epoch(self, event: Epoch) -> None:
        self.last[event.arm, event.seed] = event
        self.epoch = max(self.epoch, event.epoch)
        if self.history is not None:
            self.history.add(event)

    def take_all(self, events: Iterable[Event]) -> None:
        """Take in events in their order."""
        for event in events:
            self.take(event)

    def _begin(self, started: Started) -> None:
        from engine.history import History  # numpy, which a record that is only begun does not wait for

        self._clear()
        self.started, self.begun = started, self.preset
        self.history = History([(arm, seed) for arm in started.arms for seed in started.seeds])

    def _rearrange(self, event: Rearranged) -> None:
        """Other lanes are there, or they stand elsewhere. What of the old ones is none of theirs is let go."""
        self.preset = Preset.model_validate_json(json.dumps(event.preset))
        began = {arm.name: arm for arm in self.begun.arms}
        arms = tuple(began.get(arm.name, arm) for arm in self.preset.arms)
        self.begun = with_seeds(self.begun.model_copy(update={"arms": arms}), self.preset.seeds)
        self.started, self.parked, self.travel = event.started, dict(event.parked), None
        lanes = [(arm, seed) for arm in self.preset.arm_names for seed in self.preset.seeds]
        if event.what == "rewind":
            self.ghost, self.epoch = self.history, event.epoch
            self.finished, self.reported, self.seen = {}, (), {}
            self.would_stop = {lane: mark for lane, mark in self.would_stop.items() if mark.epoch <= event.epoch}
            self.stopped = {lane: end for lane, end in self.stopped.items() if end.epoch <= event.epoch}
            self.last = {lane: last for lane, last in self.last.items() if lane[0] in self.parked}
            if self.history is not None:
                self.history = self.history.until(event.epoch)
        if self.history is not None and self.history.lanes != lanes:
            self.history = self.history.of_lanes(lanes)
        for name in ("last", "would_stop", "stopped", "finished"):
            held: dict[Lane, Any] = getattr(self, name)
            setattr(self, name, {lane: held[lane] for lane in lanes if lane in held})

    def _trained(self) -> list[Lane]:
        """The lanes that are, or were, trained to their end."""
        if self.started is None:
            return []
        return [(arm, seed) for arm in self.started.arms if arm not in self.parked for seed in self.started.seeds]

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
        return self.started is not None and all(lane in self.finished for lane in self._trained())

    @property
    def interrupted(self) -> bool:
        """Whether the user ended some lane."""
        return any(end.reason == "user" for end in self.stopped.values())

    @property
    def diverged(self) -> bool:
        """Whether every lane has diverged."""
        ends = {lane: end.reason for lane, end in self.stopped.items()}
        return self.started is not None and all(ends.get(lane) == "diverged" for lane in self._trained())
