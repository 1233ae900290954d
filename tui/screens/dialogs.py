"""Small questions over the screen: one of a few answers, or a line of text."""

from __future__ import annotations

from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label

from tui.screens.guard import LivesOn


@dataclass(frozen=True, slots=True)
class Question:
    """`answers` are (what is returned, what the button says); the first is in focus."""

    title: str
    text: str
    answers: tuple[tuple[str, str], ...]


class Dialog(LivesOn, ModalScreen[str | None]):
    """A box in the middle of the screen."""

    DEFAULT_CSS = """
    Dialog { align: center middle; }
    Dialog > Vertical {
        width: 76; max-width: 96%; height: auto; border: round $accent; padding: 1 2; background: $surface;
    }
    Dialog .title { text-style: bold; margin-bottom: 1; width: 100%; }
    Dialog .text { width: 100%; margin-bottom: 1; }
    """


class Ask(Dialog):
    """Asks one question; None where it was put aside with escape."""

    DEFAULT_CSS = """
    Ask Horizontal { height: auto; align-horizontal: center; }
    Ask Button { margin: 0 1; min-width: 8; }
    Ask Button:focus:nocolor { text-style: bold reverse; }
    """
    BINDINGS = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("left", "app.focus_previous", show=False),
        Binding("right", "app.focus_next", show=False),
    ]

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(self._question.title, classes="title", markup=False)
            yield Label(self._question.text, classes="text", markup=False)
            with Horizontal():
                for place, (_, words) in enumerate(self._question.answers):
                    yield Button(
                        words, id=f"answer-{place}", compact=True, variant="primary" if place == 0 else "default"
                    )

    def on_button_pressed(self, event: Button.Pressed) -> None:
        place = int((event.button.id or "answer-0").removeprefix("answer-"))
        self.dismiss(self._question.answers[place][0])


class AskText(Dialog):
    """Asks for a line of text; None where it was put aside with escape.

    `text` stands below it, with `wrong` as what was wrong with the text typed before. With `empty` an empty line is an
    answer too.
    """

    DEFAULT_CSS = """
    AskText Input { background: $boost; margin-bottom: 1; }
    AskText .wrong { color: $text-error; text-style: bold; }
    """
    BINDINGS = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, title: str, text: str, value: str, *, wrong: bool = False, empty: bool = False) -> None:
        super().__init__()
        self._empty = empty
        self._title, self._text, self._value, self._wrong = title, text, value, wrong

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(self._title, classes="title", markup=False)
            yield Input(self._value, compact=True)
            yield Label(self._text, classes="text wrong" if self._wrong else "text", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self.dismiss(text if text or self._empty else None)
