"""Which experiment comes next: the questions that are asked before a run is left."""

from __future__ import annotations

from textual.screen import Screen

from engine.preset import Preset, PresetError, load_preset
from engine.view import View
from engine.worker import Worker
from tui.screens.dialogs import Ask, Question
from tui.screens.messages import EndProgram, OpenPreset
from tui.screens.picker import PresetPicker


def choose_preset(screen: Screen[None], original: Preset, worker: Worker) -> None:
    """Let another preset be picked, and ask before a run that has trained is left for it."""

    def picked(name: str | None) -> None:
        if name is None:
            return
        view = worker.view()  # of now: it trains on while the list is open
        if view.state not in ("running", "paused") or view.record.epoch == 0:
            _open(screen, name)
            return
        question = Question(
            f"Leave {original.title!r} at epoch {view.record.epoch}?",
            "Its curves are not kept; e exports them.",
            (("load", "load the other preset"), ("stay", "go on with this one")),
        )
        screen.app.push_screen(Ask(question), lambda answer: _open(screen, name) if answer == "load" else None)

    screen.app.push_screen(PresetPicker(original.name), picked)


def _open(screen: Screen[None], name: str) -> None:
    try:
        preset = load_preset(name)
    except PresetError as error:
        screen.notify(str(error), title="this preset cannot be loaded", severity="error", timeout=12, markup=False)
        return
    screen.post_message(OpenPreset(preset))


def ask_to_quit(screen: Screen[None], view: View) -> None:
    """End the program, after a question where a run would be lost."""
    if view.state not in ("running", "paused") or view.record.epoch == 0:
        screen.post_message(EndProgram(keep=view.record.epoch > 0))
        return

    def answered(answer: str | None) -> None:
        if answer in ("keep", "discard"):
            screen.post_message(EndProgram(keep=answer == "keep"))

    question = Question(
        f"Training is at epoch {view.record.epoch} of {view.preset.epochs}.",
        "Stop and keep measures the best weights on the test data and leaves the final table in the terminal.",
        (("keep", "stop and keep"), ("discard", "stop and discard"), ("go on", "go on training")),
    )
    screen.app.push_screen(Ask(question), answered)
