"""The export of a run from the screen: which format, under which name, and the writing of it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option

from engine.export import Format
from engine.preset import title_of
from engine.runs.errors import RunError
from engine.view import View
from tui.picture import cells_of, png
from tui.runs.exporting import SCREENS, Source, Write, save, source_at, source_of
from tui.screens.dialogs import Ask, Question
from tui.screens.files import printable, trouble
from tui.screens.guard import LivesOn

# Who waits for longer is told that it is being written, seconds.
_SOON = 1.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen: a format, and the name as it was typed."""

    form: Format
    name: str


class ExportDialog(LivesOn, ModalScreen[Wish | None]):
    """Returns what is to be written, or None. `wish` is what is chosen at first, `wrong` what was wrong with it."""

    DEFAULT_CSS = """
    ExportDialog { align: center middle; }
    ExportDialog > Vertical {
        width: 78; max-width: 98%; height: auto; max-height: 100%; border: round $accent; padding: 0 1;
        background: $surface; border-title-style: bold; overflow-y: auto;
    }
    ExportDialog OptionList { height: auto; max-height: 12; border: none; padding: 0; background: $surface; }
    ExportDialog OptionList:nocolor > .option-list--option-highlighted { text-style: reverse; }
    ExportDialog Input { background: $boost; margin: 1 0 0 0; }
    ExportDialog #note { width: 100%; color: $text-muted; }
    ExportDialog #note.-wrong { color: $text-error; text-style: bold; }
    ExportDialog Horizontal { height: auto; margin-top: 1; }
    ExportDialog #keys { width: 1fr; color: $text-muted; }
    ExportDialog Button { margin: 0 0 0 1; min-width: 8; }
    ExportDialog Button:focus:nocolor { text-style: bold reverse; }
    """
    BINDINGS = [
        Binding("escape", "dismiss(None)", "cancel"),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
    ]

    def __init__(self, source: Source, wish: Wish | None = None, wrong: str = "") -> None:
        super().__init__()
        self._source, self._choices, self._wrong = source, source.choices(), wrong
        forms = [choice.form for choice in self._choices]
        self._place = forms.index(wish.form) if wish else next(iter(self._open_places()))
        self._name = wish.name if wish else source.name(forms[self._place])

    def _open_places(self) -> list[int]:
        return [place for place, choice in enumerate(self._choices) if not choice.why_not]

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "export as"
            formats = OptionList(*map(self._line, range(len(self._choices))), compact=True)
            formats.can_focus = False
            yield formats
            yield Input(self._name, compact=True)
            note = self._wrong or self._source.note or "in the working folder, unless a path is given"
            yield Label(printable(note), id="note", classes="-wrong" if self._wrong else "", markup=False)
            with Horizontal():
                yield Label("up, down: format   enter: save   escape: cancel", id="keys", markup=False)
                yield Button("save", id="save", compact=True, variant="primary")
                yield Button("cancel", id="cancel", compact=True)

    def _line(self, place: int) -> Option:
        form, why_not = self._choices[place].form, self._choices[place].why_not
        text = Text(f"{form.name:<13}{why_not or form.help}", no_wrap=True, overflow="ellipsis")
        return Option(text, disabled=bool(why_not))

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = self._place
        self.query_one(Input).focus()

    @property
    def _form(self) -> Format:
        return self._choices[self._place].form

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # Keys of a burst come before the list is there.
        return action != "move" or bool(self.query("#cancel"))

    def action_move(self, by: int) -> None:
        places = self._open_places()
        place = places[(places.index(self._place) + by) % len(places)]
        self.query_one(OptionList).highlighted = place
        self._choose(place)  # now: the message of it comes behind the next key of a burst

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click chooses a format, and saves nothing yet."""
        self._choose(event.option_index)

    def _choose(self, place: int) -> None:
        """Another format: the name gets its ending, and stays as it was typed otherwise."""
        if place == self._place:
            return
        before, self._place = self._form, place
        field = self.query_one(Input)
        if field.value == self._source.name(before):
            field.value = self._source.name(self._form)
        elif before.ending and field.value.endswith(before.ending):
            field.value = field.value.removesuffix(before.ending) + self._form.ending

    def on_input_submitted(self) -> None:
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self._save()
        else:
            self.dismiss(None)

    def _save(self) -> None:
        name = self.query_one(Input).value.strip()
        if name:
            self.dismiss(Wish(self._form, name))


def export_view(screen: Screen[Any], view: View) -> None:
    """Let what a dashboard shows be exported."""
    _ask(screen.app, lambda: source_of(view.files, view.record), title_of(view.preset))


def export_file(screen: Screen[Any], path: Path) -> None:
    """Let a recorded run be exported."""
    _ask(screen.app, lambda: source_at(path))


def _ask(app: App[Any], find: Callable[[], Source], title: str = "") -> None:
    # At once, and not in a thread: the next key of a burst is the dialog's.
    try:
        source = find()
    except RunError as error:
        app.notify(printable(error), title="not exported", severity="error", timeout=12, markup=False)
    else:
        _Exporting(app, source, title).ask()


class _Exporting:
    """One export, from its question to its file. It outlives the screen that asked, and ends with the program."""

    def __init__(self, app: App[Any], source: Source, title: str) -> None:
        self._app, self._source, self._title = app, source, title
        self._picture: Write | None = None

    def ask(self, wish: Wish | None = None, wrong: str = "") -> None:
        self._app.push_screen(ExportDialog(self._source, wish, wrong), self._chosen)

    def _chosen(self, wish: Wish | None) -> None:
        if wish is None:
            return
        self._picture = self._taken(wish.form) if wish.form in SCREENS else None  # now that the dialog is gone
        self._start(wish, replace=False)

    def _taken(self, form: Format) -> Write:
        """The screen as it is at this moment, to be written later."""
        if form.ending == ".png":
            return functools.partial(png, cells_of(self._app))
        drawing = printable(self._app.export_screenshot(title=self._title)).encode("utf-8")

        def write(file: IO[bytes]) -> None:
            file.write(drawing)

        return write

    def _start(self, wish: Wish, *, replace: bool) -> None:
        self._app.run_worker(self._write(wish, replace=replace), group="exports")

    async def _write(self, wish: Wish, *, replace: bool) -> None:
        form, typed = wish.form, os.path.expanduser(wish.name)
        target = Path(typed if typed.endswith(form.ending) or os.path.isdir(typed) else f"{typed}{form.ending}")
        given_up = threading.Event()
        writing = asyncio.create_task(
            asyncio.to_thread(save, self._source, form, target, self._picture, given_up, replace=replace)
        )
        try:
            if not (await asyncio.wait({writing}, timeout=_SOON))[0]:
                self._tell(f"{target}: a long run takes a while", "exporting ...")
            path = await writing
        except asyncio.CancelledError:
            given_up.set()
            raise
        except FileExistsError as error:
            self._ask_to_replace(wish, str(error))
        except RunError as error:
            self.ask(wish, str(error))
        except (OSError, ValueError) as error:
            self.ask(wish, f"Not written. {trouble(error)}.")
        else:
            self._tell(str(path.absolute()), "exported")

    def _ask_to_replace(self, wish: Wish, path: str) -> None:
        answers = (("keep", "cancel"), ("replace", "overwrite"))

        def answered(answer: str | None) -> None:
            if answer == "replace":
                self._start(wish, replace=True)
            else:
                self.ask(wish)

        self._app.push_screen(Ask(Question(f"{printable(path)} already exists.", "", answers)), answered)

    def _tell(self, words: str, title: str) -> None:
        with contextlib.suppress(RuntimeError):  # the program is being left
            self._app.notify(printable(words), title=title, markup=False)
