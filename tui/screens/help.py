"""What every key and every setting does, put together from the lists the program itself works by."""

from __future__ import annotations

from itertools import groupby

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.preset import knobs
from tui.screens.actions import ACTIONS, PANES

_INTRO = """\
Each arm of the preset trains beside the others under equal conditions: same first weights, same batches, same noise.
Train loss is drawn solid, validation loss dotted, both measured without noise and without penalties. A diamond marks
the best epoch, a thin line a turned knob, a thick one where early stopping ends the arm or would have."""


class HelpScreen(ModalScreen[None]):
    """Keys by group, then the settings as the schema declares them."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; }
    HelpScreen > VerticalScroll {
        width: 104; max-width: 98%; height: 94%; border: round $accent; padding: 0 1; background: $surface;
        border-title-style: bold;
    }
    """
    BINDINGS = [
        Binding("escape,question_mark,q", "dismiss(None)", "close"),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.border_title = "help: arrows scroll, escape closes"
            yield Static(_text())


def _text() -> Text:
    told = Text()
    told.append(f"{_INTRO}\n\n")
    for group, actions in groupby(ACTIONS, key=lambda action: action.group):
        told.append(f"{group}\n", style="bold underline")
        for action in actions:
            told.append(f"  {action.shown:<10}", style="bold")
            told.append(f"{action.help}\n")
    told.append(f"  {'1 - ' + str(len(PANES)):<10}", style="bold")
    told.append(f"focus a pane: {', '.join(PANES)}\n")
    told.append(f"  {'ctrl+p':<10}", style="bold")
    told.append("the command palette: every action by name\n\n")
    told.append("mouse: a click on a loss pane selects its arm, on a knob chooses it, on its arrows turns it\n\n")
    for section, members in groupby(knobs().values(), key=lambda knob: knob.section):
        told.append(f"\\[{section}]\n".replace("\\", ""), style="bold underline")
        for knob in members:
            told.append(f"  {knob.name:<18}", style="bold")
            live = "live" if knob.live else ""
            told.append(f"{live:<5}", style="green")
            unit = f", {knob.unit}" if knob.unit else ""
            told.append(f"{knob.help} ")
            told.append(f"({knob.bounds}{unit})\n" if knob.bounds != "any" else "\n", style="dim")
    return told
