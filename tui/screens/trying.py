"""What to try next: the list of a preset's tries, and what doing one of them means for the run at hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.commands import Turn
from engine.control import Order
from engine.preset import Preset, PresetError, Try, how_to_try, in_settings, tried, turns
from engine.view import AnyWorker, View
from engine.worker import Worker
from tui.screens.experiments import ask_to_leave
from tui.screens.guard import LivesOn
from tui.screens.messages import OpenPreset


class TryList(LivesOn, ModalScreen[int | None]):
    """Returns the place of the chosen try, or None."""

    DEFAULT_CSS = """
    TryList { align: center middle; }
    TryList > Vertical {
        width: 90; max-width: 98%; height: auto; max-height: 90%; border: round $accent; background: $surface;
    }
    TryList OptionList { height: auto; max-height: 100%; border: none; background: $surface; }
    TryList OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    BINDINGS = [
        Binding("escape", "dismiss(None)", "back"),
        *(Binding(str(number), f"choose({number - 1})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, tries: Sequence[Try]) -> None:
        super().__init__()
        self._tries = tries

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "try next: enter or its number does it, escape goes back"
            yield OptionList(*(Option(_line(number, chosen)) for number, chosen in enumerate(self._tries, start=1)))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_choose(self, place: int) -> None:
        if place < len(self._tries):
            self.dismiss(place)


def _line(number: int, chosen: Try) -> Text:
    return Text(f"{number} {chosen.text}").append(f"\n  {how_to_try(chosen)}", style="dim")


class CanTry(Screen[None]):
    """A screen of a run whose preset says what to try next; `original` is that preset as it was loaded.

    The knobs as they stand are the worker's to say.
    """

    original: Preset
    worker: AnyWorker

    def turn_knob(self, knob: str, value: Any, arm: str | None) -> None:
        """Ask for a knob to be set in one arm, or in all where it is None."""
        raise NotImplementedError

    def action_tries(self) -> None:
        """Let one of the preset's tries be chosen, and do it."""
        tries = self.original.tries
        if not tries:
            self.notify("This preset has nothing to try: turn a knob, or choose another preset (p).", markup=False)
            return
        self.app.push_screen(TryList(tries), lambda place: None if place is None else self._do(tries[place]))

    def action_try_number(self, place: int) -> None:
        """Do the try at this place, if there is one."""
        for chosen in self.original.tries[place : place + 1]:
            self._do(chosen)

    def _do(self, chosen: Try) -> None:
        """Turn its knobs in the running lab, where it is meant for one; otherwise train the preset with its settings.

        A lab that has ended cannot be turned: the preset is trained again, and the knobs turn at the try's epoch.
        """
        view = self.worker.view()
        try:
            if chosen.epoch is not None and view.state in ("running", "paused") and not view.opened:
                self._turn_for(view, chosen, chosen.epoch)
                return
            preset, orders = (
                (tried(self.original, chosen), ()) if chosen.epoch is None else _again(self.original, chosen)
            )
        except PresetError as error:
            self.notify(str(error), title="cannot be tried", severity="error", timeout=12, markup=False)
            return

        def leave() -> None:
            self.post_message(OpenPreset(preset, orders))

        ask_to_leave(self, view, "try it", leave)

    def _turn_for(self, view: View, chosen: Try, epoch: int) -> None:
        """At the try's epoch, or at once where that is past or where another process trains."""
        knobs = turns(view.turned, chosen)
        if not knobs:
            self.notify(f"{in_settings(chosen)}: it is so already.", markup=False)
            return
        worker, later = self.worker, False
        for knob, value, arm in knobs:
            if isinstance(worker, Worker) and view.record.epoch < epoch:
                worker.order(Order(Turn(knob, value, arm), at=epoch))
                later = True
            else:
                self.turn_knob(knob, value, arm)
        when = f"will be turned at epoch {epoch}" if later else "is turned now"
        self.notify(f"{chosen.text}\n{in_settings(chosen)} {when}.", title="trying", timeout=10, markup=False)


def _again(original: Preset, chosen: Try) -> tuple[Preset, tuple[Order, ...]]:
    """The preset with the try's sentence, and the orders that turn its knobs at its epoch."""
    orders = tuple(Order(Turn(knob, value, arm), at=chosen.epoch) for knob, value, arm in turns(original, chosen))
    texts = {"question": chosen.text, "reveal": chosen.reveal}
    others = tuple(other for other in original.tries if other != chosen)
    return original.model_copy(update={**texts, "tries": others}), orders
