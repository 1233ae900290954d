"""What every key and every setting does, assembled from the lists that the program itself uses."""

from __future__ import annotations

import textwrap
from itertools import groupby

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.geometry import Size
from textual.screen import ModalScreen

from engine.preset import Setting, settings_by_key
from engine.preset.timeline import keys_in_words
from tui.panes import numbered
from tui.screens.actions import ACTIONS
from tui.widgets.lines import Lines

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
        "cursor",
        "the line with a head: everything is as of the end of its epoch, and what came later is faint. Beside the name "
        "of a curve is its value there as it was measured, smoothed or not. A long run keeps every so many epochs, and "
        "the cursor goes over those. What is computed from the present weights says so; knobs turn again after escape",
    ),
    (
        "star",
        "the arm whose kept weights have the lowest validation loss, where it is told apart from every other arm: ties "
        "and single seeds have none",
    ),
    (
        "differences",
        "an arm's number less the reference arm's, under each seed: their mean, and its 95 % confidence interval "
        "(Student's t). An arm is better or worse where that leaves out zero, else the two are not told apart: `no, 4 "
        "of 5: 6 more seeds` says that it is lower (or higher) under 4 of 5 seeds, and that 6 more would tell them "
        "apart if mean and spread stayed as they are. Unpaired is what it would be if no seed were shared (Welch)",
    ),
    (
        "ranking",
        "of more than four arms, by the last epoch's validation accuracy, or the loss where there is none: dots are "
        "means over the seeds in their 95 % confidence intervals, and the vertical rule is the first arm's value",
    ),
)
_PALETTE = ("ctrl+p", "the command palette: every action by name")
_TABLE = (
    "in pane 4",
    "arrows, pages, home and end scroll it, `,` sorts by the next column, `;` shows each seed as a dot, `D` sets the "
    "arm that the others are compared with",
)
_MOUSE = (
    "mouse: a click or a drag in a chart goes to its epoch, behind the newest one to now; a click on another arm's "
    "loss pane, a line of the ranking or a row of the table selects its arm, on a title of the table sorts by it "
    "(again: the other way round, then the preset's order), on a knob chooses it, on its arrows turns it"
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
            yield HelpText(id="help-text")


class HelpText(Lines):
    """All of the help, wrapped to the width that there is. Tables of Rich's took a third of a second to open."""

    DEFAULT_CSS = "HelpText { height: auto; }"
    _wrapped_for = 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the text takes."""
        if width != self._wrapped_for:
            self._wrapped_for, self._texts = width, _lines(width)
        return len(self._texts)


def _lines(width: int) -> list[Text]:
    lines: list[Text] = []

    def heading(words: str) -> None:
        lines.append(Text(words, style="bold underline"))

    for group, actions in groupby(ACTIONS, key=lambda action: action.group):
        heading(group)
        for action in actions:
            lines.extend(_entry(action.shown, Text(action.help), 10, width))
    panes = numbered()
    names = ", ".join(pane.summary for pane in panes)
    for name, words in ((f"{panes[0].number} - {panes[-1].number}", f"focus a pane: {names}"), _TABLE, _PALETTE):
        lines.extend(_entry(name, Text(words), 10, width))
    lines += [Text(), *(Text(line) for line in textwrap.wrap(_MOUSE, max(1, width))), Text()]
    heading("what is drawn")
    for name, words in _DRAWN:
        lines.extend(_entry(name, Text(words), 18, width))
    lines.append(Text())
    heading("[[timeline]]: what a preset does by itself")
    for name, words in keys_in_words().items():
        lines.extend(_entry(name, Text(words), 18, width))
    lines.append(Text())
    heading("settings")
    for section, members in groupby(settings_by_key().values(), key=lambda setting: setting.section):
        heading(f"[{section}]")
        for setting in members:
            lines.extend(_entry(setting.name, _described(setting), 18, width))
    return lines


def _entry(name: str, words: Text, room: int, width: int) -> list[Text]:
    """A name, and beside it in a column of its own what it is; a long name stands on a line before."""
    indent, lines = room + 4, []
    label = Text(f"  {name}", style="bold")
    if len(name) > room:
        lines.append(label)
        label = Text()
    # Each line of the second column by itself: where a line ends is known by the plain words.
    start = 0
    for part in textwrap.wrap(words.plain, max(8, width - indent)) or [""]:
        start = words.plain.index(part.split(" ")[0], start) if part else start
        line = Text(no_wrap=True)
        line.append_text(label)
        line.append(" " * (indent - len(label.plain)))
        line.append_text(words[start : start + len(part)])
        lines.append(line)
        start, label = start + len(part), Text()
    return lines


def _described(setting: Setting) -> Text:
    text = Text()
    if setting.live:
        text.append("live  ", style="green")
    text.append(f"{setting.help} ")
    unit = f", {setting.unit}" if setting.unit else ""
    if setting.bounds != "any":
        text.append(f"({setting.bounds}{unit})", style="dim")
    return text
