"""The keys that fork, add and take out arms, add seeds and go back in time; and the screen that follows a run whose
arms are others than before."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from engine.commands import AddArm, AddSeeds, BringBack, Fork, RemoveArm, Rewind
from engine.preset import PresetError, settings_by_key, with_value
from engine.preset.toml import BrokenTomlError, parsed
from tui.screens.chosen import first_selected
from tui.screens.dialogs import AskText
from tui.screens.look_back import LooksBack
from tui.screens.shown_run import LONGEST_NAME
from tui.widgets.knobs import KnobPanel


class TravelsInTime(LooksBack):
    """What the main screen does with the arms of a run in training; where a cursor is, what is done begins there."""

    def follow_run(self) -> bool:
        """Whether the run has other arms or seeds than are shown; then the panes are made anew."""
        if not self.run.moved:
            return False
        before = set(self.run.loaded.arm_names)
        selected = next((arm for arm, name in self.run.names.items() if name == self._chosen.arm), None)
        self.run.follow()
        added = [arm for arm in self.run.names if arm not in before]
        arm = added[-1] if added else selected  # the knobs of a copy are the next that are turned
        self._chosen.arm = self.run.names.get(arm) if arm is not None else None
        if selected is not None and self._chosen.arm is None and selected not in self.run.loaded.arm_names:
            self._chosen.arm = first_selected(self.run.original)
        self.query_one(KnobPanel).close_edit()
        self._ask_to_look()
        self._remake()
        return True

    # Forks and other arms ---------------------------------------------------------------------------------------------

    def action_fork(self) -> None:
        """Copy the selected arm as it was at the cursor, or as it is now."""
        if (arm := self._one_arm("copy")) is None:
            return
        epoch = self.cursor
        place = "now" if epoch is None else f"after epoch {epoch}"
        waits = "" if epoch is None else " It waits there for its first turned knob."
        note = f"the same weights, batches and noise from there on.{waits}"

        def named(name: str) -> None:
            self.run.send(Fork(arm, name, epoch))
            self.set_cursor(None)  # where its knobs turn
            self._soon()

        newest = self.run.worker.view().record.epoch
        self._ask_name(
            f"Fork {arm!r} {place}; call the copy", note, f"{arm} @{newest if epoch is None else epoch}", named
        )

    def action_duplicate(self) -> None:
        """Add a copy of the selected arm that is trained from the first epoch on, and catches up."""
        if (arm := self._one_arm("copy")) is not None:
            self.add_arm(next(own for own, name in self.run.names.items() if name == arm))

    def add_arm(self, arm: str) -> None:
        """The same of an arm by its own name."""
        shown = self.run.arrangement.names.get(arm, arm)
        note = "a copy of its settings as they stand, trained from the first epoch on until it has caught up"
        self._ask_name(
            f"Add a copy of {shown!r}, called", note, f"{shown} copy", lambda name: self._ask_what(arm, name)
        )

    def _ask_what(self, arm: str, name: str, given: str = "", wrong: str = "") -> None:
        """Ask what is different in the copy until it can be, or nothing is."""
        text = wrong or "one setting, such as regularization.dropout = 0.5; empty for nothing yet"

        def answered(answer: str | None) -> None:
            if answer is None:
                return
            try:
                settings = _setting(answer) if answer else {}
                for key, value in settings.items():
                    with_value(self.run.loaded, key, value, arm)
            except PresetError as error:
                self._ask_what(arm, name, answer, str(error))
                return
            self.run.worker.send(AddArm(arm, name, settings))
            self._soon()

        question = AskText(f"What is different in {name!r}", text, given, wrong=bool(wrong), empty=True)
        self.app.push_screen(question, answered)

    def action_take_out(self) -> None:
        """Take the selected arm out of training and out of sight, or bring back what is not trained."""
        view = self.run.worker.view()
        chosen = next((own for own, name in self.run.names.items() if name == self._chosen.arm), None)
        if chosen is None:
            parked = [arm for arm in view.preset.arm_names if arm in view.record.parked]
            if not parked:
                self.notify("select the arm to take out of training: tab", markup=False)
                return
            chosen = parked[-1]
        self.run.worker.send(BringBack(chosen) if chosen in view.record.parked else RemoveArm(chosen))
        self._soon()

    def action_add_seed(self) -> None:
        """Train all arms under one seed more."""
        self.run.worker.send(AddSeeds(1))
        self._soon()

    # Back in time -----------------------------------------------------------------------------------------------------

    def action_rewind(self) -> None:
        """Take the whole run back to the cursor."""
        if (epoch := self.cursor) is None:
            self.notify("go to an epoch first: [ or a click in a chart", title="nothing to go back to", markup=False)
            return
        self.run.worker.send(Rewind(epoch))
        self.set_cursor(None)
        self._soon()

    # Names ------------------------------------------------------------------------------------------------------------

    def _one_arm(self, to: str) -> str | None:
        """The selected arm, as it is called; said where it is not one."""
        if self._chosen.arm is None and len(self.run.arms) == 1:
            return self.run.arms[0]
        if self._chosen.arm is None:
            self.notify(f"select the arm to {to}: tab", markup=False)
        return self._chosen.arm

    def _ask_name(self, title: str, note: str, name: str, then: Callable[[str], None], wrong: str = "") -> None:
        """Ask until a name can be had for a new arm, or until none is wanted."""
        if not wrong:
            name = self._free(name)

        def answered(answer: str | None) -> None:
            if answer is None:
                return
            if why := self.run.refuse_name("", answer):
                self._ask_name(title, note, answer, then, f"Not possible: {why}.")
            else:
                then(answer)

        self.app.push_screen(AskText(title, wrong or note, name, wrong=bool(wrong)), answered)

    def _free(self, name: str) -> str:
        """The name, or with a number behind it one that no arm has."""
        short = name[: LONGEST_NAME - 5]
        names = itertools.chain([name[:LONGEST_NAME]], (f"{short} {number}" for number in itertools.count(2)))
        return next(free for free in names if not self.run.refuse_name("", free))

    def _soon(self) -> None:
        raise NotImplementedError


def _setting(text: str) -> dict[str, Any]:
    """A setting as it is typed: `regularization.dropout = 0.5`, or `dropout=0.5`. Raises PresetError."""
    key, equals, value = (part.strip() for part in text.partition("="))
    known = settings_by_key()
    if key not in known:
        found = [name for name in known if name.partition(".")[2] == key]
        key = found[0] if len(found) == 1 else key
    if not equals or not value:
        raise PresetError(f"{text!r}: expected SETTING = VALUE, such as regularization.dropout = 0.5")
    try:
        return {key: parsed(f"value = {value}")["value"]}
    except BrokenTomlError:
        return {key: value}  # a word, such as relu
