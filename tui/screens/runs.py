"""The recorded runs: filtered, sorted, opened, compared, named, noted, exported, deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from engine.numbers import loss
from engine.runs import library
from engine.runs.errors import RunError
from engine.runs.library import MUCH, Listed, listed, runs_folder
from engine.text import printable
from tui.runs.rows import SORTS, bytes_in_words, in_order, lines, much_in_words, name_of, until, when, with_words
from tui.screens.dialogs import Ask, AskText, Question
from tui.screens.exporting import export_file
from tui.screens.guard import LivesOn
from tui.widgets.words import in_lines

# Living runs grow: the list is read anew so often, seconds.
_EVERY = 2.0


@dataclass(frozen=True)
class RunsChosen:
    """What is to be shown: one run, or several beside one another."""

    paths: tuple[Path, ...]


class RunsScreen(LivesOn, ModalScreen[RunsChosen | None]):
    """Returns the runs to show, or None."""

    DEFAULT_CSS = """
    RunsScreen { align: center middle; }
    RunsScreen > Vertical { width: 98%; max-width: 150; height: 94%; border: round $accent; background: $surface; }
    RunsScreen Input { margin: 0 1; background: $boost; }
    RunsScreen #heads { padding: 0 1; text-style: bold; color: $text-muted; height: 1; }
    RunsScreen OptionList, RunsScreen OptionList:focus { height: 1fr; border: none; background: $surface; }
    RunsScreen #about { height: auto; max-height: 30%; padding: 0 2; border-top: solid $primary-darken-1; }
    RunsScreen #much { height: auto; padding: 0 2; color: $text-warning; display: none; }
    RunsScreen #much.-shown { display: block; }
    RunsScreen #keys { height: auto; padding: 0 2; color: $text-muted; }
    RunsScreen OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    """
    BINDINGS: ClassVar[list[Any]] = [
        Binding("escape", "back", "back"),
        Binding("slash", "filter", "filter"),
        Binding("space", "mark", "mark"),
        Binding("c", "compare", "compare"),
        Binding("n", "name", "name"),
        Binding("t", "note", "note"),
        Binding("d", "delete", "delete"),
        Binding("e", "export", "export"),
        Binding("s", "sort", "sort"),
    ]
    _KEYS = (
        "enter open", "space mark", "c compare", "n name", "t note", "e export", "d delete", "s sort", "/ filter",
        "escape back",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Listed] | None = None
        self._shown: list[Listed] = []
        self._marked: list[Path] = []
        self._words, self._by = "", "when"

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "runs"
            yield Input(placeholder="/ filters by name, preset, arm, state, note or date", compact=True)
            yield Static(id="heads")
            yield OptionList()
            yield Static(id="about")
            yield Static(id="much")
            yield Static(self._keys(), id="keys")

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._read_anew()
        self.set_interval(_EVERY, self._read_anew)

    def _read_anew(self) -> None:
        self.run_worker(self._read(), exclusive=True, group="reading")

    async def _read(self) -> None:
        try:
            self._all = await asyncio.to_thread(listed)
        except RunError as error:
            self._all = []
            self._tell(error)
        self._show()

    def _tell(self, error: Exception) -> None:
        self.notify(str(error), title="failed", severity="error", timeout=12, markup=False)

    def on_resize(self) -> None:
        for keys in self.query("#keys").results(Static):
            keys.update(self._keys())
        self.call_after_refresh(self._show)

    # What is shown ---------------------------------------------------------------------------------------------------

    def _show(self, path: Path | None = None) -> None:
        """Lay the list out anew, with the run highlighted that was, or the one of that path."""
        # What is read, or a new size, may arrive while the screen is being left, whose parts are gone by then.
        if self._all is None or len(self.query("OptionList, #heads, #about, Vertical")) < 4:
            return
        options = self.query_one(OptionList)
        path_chosen = path or (run.path if (run := self._chosen()) else None)
        self._shown = in_order(with_words(self._all, self._words.split()), self._by)
        head, rows = lines(self._shown, max(40, options.scrollable_content_region.width - 4))
        self.query_one("#heads", Static).update(Text(f"  {head}", no_wrap=True))
        with self.prevent(OptionList.OptionHighlighted):
            options.clear_options()
            options.add_options([Option(self._line(run, row)) for run, row in zip(self._shown, rows, strict=True)])
            paths = [run.path for run in self._shown]
            if paths:
                options.highlighted = paths.index(path_chosen) if path_chosen in paths else 0
        total = sum(run.bytes for run in self._all)
        count = f"{len(self._all)} run{'' if len(self._all) == 1 else 's'}"
        if len(self._shown) < len(self._all):
            count = f"{len(self._shown)} of {count}"
        self.query_one(Vertical).border_subtitle = f"{count}, {bytes_in_words(total)}, by {self._by}"
        much = self.query_one("#much", Static)
        much.set_class(total > MUCH, "-shown")
        much.update(Text(much_in_words(total)))
        self._describe()

    def _keys(self) -> Text:
        """What the keys do, within the frame: 98 % of the screen, at most 150 columns, less its border and padding."""
        width = min(150, int(0.98 * self.app.size.width)) - 6
        return Text("\n".join(in_lines(self._KEYS, max(20, width))))

    def _line(self, run: Listed, row: str) -> Text:
        text = Text("* " if run.path in self._marked else "  ", no_wrap=True, overflow="ellipsis")
        state = run.meta.state if run.meta else ""
        style = {"running": "green", "dead": "yellow", "failed": "red", "": "red"}.get(state, "")
        return text.append(row, style=style)

    def _describe(self) -> None:
        run, about = self._chosen(), Text()
        if run is None:
            empty = f"No run has been recorded yet. They will be kept in {runs_folder()}."
            about.append("No match." if self._all else printable(empty), style="dim")
        elif run.meta is None:
            about.append(run.problem, style="red")
        else:
            meta = run.meta
            about.append(printable(name_of(run)), style="bold")
            preset = f" ({meta.identity.preset})" if meta.name else ""
            about.append(f"{printable(preset)}  {', '.join(printable(arm) for arm in meta.identity.arms)}\n")
            if meta.notes:
                about.append(f"{meta.notes}\n", style="italic")
            began, ended = meta.identity.began, meta.standing.ended
            times = until(began, ended) if ended else when(began)
            facts = [times, meta.environment.host, meta.environment.device, bytes_in_words(run.bytes)]
            about.append(f"{printable(', '.join(filter(None, facts)))}\n")
            if best := meta.progress.best:
                words = f"best validation loss {loss(best.val_loss)}: {best.arm}, seed {best.seed}, epoch {best.epoch}"
                about.append(f"{printable(words)}\n")
            about.append(printable(str(run.path)), style="dim")
        self.query_one("#about", Static).update(about)

    def _chosen(self) -> Listed | None:
        place = self.query_one(OptionList).highlighted
        return self._shown[place] if place is not None and place < len(self._shown) else None

    def on_option_list_option_highlighted(self) -> None:
        self._describe()

    # Keys ------------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # What is typed into the filter is no key; and keys of a burst come before the list is there.
        return action == "back" or (self._all is not None and not isinstance(self.focused, Input))

    def action_back(self) -> None:
        """Out of the filter, then out of the screen."""
        if isinstance(self.focused, Input):
            self.query_one(OptionList).focus()
        else:
            self.dismiss(None)

    def action_filter(self) -> None:
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._words = event.value
        self._show()

    def on_input_submitted(self) -> None:
        self.query_one(OptionList).focus()

    def on_option_list_option_selected(self) -> None:
        if (run := self._chosen()) is not None:
            self.dismiss(RunsChosen((run.path,)))

    def action_sort(self) -> None:
        keys = list(SORTS)
        self._by = keys[(keys.index(self._by) + 1) % len(keys)]
        self._show()

    def action_mark(self) -> None:
        if (run := self._chosen()) is not None:
            self._marked.remove(run.path) if run.path in self._marked else self._marked.append(run.path)
            self._show()

    def action_compare(self) -> None:
        there = [path for path in self._marked if any(run.path == path for run in self._all or ())]
        run = self._chosen()
        if run is not None and run.path not in there and len(there) == 1:
            there.append(run.path)
        if len(there) < 2:
            self.notify("Mark two runs or more with space, or one and stand on another.", title="compare")
        else:
            self.dismiss(RunsChosen(tuple(there)))

    def action_name(self) -> None:
        if (run := self._chosen()) is not None and run.meta is not None:
            asked = AskText("The run's name", "an empty one takes the name away", run.meta.name, empty=True)
            self._ask(asked, lambda name: library.rename(run.path, name))

    def action_note(self) -> None:
        if (run := self._chosen()) is not None and run.meta is not None:
            asked = AskText("A note that is kept with the run", "", " ".join(run.meta.notes.split()), empty=True)
            self._ask(asked, lambda note: library.annotate(run.path, note))

    def action_delete(self) -> None:
        if (run := self._chosen()) is not None:
            answers = (("keep", "keep it"), ("delete", "delete it"))
            question = Ask(
                Question(f"Delete {printable(name_of(run))} of {when(run.changed)}?", str(run.path), answers)
            )
            self._ask(question, lambda answer: library.delete(run.path) if answer == "delete" else None)

    def action_export(self) -> None:
        if (run := self._chosen()) is not None:
            export_file(self, run.path)

    def _ask(self, dialog: ModalScreen[str | None], act: Callable[[str], object]) -> None:
        """Do what was answered, in a thread, and read the list anew."""

        async def on_answer(answer: str) -> None:
            try:
                await asyncio.to_thread(act, answer)
            except RunError as error:
                self._tell(error)
            self._read_anew()

        def answered(answer: str | None) -> None:
            if answer is not None:
                self.run_worker(on_answer(answer))

        self.app.push_screen(dialog, answered)
