"""What every key and every setting does, assembled from the lists that the program itself uses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.preset import Setting, settings_by_key
from tui.panes import numbered
from tui.screens.actions import ACTIONS

_DRAWN = (
    ("arms", "trained beside one another under equal conditions: same first weights, same batches, same noise"),
    ("losses", "train loss thick, validation loss thin, both measured without noise and without penalties"),
    (
        "curves",
        "means over the seeds with their sample standard deviation around them; a seed that has ended holds its last "
        "value (`1 of 3 held` beside the arm), so that a mean does not jump where one ends before the others",
    ),
    (
        "diamond",
        "the best epoch: the last that early stopping counted as better. With min_delta a lower validation loss may "
        "follow it",
    ),
    ("vertical lines", "a thin one is a turned knob, a thick one where early stopping ends the arm or would have"),
    (
        "star",
        "the arm whose kept weights have the lowest validation loss, where its difference to every other arm, paired "
        "by seed, is larger than the spread of those differences: ties and single seeds have none",
    ),
    (
        "ranking",
        "of more than four arms, by the last epoch's validation accuracy, or the loss where there is none: dots are "
        "means, bars one standard deviation to each side, and the vertical rule is the first arm's value",
    ),
)
_PALETTE = ("ctrl+p", "the command palette: every action by name")
_TABLE = (
    "in pane 4",
    "arrows, pages, home and end scroll it, `,` sorts by the next column, `;` shows each seed as a dot",
)
_MOUSE = (
    "mouse: a click on a loss pane, a line of the ranking or a row of the table selects its arm, on a title of the "
    "table sorts by it (again: the other way round, then the preset's order), on a knob chooses it, on its "
    "arrows turns it"
)


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
            for group, actions in groupby(ACTIONS, key=lambda action: action.group):
                yield Static(Text(group, style="bold underline"))
                yield Static(_listing([(action.shown, action.help) for action in actions], 10))
            panes = numbered()
            names = ", ".join(pane.summary for pane in panes)
            yield Static(
                _listing([(f"{panes[0].number} - {panes[-1].number}", f"focus a pane: {names}"), _TABLE, _PALETTE], 10)
            )
            yield Static(Text(f"\n{_MOUSE}\n"))
            yield Static(Text("what is drawn", style="bold underline"))
            yield Static(_listing(_DRAWN, 18))
            yield Static(Text("\nsettings", style="bold underline"))
            for section, members in groupby(settings_by_key().values(), key=lambda setting: setting.section):
                yield Static(Text(f"[{section}]", style="bold underline"))
                yield Static(_listing([(setting.name, _described(setting)) for setting in members], 18))


def _listing(rows: Sequence[tuple[str, str | Text]], width: int) -> Table:
    """Names and, in a second column, what they do, wrapped."""
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=width + 2, style="bold")
    grid.add_column(ratio=1)
    for name, text in rows:
        grid.add_row(Text(f"  {name}"), text if isinstance(text, Text) else Text(text))
    return grid


def _described(setting: Setting) -> Text:
    text = Text()
    if setting.live:
        text.append("live  ", style="green")
    text.append(f"{setting.help} ")
    unit = f", {setting.unit}" if setting.unit else ""
    if setting.bounds != "any":
        text.append(f"({setting.bounds}{unit})", style="dim")
    return text
