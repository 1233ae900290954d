"""What can be exported of a run or of several, and under which name. No screen is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.events import Epoch
from engine.export import FORMATS, Format, export, missing
from engine.export.results import csv_of, markdown
from engine.export.tidy import write_runs
from engine.files import file_name, written
from engine.history import POINTS
from engine.record import RunRecord
from engine.runs.errors import RunError
from engine.runs.library import meta_at
from engine.runs.meta import RunMeta
from engine.runs.reader import RunReader

# Writes something to an open file.
Write = Callable[[IO[bytes]], None]
# What the screen shows now, as a drawing of letters and as a picture of pixels.
SCREENS: tuple[Format, ...] = (
    Format("screen", ".svg", "a drawing of this screen, as it is now", "", suffix="-screen"),
    Format("screen-png", ".png", "the same in pixels", "", "matplotlib", "plots", suffix="-screen"),
)
# These can be had of a run in memory.
_FROM_MEMORY = ("csv", "results", "markdown")


@dataclass(frozen=True, slots=True)
class Choice:
    """A format, and why it cannot be had of what is shown; empty where it can."""

    form: Format
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """What is to be exported: the files of runs, or what is in memory of one that is not recorded.

    Attributes
    ----------
    stem : what an export is called, without its ending.
    files : of the runs; empty where it is not recorded.
    record : what is in memory of it.
    on_screen : whether there is a dashboard of it, which can be saved as a picture.
    """

    stem: str
    files: tuple[Path, ...]
    record: RunRecord | None = None
    on_screen: bool = False

    @property
    def note(self) -> str:
        """What the person should know of it."""
        if self.files:
            return ""
        return f"This run is not recorded: csv has what is in memory, at most {POINTS:,} epochs."

    def choices(self) -> list[Choice]:
        """Every format."""
        whole = len(self.files) == 1
        why_not = "" if whole else "one run at a time" if self.files else "needs a recorded run"
        able = ("csv",) if self.files else _FROM_MEMORY  # of several files there is one table
        found = [Choice(form, ("" if form.name in able else why_not) or missing(form)) for form in FORMATS.values()]
        return [*found, *(Choice(form, missing(form)) for form in SCREENS)] if self.on_screen else found

    def name(self, form: Format) -> str:
        """What an export is called where nobody says."""
        return file_name(self.stem, form.suffix + form.ending)


def source_of(files: Sequence[Path], record: RunRecord) -> Source:
    """What a dashboard shows. Raises RunError where the file of the run cannot be read."""
    stem = record.preset.name if not files else _stem(meta_at(files[0])) if len(files) == 1 else "comparison"
    return Source(stem, tuple(files), record, on_screen=True)


def source_at(path: Path) -> Source:
    """A run in its file. Raises RunError."""
    return Source(_stem(meta_at(path)), (path,))


def _stem(meta: RunMeta) -> str:
    return f"{meta.name or meta.identity.preset}-{meta.id}"


def own_name(meta: RunMeta, form: Format) -> str:
    """What an export is called where nobody says."""
    return file_name(_stem(meta), form.suffix + form.ending)


class GivenUpError(Exception):
    """An export that was given up."""


class _Reader(RunReader):
    """Gives up where nobody waits any longer: a long run takes minutes."""

    def __init__(self, path: Path, given_up: threading.Event) -> None:
        super().__init__(path)
        self._given_up = given_up

    def epochs(self, first: int = 1, last: int | None = None, attempt: int | None = None) -> Iterator[list[Epoch]]:
        for lanes in super().epochs(first, last, attempt):
            if self._given_up.is_set():
                raise GivenUpError
            yield lanes


def save(
    source: Source,
    form: Format,
    target: Path,
    picture: Write | None,
    given_up: threading.Event,
    *,
    replace: bool = False,
) -> Path:
    """Write it there, or into the folder that has that name; the path.

    Parameters
    ----------
    picture : writes the screen, for `SCREENS`.
    given_up : set where the export is not wanted any more.

    Raises
    ------
    RunError
        It cannot be written, or the run's file is damaged.
    FileExistsError
        The name is taken, and not to be replaced.
    """
    if form.ending and target.is_dir():
        target = target / source.name(form)
    if not replace and (target.exists() or target.is_symlink()):
        raise FileExistsError(str(target))
    if picture is None and len(source.files) == 1:
        with _Reader(source.files[0], given_up) as reader:
            export(reader, form, target, replace=replace)
        return target
    with written(target, replace=replace) as file:
        if picture is not None:
            picture(file)
        elif form.name == "results" and source.record is not None:
            csv_of(source.record, file)
        elif form.name == "markdown" and source.record is not None:
            file.write(markdown(source.record).encode("utf-8", "replace"))
        else:
            write_runs(_runs(source, given_up), file)
    return target


def _runs(source: Source, given_up: threading.Event) -> Iterator[tuple[str, Iterable[Sequence[Epoch]]]]:
    """Several runs from their files, or the one in memory."""
    for path in source.files:
        with _Reader(path, given_up) as reader:
            yield reader.meta.id, reader.epochs()
    if not source.files and source.record is not None and source.record.history is not None:
        # A copy: training would wait for its lock.
        yield source.stem, [source.record.history.copy().as_events(POINTS)]


def export_to(reader: RunReader, form: Format, target: Path, *, replace: bool = False) -> Path:
    """Write the run there, or into the folder that has that name; the path. Raises RunError."""
    if form.ending and target.is_dir():
        target = target / own_name(reader.meta, form)
    try:
        export(reader, form, target, replace=replace)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "no file can have such a name"
        raise RunError(f"{target}: not written: {why}") from error
    return target
