"""The lines below the header that explain the run: its question, what the curves do, and at the end the outcome."""

from __future__ import annotations

from rich.text import Text
from textual.binding import Binding
from textual.events import Click

from engine.outcome import outcome_in_words
from engine.preset import Preset, question_of
from engine.view import View
from tui.widgets.asked import awaited, said_last
from tui.widgets.lines import Lines
from tui.widgets.rows import rows_of
from tui.widgets.words import shortened, wrapped

# Where the outcome takes more lines than these, it is said more briefly; it never takes more than the most.
_EASY_LINES, _MOST_LINES = 2, 3
# A text of the preset's timeline has so many, and fewer where the screen has less than so many lines.
_SAID_LINES, _SAID_BRIEFLY, _LARGE = 3, 2, 34
# What is said of the key that does what there is to try, in as many words as leave room for the whole of it.
_KEYS = ("  enter does it, x lists all", "  enter does it", "  (enter)")
_ACTION = "screen.try_number(0)"


class Guide(Lines, can_focus=True):
    """One line while a run trains; when it is over the outcome, and what to try next, which Enter does."""

    DEFAULT_CSS = """
    Guide { height: auto; padding: 0 1; }
    """
    BINDINGS = [Binding("enter", _ACTION, "do it", show=False)]

    def __init__(self) -> None:
        super().__init__(id="guide")
        self.can_focus = False  # nor is there anything to do before the run is over
        self._key: tuple[object, ...] = ()
        self._newest: tuple[View, Preset] | None = None

    def update(self, view: View, original: Preset) -> None:
        """Show this moment of the run of a preset, `original` as it was loaded."""
        over = view.state == "finished" and view.record.over
        key = (view.version, view.state, view.lens.cursor, id(original), self.content_size.width, self.has_focus)
        if key == self._key:
            return
        self._key, self._newest = key, (view, original)
        width = max(10, self.content_size.width)
        self._offer(over and bool(original.tries))
        said, asked = _said(view, width), _asked(view, width)
        small = self.screen.size.height < _LARGE
        if over:
            lines = self._at_the_end(view, original, width)
        else:  # where there is little room the open question stands in the place of the preset's
            lines = asked if asked and small else [*asked, _now(view, original, width)]
        self.show([*said[: _SAID_BRIEFLY if small else None], *lines])

    def _offer(self, something: bool) -> None:
        """Take the focus for Enter when there is something to try, unless another pane was given it; and let it go."""
        begins, self.can_focus = something and not self.can_focus, something
        focused = self.screen.focused
        if begins and (focused is None or focused.id == "losses"):  # which has it when the program starts
            self.focus(scroll_visible=False)
        elif not something and self.has_focus:
            self.screen.set_focus(None)

    def _at_the_end(self, view: View, original: Preset, width: int) -> list[Text]:
        rows = rows_of(view)
        words = outcome_in_words(rows)
        if words and len(wrapped(words, width, _MOST_LINES)) > _EASY_LINES:
            words = outcome_in_words(rows, brief=True)
        lines = [Text(line, style="bold", no_wrap=True) for line in wrapped(words, width, _MOST_LINES)] if words else []
        if not words:
            lines = [_question(original, width)]
        if original.tries:
            words = f"Try: {original.tries[0].text}"
            choice = _KEYS if self.has_focus else ("  x: try it",)
            keys = next((keys for keys in choice if len(words) + len(keys) <= width), choice[-1])
            line = Text(shortened(words, max(0, width - len(keys))), "reverse" if self.has_focus else "", no_wrap=True)
            lines.append(line.append(keys, style="bold"))
        return lines

    def on_click(self, event: Click) -> None:
        """The last line is what to try next."""
        if self.can_focus and event.y == len(self._texts) - 1:
            event.stop()
            self.call_later(self.run_action, _ACTION)

    def watch_has_focus(self, has_focus: bool) -> None:
        """The keys that it names are others; of a run that is over no frame follows that would show them."""
        super().watch_has_focus(has_focus)
        if self._newest is not None:
            self.update(*self._newest)


def _said(view: View, width: int) -> list[Text]:
    """What the preset's timeline says beside the curves."""
    said = said_last(view.record)
    return [Text(line, style="bold", no_wrap=True) for line in wrapped(said, width, _SAID_LINES)] if said else []


def _asked(view: View, width: int) -> list[Text]:
    """The question of the timeline that is still open."""
    question = awaited(view.record)
    return [Text(shortened(question, width), style="italic", no_wrap=True)] if question else []


def _question(original: Preset, width: int) -> Text:
    return Text(shortened(question_of(original), width), style="italic", no_wrap=True)


def _now(view: View, original: Preset, width: int) -> Text:
    """The question, and behind it what the curves do; in its place where there is no room for both."""
    words = ""
    if view.record.history is not None and (view.state in ("running", "paused") or view.lens.cursor is not None):
        from engine.captions import caption  # and numpy, for which the first frame does not wait

        words = caption(view.record)
    question = question_of(original)
    if len(words) > width:
        words = words.partition(";")[0]
    line = Text(no_wrap=True)
    if len(question) + 3 + len(words) <= width or not words:
        line.append(shortened(question, width), style="italic")
        words = f"   {words}" if words else ""
    line.append(shortened(words, width - line.cell_len), style="bold")
    return line
