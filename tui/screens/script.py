"""What a preset's timeline asks and shows: questions to be predicted, their answers, pauses, closer looks."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from engine.commands import Predict
from engine.events import Answered, Asked, Halted, Pointed
from tui.looks import LOOKS
from tui.screens.chosen import Chosen
from tui.screens.guard import LivesOn
from tui.screens.messages import TimelineSpoke
from tui.screens.shown_run import ShownRun
from tui.screens.trying import CanTry
from tui.widgets.asked import answer_in_words

# Another process's run is asked again after so many seconds whether it stands still.
_LATER = 0.5
_FRAME = """
    {name} {{ align: center middle; }}
    {name} > Vertical {{
        width: 76; max-width: 96%; height: auto; max-height: 90%; border: round $accent; padding: 1 2;
        background: $surface;
    }}
    {name} .question {{ text-style: bold; width: 100%; height: auto; margin-bottom: 1; }}
"""


class Prediction(LivesOn, ModalScreen[int | None]):
    """Asks what will happen; the place of the choice, or None where it was put aside."""

    DEFAULT_CSS = (
        _FRAME.format(name="Prediction")
        + """
    Prediction OptionList { height: auto; max-height: 100%; border: none; background: $surface; padding: 0; }
    Prediction OptionList:focus { border: none; }
    Prediction OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    )
    BINDINGS = [
        Binding("escape", "dismiss(None)", "back"),
        *(Binding(str(number), f"choose({number - 1})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = f"epoch {self._asked.epoch:,}: predict, with enter or the number; escape goes back"
            yield Static(Text(self._asked.question), classes="question")
            choices = enumerate(self._asked.choices, start=1)
            yield OptionList(*(Option(Text(f"{number} {choice}")) for number, choice in choices))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option_index)

    def action_choose(self, place: int) -> None:
        if place < len(self._asked.choices):
            self.dismiss(place)


class Outcome(LivesOn, ModalScreen[None]):
    """Shows what came of a question."""

    DEFAULT_CSS = (
        _FRAME.format(name="Outcome")
        + """
    Outcome VerticalScroll { height: auto; max-height: 100%; background: $surface; }
    Outcome .happened { width: 100%; height: auto; }
    """
    )
    BINDINGS = [Binding(keys, "dismiss(None)", "back") for keys in ("escape", "enter", "space")]

    def __init__(self, asked: Asked, paragraphs: list[str], epoch: int) -> None:
        super().__init__()
        self._asked, self._paragraphs, self._epoch = asked, paragraphs, epoch

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = f"epoch {self._epoch:,}: what happened; enter goes on"
            with VerticalScroll():
                yield Static(Text(self._asked.question), classes="question")
                yield Static(Text("\n\n".join(self._paragraphs)), classes="happened")


class FollowsTimeline(CanTry):
    """A screen of a run that does what the preset's timeline asks of it."""

    run: ShownRun
    _chosen: Chosen

    def _soon(self) -> None:
        raise NotImplementedError

    def action_look(self, name: str) -> None:
        raise NotImplementedError

    def on_mount(self) -> None:
        """Another process's run may be waiting for an answer already."""
        view = self.run.view()
        if view.attached:
            self.call_after_refresh(lambda: [self._ask(asked) for asked in list(view.record.asked.values())[-1:]])

    def on_timeline_spoke(self, message: TimelineSpoke) -> None:
        """Show what has come. A run that does not obey, or has not waited, is not asked about."""
        if message.worker is not self.worker:
            return
        match message.event:
            case Asked() as asked if not self._ask(asked) and self.run.view().attached:
                self.set_timer(_LATER, lambda: self._ask(asked))  # that it stands still is heard a moment later
            case Halted() if self._stands_still():
                self.notify("The preset pauses here: space goes on.", markup=False)
            case Pointed(look=look) if not self.run.view().opened:
                self._open_pointed(look)
            case Answered() as answered:
                self._show_outcome(answered)

    def _ask(self, asked: Asked) -> bool:
        """Ask, where the run waits for an answer; whether it does."""
        record = self.run.view().record
        if asked.number in {*record.predicted, *record.answered} or not self._stands_still():
            return False
        self.app.push_screen(Prediction(asked), lambda choice: self._predicted(asked, choice))
        return True

    def _stands_still(self) -> bool:
        view = self.run.view()
        if view.opened or not view.paused:
            return False
        self._chosen.paused = True
        return True

    def _predicted(self, asked: Asked, choice: int | None) -> None:
        if choice is None:
            self.notify("Not predicted: space goes on.", markup=False)
            return
        self._chosen.paused = False
        self.worker.send(Predict(asked.number, choice))
        self._soon()

    def _open_pointed(self, look: str) -> None:
        if look not in LOOKS:
            self.notify(f"no look {look!r}: one of {', '.join(LOOKS)}", title="the preset's timeline", markup=False)
        elif self._chosen.look != look:
            self.action_look(look)

    def _show_outcome(self, answered: Answered) -> None:
        """As a dialog where somebody has predicted here, else as a message."""
        record = self.run.view().record
        answered = record.answered.get(answered.number, answered)  # with the arms called as here
        asked, paragraphs = record.asked.get(answered.number), answer_in_words(record, answered)
        if asked is None or not paragraphs:
            return
        if answered.number in record.predicted and not self.run.view().opened:
            self.app.push_screen(Outcome(asked, paragraphs, answered.epoch))
        elif answered.answer or answered.reveal:
            words = "\n".join(words for words in (asked.question, *paragraphs[:-1]) if words)
            self.notify(words, title="what happened", timeout=12, markup=False)
