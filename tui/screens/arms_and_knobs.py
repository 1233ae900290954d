"""The keys that select an arm and turn knobs, and those that call, hide and add arms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.events import Click
from textual.widget import Widget

from engine.arranged import Arrangement
from engine.commands import Turn
from engine.preset import settings_by_key
from tui.panes.losses import Losses
from tui.screens.arms import ArmsScreen
from tui.screens.chosen import Chosen, first_selected
from tui.screens.differences import Differences
from tui.screens.painter import Painter
from tui.screens.shown_run import ShownRun
from tui.widgets.knobs import KnobPanel
from tui.widgets.picked import ArmPicked
from tui.widgets.words import setting


class ArmsAndKnobs(Differences):
    """What the main screen does with the arms and the knobs of its run."""

    run: ShownRun
    _chosen: Chosen
    _painter: Painter

    def _ask_to_look(self) -> None:
        raise NotImplementedError

    def _scroll_to_arm(self) -> None:
        raise NotImplementedError

    def _remake(self) -> None:
        raise NotImplementedError

    def _show_page_of(self, part: str) -> None:
        raise NotImplementedError

    def action_next_arm(self) -> None:
        self._select(1)

    def action_previous_arm(self) -> None:
        self._select(-1)

    def _select(self, by: int) -> None:
        self.query_one(KnobPanel).close_edit()
        if len(self.run.arms) > 1:
            choices = [*self.run.arms, None]
            self._chosen.arm = choices[(choices.index(self._chosen.arm) + by) % len(choices)]
            self._ask_to_look()
        self._painter.draw_all()
        self._scroll_to_arm()

    def action_knob_up(self) -> None:
        if not self._scrolled(-1) and self._knobs_in_sight():
            self.query_one(KnobPanel).move(-1)

    def action_knob_down(self) -> None:
        if not self._scrolled(1) and self._knobs_in_sight():
            self.query_one(KnobPanel).move(1)

    def _knobs_in_sight(self) -> bool:
        """Whether the knobs can be seen; where they are on another page, or behind the lesson, they are shown first.

        An enlarged pane stays. Of a run that nobody can turn the panel says so, wherever it is.
        """
        if self.maximized is not None:
            return self.maximized.id == "knobs"
        hidden = any(
            isinstance(node, Widget) and not node.display for node in self.query_one("#knobs").ancestors_with_self
        )
        if not hidden or self.run.view().opened:
            return True
        self.remove_class("-lesson", "-revealed")
        self._show_page_of("knobs")
        return False

    def _scrolled(self, lines: int) -> bool:
        """Whether the arrows belong to a pane of text in focus, which they scroll, or to one that hides the knobs."""
        pane = self.maximized or self.focused
        if pane is None or pane.id == "knobs":
            return False
        longer = pane.id in ("comparison", "stopping") or (pane.id == "look" and pane.max_scroll_y > 0)
        if self.maximized is None and not longer:
            return False
        pane.scroll_relative(y=lines, animate=False, immediate=True)
        return True

    def action_knob_less(self) -> None:
        self._turn(-1)

    def action_knob_more(self) -> None:
        self._turn(1)

    def _turn(self, direction: int) -> None:
        if self._knobs_in_sight():
            self.query_one(KnobPanel).turn(direction)

    def turn_knobs(self, turns: Sequence[Turn]) -> None:
        """Ask for knobs to be set in one arm or several; the lab's answer comes as receipts."""
        self.run.turn(turns)
        self._show_turned()

    def turn_knob(self, knob: str, value: Any, arm: str | None) -> None:
        """The same of one knob, in the arm of this name in the preset, or in all of them."""
        self.turn_knobs([Turn(knob, value, None if arm is None else self.run.names.get(arm, arm))])

    def _show_turned(self) -> None:
        # At once, with what waits for the lab: the next key of a burst counts from it.
        self.query_one(KnobPanel).update(self.run.view(), self.run.original, self._chosen.arm)

    def action_undo(self) -> None:
        """Take the last turned knob back, and show it."""
        panel = self.query_one(KnobPanel)
        turns = self.run.take_back()
        if not turns:
            panel.say("nothing to undo: no knob that was turned here stands as it was turned")
            return
        knob = settings_by_key()[turns[0].knob]
        self._show_turned()
        panel.choose(knob.key)
        arms = ", ".join(f"{setting(turn.value)} in {turn.arm}" for turn in turns)
        panel.say(f"undone: {knob.name.replace('_', ' ')} is back to {arms}")

    def action_knob_edit(self) -> None:
        if self._knobs_in_sight():
            self.query_one(KnobPanel).edit()

    def action_knob_back(self) -> None:
        if self._knobs_in_sight():
            self.query_one(KnobPanel).back()

    def on_click(self, event: Click) -> None:
        """A click on an arm's loss pane selects the arm."""
        arm = self.query_one(Losses).arm_of(event.widget)
        if arm is not None:
            self._choose(arm)

    def on_arm_picked(self, event: ArmPicked) -> None:
        """A click on an arm's line of the table or the ranking selects it too."""
        self._choose(event.arm)

    def _choose(self, arm: str) -> None:
        self.query_one(KnobPanel).close_edit()
        self._chosen.arm = arm
        self._ask_to_look()
        self._painter.draw_all()

    def action_more_knobs(self) -> None:
        if self._knobs_in_sight():
            self.query_one(KnobPanel).toggle_more()

    def action_arms(self) -> None:
        """Let the arms be renamed and hidden, and one more be added."""
        self.query_one(KnobPanel).close_edit()
        self.app.push_screen(ArmsScreen(self.run, self.arrange_arms, self.add_arm, self._chosen.arm))

    def add_arm(self, arm: str) -> None:
        """Add a copy of an arm, by its own name, which catches up with the others."""
        raise NotImplementedError

    def arrange_arms(self, arrangement: Arrangement) -> None:
        """Call and hide the arms otherwise; the selected one stays selected while it is in sight."""
        selected = next((arm for arm, name in self.run.names.items() if name == self._chosen.arm), None)
        reference = next((arm for arm, name in self.run.names.items() if name == self._chosen.reference), None)
        self.run.arrange(arrangement)
        self._chosen.reference = None if reference is None else self.run.names.get(reference)
        if selected is not None:
            self._chosen.arm = self.run.names.get(selected, first_selected(self.run.original))
        self._ask_to_look()
        self._remake()
