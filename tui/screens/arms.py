"""The arms of a run: renamed, hidden from every pane, and shown again, while they train on; and one more added."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from engine.arranged import Arrangement
from tui.charts.palette import colour
from tui.screens.dialogs import AskText, Dialog
from tui.screens.shown_run import ShownRun


class ArmsScreen(Dialog):
    """A line for each arm. What is done here acts at once, through `arrange`.

    `add` is given the arm to be copied, by its own name.
    """

    DEFAULT_CSS = """
    ArmsScreen OptionList, ArmsScreen OptionList:focus {
        height: auto; max-height: 12; border: none; background: $surface; padding: 0;
    }
    ArmsScreen OptionList > .option-list--option-highlighted,
    ArmsScreen OptionList:focus > .option-list--option-highlighted {
        background: $background; color: $foreground; text-style: bold underline;
    }
    ArmsScreen OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    ArmsScreen #arms-note { height: auto; min-height: 1; margin: 1 0; color: $text-muted; }
    ArmsScreen Horizontal { height: auto; align-horizontal: center; }
    ArmsScreen Button { margin: 0 1; min-width: 8; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape,A", "dismiss(None)", "close"),
        Binding("space", "hide", "hide or show"),
        Binding("n", "rename", "rename"),
        Binding("a", "add", "add"),
    ]
    _ADVICE = (
        "A hidden arm goes on training. Hiding and renaming change this screen only; w writes the names into a preset."
    )

    def __init__(
        self,
        run: ShownRun,
        arrange: Callable[[Arrangement], None],
        add: Callable[[str], None],
        selected: str | None,
    ) -> None:
        super().__init__()
        self._run, self._arrange, self._add = run, arrange, add
        self._arms = run.loaded.arm_names
        self._first = next((arm for arm, name in run.names.items() if name == selected), self._arms[0])

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("Arms", classes="title")
            yield OptionList(*self._options())
            yield Static(Text(self._ADVICE), id="arms-note")
            with Horizontal():
                yield Button("add (a)", id="arms-add", compact=True)
                yield Button("rename (n)", id="arms-rename", compact=True)
                yield Button("hide or show (space)", id="arms-hide", compact=True)
                yield Button("close (escape)", id="arms-close", compact=True)

    def on_mount(self) -> None:
        listed = self.query_one(OptionList)
        listed.highlighted = self._arms.index(self._first)
        listed.focus()

    def _options(self) -> list[Option]:
        return [Option(self._line(place, arm)) for place, arm in enumerate(self._arms)]

    def _line(self, place: int, arm: str) -> Text:
        arrangement = self._run.arrangement
        line, hidden = Text(no_wrap=True, overflow="ellipsis"), arm in arrangement.hidden
        line.append("[ ] " if hidden else "[x] ")
        name = arrangement.names.get(arm, arm)
        if hidden:
            out = arm in self._run.taken_out
            line.append(f"{name}  {'taken out of training' if out else 'hidden'}", style="dim")
        else:
            r, g, b = colour(place, self.app.current_theme.dark)
            line.append(name, style=f"bold rgb({r},{g},{b})")
        if name != arm:
            line.append(f"  {arm!r} in the preset", style="dim")
        return line

    @property
    def _chosen(self) -> str:
        return self._arms[self.query_one(OptionList).highlighted or 0]

    def _say(self, words: str = "", wrong: bool = False) -> None:
        # A part of a text takes the theme's red, and the whole of it the red of CSS.
        said = Text.assemble((words or self._ADVICE, "bold red" if wrong else ""))
        self.query_one("#arms-note", Static).update(said)

    def _changed(self, arrangement: Arrangement) -> None:
        self._arrange(arrangement)
        listed = self.query_one(OptionList)
        place = listed.highlighted
        listed.clear_options()
        listed.add_options(self._options())
        listed.highlighted = place
        self._say()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter, or a click on a line."""
        self.action_hide()

    def action_hide(self) -> None:
        arrangement, arm = self._run.arrangement, self._chosen
        if arm in self._run.taken_out:
            self._say(
                f"{self._shown_name(arm)!r} is taken out of training: X on the main screen brings it back.", wrong=True
            )
            return
        hidden = arrangement.hidden ^ {arm}
        if len(hidden) == len(self._arms):
            self._say("The last arm in sight cannot be hidden: show another one first.", wrong=True)
            return
        self._changed(dataclasses.replace(arrangement, hidden=hidden))

    def _shown_name(self, arm: str) -> str:
        return self._run.arrangement.names.get(arm, arm)

    def _ask_name(
        self, title: str, note: str, name: str, of: str, then: Callable[[str], None], wrong: str = ""
    ) -> None:
        """Ask until a name can be had for the arm `of` (empty: for a new one), or until none is wanted."""

        def answered(answer: str | None) -> None:
            if answer is None:
                return
            if why := self._run.refuse_name(of, answer):
                self._ask_name(title, note, answer, of, then, f"Not possible: {why}.")
            else:
                then(answer)

        self.app.push_screen(AskText(title, wrong or note, name, wrong=bool(wrong)), answered)

    def action_rename(self) -> None:
        arm, name = self._chosen, self._shown_name(self._chosen)
        note = "enter renames, escape leaves it; the run's file keeps the preset's name"
        self._ask_name(f"Rename {name!r} to", note, name, arm, lambda answer: self._renamed(arm, answer))

    def _renamed(self, arm: str, name: str) -> None:
        arrangement = self._run.arrangement
        names = {other: shown for other, shown in arrangement.names.items() if other != arm}
        self._changed(dataclasses.replace(arrangement, names=names if name == arm else {**names, arm: name}))

    def action_add(self) -> None:
        arm = self._chosen
        self.dismiss(None)
        self.app.call_later(self._add, arm)  # once this dialog is gone: it asks questions

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "arms-add":
                self.action_add()
            case "arms-rename":
                self.action_rename()
            case "arms-hide":
                self.action_hide()
            case _:
                self.dismiss(None)
