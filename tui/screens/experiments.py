"""Which experiment comes next: the questions that are asked before a run is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.screen import Screen

from engine.preset import Preset, PresetError, load_preset
from engine.preset.tour import TOUR, tour
from engine.view import AnyWorker, View
from tui.screens.dialogs import Ask, Question
from tui.screens.messages import EndProgram, OpenPreset, OpenRuns
from tui.screens.picker import PresetPicker

if TYPE_CHECKING:
    from tui.screens.runs import RunsChosen


def choose_preset(screen: Screen[None], original: Preset, worker: AnyWorker) -> None:
    """Let another preset be picked, and ask before a run that has trained is left for it."""

    def picked(name: str | None) -> None:
        if name is not None:
            # The view is of now: it trains on while the list is open.
            ask_to_leave(screen, worker.view(), "load the other preset", lambda: _open(screen, name))

    screen.app.push_screen(PresetPicker(original.name), picked)


def choose_runs(screen: Screen[None], worker: AnyWorker) -> None:
    """Let recorded runs be picked, and ask before a run that has trained is left for them."""
    from tui.screens.runs import RunsScreen  # and all that reads files: the first frame does not wait for it

    def picked(chosen: RunsChosen | None) -> None:
        if chosen is not None:
            words = "open the other run" if len(chosen.paths) == 1 else "compare the runs"
            ask_to_leave(screen, worker.view(), words, lambda: _show(screen, chosen))

    screen.app.push_screen(RunsScreen(), picked)


def export(screen: Screen[None], view: View) -> None:
    """Let what is shown be saved in a format of the user's choice."""
    from tui.screens.exporting import export_view  # and all that reads files: the first frame does not wait for it

    export_view(screen, view)


def _show(screen: Screen[None], chosen: RunsChosen) -> None:
    screen.post_message(OpenRuns(chosen.paths))


def ask_to_leave(screen: Screen[None], view: View, words: str, leave: Callable[[], None]) -> None:
    """Leave the run of `view`; where it trains here and has begun, only if the user says so by the button `words`."""
    if _is_only_seen(view) or view.state not in ("running", "paused") or view.record.epoch == 0:
        leave()
        return
    question = Question(
        f"Leave {view.record.begun.title!r} at epoch {view.record.epoch}?",
        "`regtui resume` goes on with it later." if view.recorded else "Its curves are not kept; e exports them.",
        (("leave", words), ("stay", "go on with this one")),
    )
    screen.app.push_screen(Ask(question), lambda answer: leave() if answer == "leave" else None)


def _open(screen: Screen[None], name: str) -> None:
    try:
        preset = tour()[0] if name == TOUR else load_preset(name)
    except PresetError as error:
        screen.notify(str(error), title="this preset cannot be loaded", severity="error", timeout=12, markup=False)
        return
    screen.post_message(OpenPreset(preset))


def _is_only_seen(view: View) -> bool:
    """Whether nothing of the run is lost when it is left: it is in a file, or another process trains it."""
    return bool(view.opened) or view.attached


def ask_to_quit(screen: Screen[None], view: View) -> None:
    """End the program, after a question where a run is in training."""
    if view.opened or view.state not in ("running", "paused") or view.record.epoch == 0:
        screen.post_message(EndProgram("keep" if view.record.epoch > 0 and not _is_only_seen(view) else "discard"))
        return

    def answered(answer: str | None) -> None:
        if answer in ("keep", "discard", "leave"):
            screen.post_message(EndProgram(answer))  # type: ignore[arg-type]

    choices: tuple[tuple[str, str], ...]
    keep, discard = ("keep", "stop and keep"), ("discard", "stop and discard")
    leave, stay = ("leave", "leave"), ("go on", "go on training")
    words = "Stop and keep measures the kept weights on the test data and leaves the final table in the terminal."
    if view.attached:
        choices, words = (leave, keep, stay), f"{words} Leave lets it train on."
    elif view.recorded and not view.trouble:
        # What an earlier process has recorded is not lost by a key.
        choices = (keep, leave, stay) if view.resumed else (keep, discard, leave, stay)
        words += " Leave keeps it in its file." if view.paused else " Leave lets it train on in the background."
    else:
        choices = (keep, discard, stay)
    question = Question(f"Training is at epoch {view.record.epoch} of {view.preset.epochs}.", words, choices)
    screen.app.push_screen(Ask(question), answered)
