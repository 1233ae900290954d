"""The experiment as a preset in a file, and why a file could not be written.

Files are written in a thread, since a disk may be slow; what goes wrong is a message.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
import shlex
from pathlib import Path

from textual.screen import Screen

from engine.files import LONGEST_NAME, file_name, written
from engine.preset import write_preset
from tui.screens.dialogs import Ask, AskText, Question
from tui.screens.shown_run import ShownRun

_ADVICE = {
    errno.ENAMETOOLONG: f"a name has at most {LONGEST_NAME} bytes, choose a shorter one",
    errno.ENOENT: "there is no such folder, make it or choose another",
    errno.ENOTDIR: "a part of the path is a file, choose another folder",
    errno.EISDIR: "that is a folder, choose another name",
    errno.EACCES: "choose a folder and a file that you may write to",
    errno.EPERM: "choose a folder and a file that you may write to",
    errno.EROFS: "choose a folder that can be written to",
    errno.ENOSPC: "free some space on the disk, or choose another folder",
    errno.EDQUOT: "free some of your space on the disk, or choose another folder",
}
# Control characters but for tabs and ends of lines, and halves of pairs.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def trouble(error: OSError | ValueError) -> str:
    """Why a file could not be written, and what to do."""
    if isinstance(error, OSError):
        return f"{error.strerror or error}: {_ADVICE.get(error.errno or 0, 'choose another name or folder')}"
    return "No file can hold these characters: choose others"


def printable(words: object) -> str:
    """As it stands, with a question mark for each character that no terminal shows and no XML may hold."""
    return _UNPRINTABLE.sub("?", str(words))


def write_tweaked(screen: Screen[None], run: ShownRun) -> None:
    """Ask for a file name and write the run's preset there; an existing file is replaced only after a question.

    Knobs that were turned stand in its timeline, so that it repeats the run as it has been trained until it is written.
    Where it cannot be written the question comes back, with the reason and with the name as it was typed.
    """
    _Writing(screen, run).ask(file_name(run.tweaked()[0].name, "-tweaked.toml"))


class _Writing:
    """A run's preset on its way into a file."""

    def __init__(self, screen: Screen[None], run: ShownRun) -> None:
        self._screen, self._run = screen, run

    def ask(self, name: str, wrong: str = "") -> None:
        repeats = "with its turned knobs in the timeline: it repeats this run"
        note = wrong or (repeats if self._run.tweaked()[1] else "with the current settings")
        dialog = AskText("Write the experiment as", note, name, wrong=bool(wrong))
        self._screen.app.push_screen(dialog, self._named)

    def _named(self, name: str | None) -> None:
        if name is not None:
            self._screen.run_worker(self._write(name, replace=False))

    async def _write(self, name: str, *, replace: bool) -> None:
        path = Path(os.path.expanduser(name if name.endswith(".toml") else f"{name}.toml"))
        try:
            text = write_preset(self._run.tweaked()[0]).encode("utf-8")
            await asyncio.to_thread(_write, path, text, replace=replace)
        except FileExistsError:
            answers = (("keep", "cancel"), ("replace", "overwrite"))
            self._screen.app.push_screen(
                Ask(Question(f"{printable(path)} already exists.", "", answers)),
                lambda answer: self._replace(name) if answer == "replace" else None,
            )
        except (OSError, ValueError) as error:
            self.ask(name, f"Not written. {trouble(error)}.")
        else:
            where, how = printable(path.absolute()), f"Open it with: regtui {shlex.quote(printable(path))}"
            self._screen.notify(f"{where}\n{how}", title="preset written", markup=False)

    def _replace(self, name: str) -> None:
        self._screen.run_worker(self._write(name, replace=True))


def _write(path: Path, text: bytes, *, replace: bool) -> None:
    with written(path, replace=replace) as file:
        file.write(text)
