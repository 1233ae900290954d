"""The preset's lesson beside the curves: the explanation, the result once it may be seen, and what to try."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import Static

from engine.preset import Preset, Try, how_to_try, speaks_of


class Lesson(VerticalScroll):
    """The text, wrapped to the panel and scrolled where it does not fit; Enter lists what to try."""

    BINDINGS = [Binding("enter", "screen.tries", "try", show=False)]

    def __init__(self, preset: Preset) -> None:
        super().__init__()
        self._state: tuple[Preset, bool, tuple[Try, ...], tuple[str, ...]] = (preset, False, (), ())

    def compose(self) -> ComposeResult:
        yield Static(_text(*self._state), id="lesson-text", markup=False)

    def show(
        self, preset: Preset, revealed: bool = False, tried: Sequence[Try] = (), asked: Sequence[str] = ()
    ) -> None:
        """Show a preset's lesson.

        Parameters
        ----------
        revealed : the result may be seen.
        tried : those of the preset's tries that were turned in this run, whose results may be seen then too.
        asked : the questions of its timeline so far, in words.
        """
        state = (preset, revealed, tuple(tried), tuple(asked))
        if state != self._state:
            self._state = state
            self.query_one("#lesson-text", Static).update(_text(*state))
            self.scroll_home(animate=False)


def _text(preset: Preset, revealed: bool, tried: Sequence[Try], asked: Sequence[str]) -> Text:
    paragraphs = [Text(words) for words in (preset.summary, preset.lesson) if words]
    if preset.reveal and revealed:  # first: it is what was waited for, and where the panel is low the rest is below
        note = "" if speaks_of(preset) else " (with the preset as it was written, which this run is not)"
        paragraphs[:0] = [
            Text(f"What came out{note}", style="bold"),
            Text(preset.reveal),
            Text("The lesson", style="bold"),
        ]
    elif preset.reveal:
        paragraphs.append(Text("The result follows when the run has ended; i shows it now.", style="dim"))
    if asked:
        paragraphs += [Text("Asked", style="bold"), *map(Text, asked)]
    for number, attempt in enumerate(preset.tries):
        if not number:
            paragraphs.append(Text("Try (x)", style="bold"))
        click = Style(meta={"@click": f"screen.try_number({number})"})
        text = Text(f"{number + 1} {attempt.text}", style=click).append(f"\n  {how_to_try(attempt)}", style="dim")
        if revealed and attempt in tried and attempt.reveal:
            text.append(f"\n{attempt.reveal}")
        paragraphs.append(text)
    return Text("\n\n").join(paragraphs) if paragraphs else Text("This preset has no lesson.")
