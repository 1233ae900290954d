"""The knob panel: every live setting of the selected arm (or of all), with its value and bounds, to be turned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.widgets import Input

from engine.commands import Turn
from engine.preset import Preset, PresetError, Setting, live_knobs
from engine.view import View
from tui.widgets.lines import Lines
from tui.widgets.words import setting

# The bounds stand behind each value where the panel is this wide, in a column of this width.
_WITH_BOUNDS = 42
_BOUNDS = 11


# Called at once when the user sets a knob (by its key) to a value, for an arm or for all where it is None. A message
# would be handled after the next key of a burst, which would then start from the old value.
Turned = Callable[[str, Any, str | None], None]


class KnobList(Lines):
    """The list itself; a click chooses a line, a click on its left or right arrow turns it."""

    def __init__(self) -> None:
        super().__init__(id="knob-list")

    def on_click(self, event: Click) -> None:
        panel = self.parent
        offset = event.get_content_offset(self)
        if isinstance(panel, KnobPanel) and offset is not None:
            panel.clicked(offset.x, offset.y)


class KnobPanel(Vertical):
    """Choose with up and down, turn with left and right, type after Enter, Backspace goes back to the preset."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    #knob-panel, #knob-list { height: 1fr; }
    #knob-note { height: 3; }
    .-compact #knob-note { height: 2; }
    #knob-input { height: 1; background: $boost; }
    """

    def __init__(self, ascii_only: bool, turned: Turned) -> None:
        super().__init__(id="knob-panel")
        self._ascii, self._turned = ascii_only, turned
        self._preset: Preset | None = None
        self._original: Preset | None = None
        self._arm: str | None = None
        self._shown: tuple[Preset, Preset, tuple[Turn, ...], str | None] | None = None
        self._pending: set[tuple[str, str | None]] = set()
        self._knobs: list[Setting] = []
        self._chosen = "regularization.dropout"
        self._top = 0
        self._refusal = ""

    def compose(self) -> ComposeResult:
        yield KnobList()
        yield Lines(id="knob-note")
        field = Input(id="knob-input", compact=True)
        field.display = False
        yield field

    def update(self, view: View, original: Preset, arm: str | None) -> None:
        """Show the knobs as they stand, for `arm` (None: all); those that the lab has not yet taken are marked as such.

        `original` is where Backspace leads back to.
        """
        # By identity: to compare all settings of all arms in every frame would cost more than to draw them.
        before = self._shown
        if before and before[0] is view.preset and before[1] is original and before[2:] == (view.pending, arm):
            return
        self._shown = (view.preset, original, view.pending, arm)
        if arm != self._arm:
            self._refusal = ""
        self._preset, self._original, self._arm = view.turned, original, arm
        self._pending = {(turn.knob, turn.arm) for turn in view.pending}
        arms = self._preset.arms
        self._knobs = [knob for knob in live_knobs() if any(one.settings.uses(knob) for one in arms)]
        if self._chosen not in [knob.key for knob in self._knobs]:
            self._chosen = self._knobs[0].key
        self._draw()

    @property
    def chosen(self) -> Setting:
        return next(knob for knob in self._knobs if knob.key == self._chosen)

    def _waits(self, knob: Setting) -> bool:
        """Whether the lab has not yet taken the knob's last turn in some arm that the panel shows."""
        arms = {arm for key, arm in self._pending if key == knob.key}
        return bool(arms) and (self._arm is None or bool(arms & {None, self._arm}))

    def _values(self, preset: Preset, knob: Setting) -> list[Any]:
        """The knob's value in each arm that the panel shows."""
        arms = preset.arms if self._arm is None else [preset.arm(self._arm)]
        return [arm.settings.get(knob.key) for arm in arms]

    def move(self, by: int) -> None:
        """Choose the knob `by` places further, going round."""
        self.close_edit()
        if self._knobs:
            keys = [knob.key for knob in self._knobs]
            self._chosen = keys[(keys.index(self._chosen) + by) % len(keys)]
            self._refusal = ""
            self._draw()

    def turn(self, direction: int) -> None:
        """Turn the chosen knob by one step of its own."""
        if self._preset is None:
            return
        knob = self.chosen
        values = self._values(self._preset, knob)
        turned = [knob.turn(value, direction) for value in values]
        if turned == values:
            self._refuse(f"{setting(values[0])} is the end: {knob.bounds}")
        elif len(set(turned)) == 1:
            self._set(turned[0])
        else:
            # All arms, each at a value of its own: each is turned by a step, and what differs goes on differing.
            self._refusal = ""
            for arm, before, after in zip(self._preset.arms, values, turned, strict=True):
                if before != after:
                    self._turned(knob.key, after, arm.name)

    def back(self) -> None:
        """Set the chosen knob to what the preset says, arm by arm."""
        if self._original is None or self._preset is None:
            return
        knob, self._refusal = self.chosen, ""
        arms = self._preset.arms if self._arm is None else [self._preset.arm(self._arm)]
        for arm in arms:
            value = self._original.arm(arm.name).settings.get(knob.key)
            if value != arm.settings.get(knob.key):
                self._turned(knob.key, value, arm.name)

    def edit(self) -> None:
        """Open the field to type the chosen knob's value; a word or a switch goes to its next value instead."""
        if self._preset is None:
            return
        if self.chosen.choices:
            self.turn(1)
            return
        field = self.query_one("#knob-input", Input)
        field.value = setting(self._values(self._preset, self.chosen)[0])
        field.placeholder = self.chosen.bounds
        field.display = True
        field.focus()
        self._draw()

    def close_edit(self) -> None:
        """Close the field without setting anything."""
        field = self.query_one("#knob-input", Input)
        if field.display:
            field.display = False
            self.screen.set_focus(None)
            self._draw()

    @property
    def editing(self) -> bool:
        return bool(self.query_one("#knob-input", Input).display)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            value = self.chosen.parse(event.value)
        except PresetError as error:
            self._refuse(str(error).partition(" = ")[2] or str(error))
            return
        self.close_edit()
        self._set(value)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

    def clicked(self, x: int, y: int) -> None:
        """Choose the knob on line `y`; a click on its arrows turns it."""
        rows = self._rows()
        if not 0 <= y + self._top < len(rows):
            return
        row = rows[y + self._top]
        if not isinstance(row, Setting):
            return
        again = row.key == self._chosen
        if not again:
            self.close_edit()
        self._chosen = row.key
        self._refusal = ""
        width = self.query_one(KnobList).content_size.width
        left, right = _value_span(width)
        if again and x == left - 2:
            self.turn(-1)
        elif again and x == right + 1:
            self.turn(1)
        elif again and left <= x <= right:
            self.edit()
        self._draw()

    def _set(self, value: Any) -> None:
        self._refusal = ""
        self._turned(self._chosen, value, self._arm)

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self._draw()

    def on_resize(self) -> None:
        self._top = 0  # from the top, as far as the chosen one can be seen so
        self._draw()

    def _rows(self) -> list[Setting | str]:
        rows: list[Setting | str] = []
        for knob in self._knobs:
            if not rows or (isinstance(rows[-1], Setting) and rows[-1].section != knob.section):
                rows.append(knob.section)
            rows.append(knob)
        return rows

    def _draw(self) -> None:
        if self._preset is None or self._original is None or not self.is_mounted:
            return
        listing = self.query_one(KnobList)
        width, height = listing.content_size
        rows = self._rows()
        place = next(number for number, row in enumerate(rows) if isinstance(row, Setting) and row.key == self._chosen)
        # Keep the chosen line in sight, and its section's name with it where it is the first of it.
        self._top = min(max(self._top, place - height + 1), max(0, place - 1))
        self._top = max(0, min(self._top, len(rows) - height))
        listing.show([self._line(row, width) for row in rows[self._top : self._top + height]])
        knob = self.chosen
        unit = f" {knob.unit}" if knob.unit else ""
        how = " (enter sets, escape leaves)" if self.editing else ""
        # A list of words may be long: what it is about comes first.
        text = f"{knob.help}: {knob.bounds}" if knob.choices else f"{knob.bounds}{unit}: {knob.help}{how}"
        note = Text(text, style="dim")
        if self._waits(knob):
            note = Text("sent: it acts when the step at hand is done", style="yellow")
        if self._refusal:
            note = Text(f"! {self._refusal}", style="bold red")
        self.query_one("#knob-note", Lines).show([*note.wrap(self.app.console, max(1, width))])

    def _line(self, row: Setting | str, width: int) -> Text:
        assert self._preset is not None
        assert self._original is not None
        if isinstance(row, str):
            return Text(row.replace("_", " "), style="bold dim", no_wrap=True)
        values, before = self._values(self._preset, row), self._values(self._original, row)
        texts = list(dict.fromkeys(setting(value) for value in values))
        left, right = _value_span(width)
        room = right - left + 1
        shown = " | ".join(texts)
        if len(shown) > room:
            shown = "mixed"
        chosen = row.key == self._chosen
        line = Text(no_wrap=True)
        mark = "*" if values != before else " "
        if self._waits(row):
            mark = "~" if self._ascii else "…"
        line.append(f"{mark}{row.name.replace('_', ' ')}"[: left - 3].ljust(left - 2))
        arrows = ("<", ">") if self._ascii else ("◂", "▸")
        line.append(f"{arrows[0] if chosen else ' '} ", style="bold")
        line.append(f"{shown:>{room}}", style="bold" if values != before else "")
        line.append(arrows[1] if chosen else " ", style="bold")
        if width >= _WITH_BOUNDS:
            line.append(f" {row.bounds if len(row.bounds) <= _BOUNDS else '':<{_BOUNDS}}", style="dim")
        if chosen:
            line.stylize("reverse")
        return line


def _value_span(width: int) -> tuple[int, int]:
    """First and last column of the values."""
    right = max(4, width - 2 - (_BOUNDS + 1 if width >= _WITH_BOUNDS else 0))
    return max(3, right - 10), right
