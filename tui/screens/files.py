"""What a person takes away from the screen: the experiment as a preset, a picture, the history."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path

from textual.screen import Screen

from engine.preset import Preset, write_preset
from engine.view import View
from tui.screens.dialogs import Ask, AskText, Question


def write_tweaked(screen: Screen[None], preset: Preset) -> None:
    """Ask for a file name and write the preset there; an existing file is replaced only when told to."""

    def named(name: str | None) -> None:
        if name is None:
            return
        path = Path(os.path.expanduser(name if name.endswith(".toml") else f"{name}.toml"))
        if not path.exists():
            write(path)
            return
        question = Question(f"{path} is there already.", "", (("keep", "keep it"), ("replace", "replace it")))
        screen.app.push_screen(Ask(question), lambda answer: write(path) if answer == "replace" else None)

    def write(path: Path) -> None:
        try:
            path.write_text(write_preset(preset), encoding="utf-8")
        except OSError as error:
            screen.notify(f"{path}: {error.strerror or error}", title="not written", severity="error", markup=False)
        else:
            how = f"Open it with: regtui {shlex.quote(str(path))}"
            screen.notify(f"{path.resolve()}\n{how}", title="preset written", markup=False)

    screen.app.push_screen(
        AskText("Write the experiment as", "with the knobs as they stand now", f"{preset.name}-tweaked.toml"), named
    )


def export(screen: Screen[None], view: View, folder: Path) -> list[Path]:
    """The screen as SVG and the history as CSV, in `folder`; the paths written. Raises OSError."""
    stem = f"regtui-export-{view.preset.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    picture, history = folder / f"{stem}.svg", folder / f"{stem}.csv"
    picture.write_text(screen.app.export_screenshot(title=view.preset.title), encoding="utf-8")
    if view.record.history is None:
        return [picture]
    with history.open("w", encoding="utf-8", newline="") as file:
        view.record.history.write_csv(file)
    return [picture, history]
