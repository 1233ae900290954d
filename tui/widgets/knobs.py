"""The knob panel: the live settings of the selected arm (or of all), the preset's own first, to be turned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.widgets import Input

from engine.commands import Turn
from engine.preset import Preset, PresetError, Setting, settings_by_key
from engine.view import View
from tui.widgets.knob_list import MORE, Knobs, Line, Row, choosable, more_line, row_key
from tui.widgets.lines import Lines
from tui.widgets.words import setting

# Lines for what the chosen knob does; one less in a panel of fewer lines than these.
_NOTE, _LOW = 4, 8

# Called at once when the user turns a knob, with a turn for each arm where these differ: one gesture, which undo takes
# back as one. A message would be handled after the next key of a burst, which would then start from the old value.
Turned = Callable[[Sequence[Turn]], None]


class KnobList(Lines):
    """The list itself; a click chooses a line, and acts on the line that is chosen."""

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
    #knob-panel { height: 1fr; }
    #knob-list { height: 1; }
    #knob-note { height: 4; }
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
        self._knobs = Knobs((), (), {})
        self._knobs_of: tuple[Preset, Preset] | None = None
        self._rows: list[Row] = []
        self._open = False
        self._chosen = ""
        self._top = 0
        self._refusal = ""
        self._message = ""
        self.on_rows: Callable[[], None] = lambda: None  # called when there may be more lines, or fewer

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
        if arm != self._arm or (before and before[1] is not original):
            self._refusal = self._message = ""
        self._preset, self._original, self._arm = view.turned, original, arm
        self._pending = {(turn.knob, turn.arm) for turn in view.pending}
        if self._knobs_of is None or self._knobs_of[0] is not original or self._knobs_of[1] is not self._preset:
            self._knobs_of = (original, self._preset)
            self._knobs = Knobs.of(original, self._preset)
        self._list_rows()
        self._draw()

    def _list_rows(self) -> None:
        """Settle which lines there are; the chosen one is always among them."""
        assert self._preset is not None
        assert self._original is not None
        changed = {
            knob.key
            for knob in self._knobs.rest
            if any(
                arm.settings.get(knob.key) != self._original.arm(arm.name).settings.get(knob.key)
                for arm in self._preset.arms
            )
        }
        self._rows = self._knobs.rows(self._open, changed)
        if self._chosen not in map(row_key, filter(choosable, self._rows)):
            self._chosen = row_key(self._rows[0])

    @property
    def chosen(self) -> Setting | None:
        """The chosen knob; None on the line of the rest."""
        return None if self._chosen == MORE else settings_by_key().get(self._chosen)

    @property
    def lines_wanted(self) -> int:
        """How many lines show every row, and what the chosen one does."""
        return len(self._rows) + 1 + _NOTE + self.editing

    @property
    def opened(self) -> bool:
        """Whether the rest is shown too."""
        return self._open

    def choose(self, key: str) -> None:
        """Choose a knob by its key, and open the rest where it is among them."""
        self.close_edit()
        if self._preset is not None:
            self._open = self._open or key not in map(row_key, self._rows)
            self._chosen = key
            self._list_rows()
            self._refusal = self._message = ""
            self._draw()

    def toggle_more(self) -> None:
        """Show the rest of the knobs, or the preset's own alone."""
        self.close_edit()
        if self._preset is not None:
            self._open = not self._open
            if self._open:
                self._chosen = MORE  # in sight, and what it opens below it
            self._refusal = self._message = ""
            self._list_rows()
            self._draw()

    def say(self, words: str) -> None:
        """Show words in place of what the chosen knob does, until the next key."""
        self._message = words
        self._draw()

    def _waits(self, knob: Setting) -> bool:
        """Whether the lab has not yet taken the knob's last turn in some arm that the panel shows."""
        arms = {arm for key, arm in self._pending if key == knob.key}
        return bool(arms) and (self._arm is None or bool(arms & {None, self._arm}))

    def _values(self, preset: Preset, knob: Setting) -> list[Any]:
        """The knob's value in each arm that the panel shows."""
        arms = preset.arms if self._arm is None else [preset.arm(self._arm)]
        return [arm.settings.get(knob.key) for arm in arms]

    def move(self, by: int) -> None:
        """Choose the line `by` places further, going round."""
        self.close_edit()
        if self._rows:
            keys = [row_key(row) for row in self._rows if choosable(row)]
            self._chosen = keys[(keys.index(self._chosen) + by) % len(keys)]
            self._refusal = self._message = ""
            self._draw()

    def turn(self, direction: int) -> None:
        """Turn the chosen knob by one step of its own; on the line of the rest open or close that."""
        knob = self._turnable()
        if self._chosen == MORE and self._open != (direction > 0):
            self.toggle_more()
        if knob is None or self._preset is None:
            return
        values = self._values(self._preset, knob)
        turned = [knob.turn(value, direction) for value in values]
        if turned == values:
            self._refuse(f"{setting(values[0])} is the end: {knob.bounds}")
        elif len(set(turned)) == 1:
            self._set(turned[0])
        else:
            # All arms, each at a value of its own: each is turned by a step, and what differs goes on differing.
            arms = zip(self._preset.arms, values, turned, strict=True)
            self._send([Turn(knob.key, after, arm.name) for arm, before, after in arms if before != after])

    def _turnable(self) -> Setting | None:
        """The chosen knob where it has an effect; where it has none, a line says so."""
        knob = self.chosen
        if knob is not None and (why := self._knobs.idle.get(knob.key)):
            self._refuse(f"no effect here: {why}")
            return None
        return knob

    def back(self) -> None:
        """Set the chosen knob to what the preset says, arm by arm."""
        knob = self.chosen
        if self._original is None or self._preset is None or knob is None:
            return
        before = [(arm, self._original.arm(arm.name).settings.get(knob.key)) for arm in self._preset.arms]
        self._send([
            Turn(knob.key, value, arm.name)
            for arm, value in before
            if self._arm in (None, arm.name) and value != arm.settings.get(knob.key)
        ])  # fmt: skip

    def edit(self) -> None:
        """Open the field to type the chosen knob's value; a word or a switch goes to its next value instead."""
        if self._chosen == MORE:
            self.toggle_more()
            return
        knob = self._turnable()
        if self._preset is None or knob is None:
            return
        if knob.choices:
            self.turn(1)
            return
        field = self.query_one("#knob-input", Input)
        field.value = setting(self._values(self._preset, knob)[0])
        field.placeholder = knob.bounds
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
        knob = self.chosen
        assert knob is not None  # the field is open for a knob alone
        try:
            value = knob.parse(event.value)
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
        """Choose the knob on line `y`; on the chosen one a click turns it by its arrows, sets it by its slider, and
        opens the field by its value."""
        if not 0 <= y + self._top < len(self._rows) or not choosable(row := self._rows[y + self._top]):
            return
        if row == MORE:
            self._chosen = MORE
            self.toggle_more()
            return
        assert isinstance(row, Setting)
        if row.key != self._chosen:
            self.close_edit()
            self._chosen = row.key
            self._refusal = self._message = ""
            self._draw()
            return
        line = self._line_of(row)
        columns = line.columns(self.content_size.width)
        match columns.hit(x):
            case "less":
                self.turn(-1)
            case "more":
                self.turn(1)
            case "value":
                self.edit()
            case "slider" if self._turnable() is not None:
                value = row.value_at(columns.slider.index(x) / (len(columns.slider) - 1))
                if set(line.values) != {value}:
                    self._set(value)

    def _set(self, value: Any) -> None:
        self._send([Turn(self._chosen, value, self._arm)])

    def _send(self, turns: Sequence[Turn]) -> None:
        self._refusal = self._message = ""
        if turns:
            self._turned(turns)

    def _refuse(self, why: str) -> None:
        self._refusal = why
        self._draw()

    def on_resize(self) -> None:
        self._top = 0  # from the top, as far as the chosen one can be seen so
        self._draw()

    def _line_of(self, knob: Setting) -> Line:
        assert self._preset is not None
        assert self._original is not None
        return Line(
            knob,
            self._values(self._preset, knob),
            self._values(self._original, knob),
            chosen=knob.key == self._chosen,
            waits=self._waits(knob),
            idle=knob.key in self._knobs.idle,
            ascii_only=self._ascii,
        )

    def _draw(self) -> None:
        if self._preset is None or self._original is None or not self.is_mounted:
            return
        self.on_rows()
        listing = self.query_one(KnobList)
        rows = self._rows
        # The words about the chosen knob stand right below the list, or at the bottom where it is longer.
        width, room = self.content_size.width, self.content_size.height
        note = _NOTE - (room < _LOW)
        height = min(len(rows) + 1, room - note - self.editing)
        if height < 1:
            return
        listing.styles.height = height
        self.query_one("#knob-note").styles.height = note
        place = next(number for number, row in enumerate(rows) if row_key(row) == self._chosen and choosable(row))
        # Keep the chosen line in sight, and its section's name with it where it is the first of it.
        self._top = min(max(self._top, place - height + 1), max(0, place - 1))
        self._top = max(0, min(self._top, len(rows) - height))
        listing.show([self._line(row, width) for row in rows[self._top : self._top + height]])
        self.query_one("#knob-note", Lines).show(self._note(max(1, width)))

    def _line(self, row: Row, width: int) -> Text:
        if isinstance(row, Setting):
            return self._line_of(row).draw(width)
        if row == MORE:
            count = len(self._knobs.rest) + len(self._knobs.idle)
            return more_line(self._open, count, self._chosen == MORE, width, self._ascii)
        return Text(row[:width], style="bold dim", no_wrap=True)

    def _note(self, width: int) -> list[Text]:
        """What the chosen line does, in words; or what was refused, is on its way or was just done."""
        knob = self.chosen

        def wrapped(words: str, style: str = "") -> list[Text]:
            return [*Text(words, style=style).wrap(self.app.console, width)]

        if self._refusal:
            return wrapped(f"! {self._refusal}", "bold red")
        if self._message:
            return wrapped(self._message)
        if knob is None:
            words = "leaves the knobs that this experiment is about" if self._open else "every other live setting"
            return wrapped(f"{words}: enter, or d")
        if self._waits(knob):
            return wrapped("sent: it acts when the step at hand is done", "yellow")
        if why := self._knobs.idle.get(knob.key):
            return [*wrapped(f"no effect here: {why}"), *wrapped(knob.help, "dim")]
        if knob.choices:
            # A list of words may be long: what it is about comes first.
            return [*wrapped(knob.help), *wrapped(knob.bounds.replace(" | ", ", "), "dim")]
        unit = f" {knob.unit}" if knob.unit else ""
        if self.editing:
            return [*wrapped(knob.help), *wrapped(f"{knob.bounds}{unit}: enter sets, escape leaves", "dim")]
        return [*wrapped(knob.help), *wrapped(self._range(knob, unit), "dim")]

    def _range(self, knob: Setting, unit: str) -> str:
        """The typical range, and what the preset says where the knob is turned."""
        assert self._preset is not None
        assert self._original is not None
        low, high = (setting(value) for value in (knob.stops[0], knob.stops[-1]))
        before = dict.fromkeys(map(setting, self._values(self._original, knob)))
        turned = self._values(self._original, knob) != self._values(self._preset, knob)
        return f"usually {low} to {high}{unit}" + (f"; the preset has {' | '.join(before)}" if turned else "")
