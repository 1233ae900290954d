"""The run on the screen: its worker, the arms as the user has arranged them, and what was turned here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine.arranged import Arrangement, arranged_preset, arranged_view, renamed
from engine.commands import Command, Fork, Look, Turn
from engine.events import Event, Receipt
from engine.preset import Preset, with_seeds
from engine.repeated import repeated
from engine.view import AnyWorker, View
from tui.screens.undo import Undo

LONGEST_NAME = 60


class ShownRun:
    """A worker's run with arms renamed and hidden, with the methods of a worker; commands go to the arms' own names.

    Attributes
    ----------
    worker : that trains the run, or follows it.
    loaded, original : its preset as it was loaded, and the same arranged.
    arrangement : of the arms, by their own names.
    undo : the knobs that were turned here.
    taken_out : the arms, by their own names, that are out of training.
    moved : whether the run has other arms or seeds than are shown. Until `follow` the last view without them is given.
    """

    def __init__(
        self, worker: AnyWorker, loaded: Preset, arrangement: Arrangement | None = None, undo: Undo | None = None
    ) -> None:
        self.worker, self.loaded = worker, loaded
        self.undo = undo or Undo()
        self.moved = False
        self._last: View | None = None
        self.taken_out: frozenset[str] = frozenset()
        self.arrange(arrangement or Arrangement())

    # The arms --------------------------------------------------------------------------------------------------------

    @property
    def names(self) -> dict[str, str]:
        """What the arms in sight are called, by their own names."""
        return self.arrangement.shown(self.loaded.arm_names)

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms in sight as they are called."""
        return tuple(self.names.values())

    @property
    def _all_names(self) -> dict[str, str]:
        """What all arms are called, the hidden ones too."""
        return {arm: self.arrangement.names.get(arm, arm) for arm in self.loaded.arm_names}

    def arrange(self, arrangement: Arrangement) -> None:
        """Call or hide arms otherwise."""
        self.arrangement = arrangement
        self._presets: list[tuple[Preset, Preset]] = []  # (as it is, arranged), the newest last
        self.original = self._arranged(self.loaded)

    def refuse_name(self, arm: str, name: str) -> str:
        """Why an arm, by its own name, cannot be called so, in words; empty where it can."""
        if not name.strip():
            return "an arm needs a name"
        if len(name) > LONGEST_NAME:
            return f"{len(name)} characters: at most {LONGEST_NAME}"
        taken = [shown for other, shown in self._all_names.items() if other != arm]
        return f"another arm is called {name!r}: choose another name" if name in taken else ""

    def named_preset(self, preset: Preset) -> Preset:
        """A preset of this run with all its arms, called as here."""
        return arranged_preset(preset, self._all_names)

    def tweaked(self) -> tuple[Preset, bool]:
        """The preset as it is written, all arms called as here; and whether it repeats the run as it has been trained.

        It does where knobs were turned, which then stand in its timeline; else it has the settings as they stand.
        """
        view = self.worker.view()
        repeats = None if view.opened == "compared" or view.pending else repeated(view.record)
        return self.named_preset(repeats or view.turned), repeats is not None

    def named_view(self) -> View:
        """The view of all arms, hidden ones too, called as here."""
        view = self.worker.view()
        names = self._all_names
        if all(arm == name for arm, name in names.items()):
            return view
        return arranged_view(view, names, self.named_preset(view.preset), self.named_preset(view.record.begun))

    def _arranged(self, preset: Preset) -> Preset:
        """The same object for the same preset, so that what is drawn of it need not be drawn again."""
        names = self.names
        if all(arm == name for arm, name in names.items()) and tuple(names) == preset.arm_names:
            return preset
        for source, arranged in self._presets:
            if source is preset:
                return arranged
        self._presets = [*self._presets[-3:], (preset, arranged_preset(preset, names))]
        return self._presets[-1][1]

    # The methods of a worker -----------------------------------------------------------------------------------------

    def start(self) -> None:
        self.worker.start()

    def view(self) -> View:
        view = self.worker.view()
        self.moved = self._has_moved(view)
        if self.moved and self._last is not None:
            return self._last
        preset = self._arranged(view.preset)
        if preset is not view.preset:
            view = arranged_view(view, self.names, preset, self._arranged(view.record.begun))
        hidden = tuple(name for arm, name in self._all_names.items() if arm in self.arrangement.hidden)
        every = tuple(self._all_names.values())
        self._last = dataclasses.replace(view, original=self.original, hidden=hidden, all_arms=every)
        return self._last

    def _has_moved(self, view: View) -> bool:
        preset = view.preset
        return (
            preset.arm_names != self.loaded.arm_names
            or preset.seeds != self.loaded.seeds
            or _taken_out(view) != self.taken_out
        )

    def follow(self) -> None:
        """Show the arms and seeds that the run has now. Those that were taken out of training are out of sight."""
        view = self.worker.view()
        known = {arm.name: arm for arm in (*view.record.begun.arms, *self.loaded.arms)}
        arms = tuple(known.get(arm.name, arm) for arm in view.preset.arms)
        gone = set(self.loaded.arm_names) - set(view.preset.arm_names)
        self.loaded = with_seeds(self.loaded.model_copy(update={"arms": arms}), view.preset.seeds)
        out = _taken_out(view)
        hidden = (self.arrangement.hidden - self.taken_out | out) - gone
        self.taken_out, self._last, self.moved = out, None, False
        if gone:
            self.undo = Undo()  # its steps may be of arms that are no more
        self.arrange(dataclasses.replace(self.arrangement, hidden=hidden))

    def news(self) -> list[Event]:
        """The rare events since the last call, those of hidden arms left out."""
        news = self.worker.news()
        for event in news:
            if isinstance(event, Receipt) and not event.taken and event.do == Turn.kind:
                self.undo.refused(event.number)
        hidden, names = self.arrangement.hidden, self.names
        return [renamed(event, names) for event in news if getattr(event, "arm", None) not in hidden]

    def send(self, command: Command) -> int:
        own = {name: arm for arm, name in self.names.items()}
        if isinstance(command, Turn | Fork):
            command = renamed(command, own)
        elif isinstance(command, Look):
            command = Look(tuple((look, own.get(arm, arm), seed) for look, arm, seed in command.wanted))
        return self.worker.send(command)

    def close(self, timeout: float = 2.0) -> bool:
        return self.worker.close(timeout)

    # Turned knobs ----------------------------------------------------------------------------------------------------

    def turn(self, turns: Sequence[Turn]) -> None:
        """Pass a gesture's turns on, and keep it for `take_back`. What is of all arms is of those in sight."""
        if self.arrangement.hidden:
            turns = [
                dataclasses.replace(turn, arm=arm)
                for turn in turns
                for arm in ([turn.arm] if turn.arm is not None else self.arms)
            ]
        own = {name: arm for arm, name in self.names.items()}
        before = self.worker.view().turned
        numbers = [self.send(turn) for turn in turns]
        self.undo.did(before, [renamed(turn, own) for turn in turns], numbers)

    def take_back(self) -> list[Turn]:
        """Take the last gesture back: the turns that do so, of arms as they are called; empty where there is none."""
        turns = self.undo.back(self.worker.view().turned)
        for turn in turns:
            self.worker.send(turn)
        return [renamed(turn, self._all_names) for turn in turns]


def _taken_out(view: View) -> frozenset[str]:
    """The arms, by their own names, that a person has taken out of training."""
    return frozenset(arm for arm, held in view.record.parked.items() if held.taken_out)
