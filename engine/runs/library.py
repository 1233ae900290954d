"""The runs that there are: their folder, finding one, and what can be done with their files."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.files import file_name
from engine.runs import tables
from engine.runs.contents import meta_of
from engine.runs.errors import RunError
from engine.runs.meta import RunMeta
from engine.runs.opening import connect, connect_to_read, journal_of, worded
from engine.text import printable, quoted

ENDING = ".regtui"
# Where the runs together take more, the list of runs says so, bytes.
MUCH = 5_000_000_000
_LONGEST_NAME, _LONGEST_NOTES = 200, 20_000


def runs_folder() -> Path:
    """Where runs are recorded: REGTUI_RUNS, or a folder among the user's data."""
    if given := os.environ.get("REGTUI_RUNS"):
        return Path(given).expanduser()
    import platformdirs

    return platformdirs.user_data_path("regtui") / "runs"


def new_run(preset: str, folder: Path | None = None) -> tuple[str, Path]:
    """An id that no run has yet, and the place for its file: `2026-03-01-dropout-1f3a90c2.regtui`.

    Parameters
    ----------
    preset : its name.
    folder : `runs_folder()` unless given.
    """
    id = os.urandom(4).hex()
    name = file_name(f"{time.strftime('%Y-%m-%d')}-{preset}"[:100], f"-{id}{ENDING}")
    return id, (folder or runs_folder()) / name


@dataclass(frozen=True, slots=True)
class Listed:
    """A file in the list of runs: what it tells of its run, or the one line of why it cannot be read.

    Attributes
    ----------
    bytes : of the file and what SQLite keeps beside it.
    changed : when it was last written, seconds since 1970.
    """

    path: Path
    meta: RunMeta | None
    problem: str
    bytes: int
    changed: float


def meta_at(path: Path) -> RunMeta:
    """What a file tells of its run as a whole, without reading its numbers. Raises RunError."""
    with contextlib.closing(connect_to_read(path)) as db, worded(path):
        names = ("identity", "name", "notes", "environments", "data", "state", "progress", "missing")
        return meta_of(tables.meta(db, *names), path)


def listed(folder: Path | None = None) -> list[Listed]:
    """Every run in the folder, the newest first; those that cannot be read last. An absent folder has none."""
    found = [_listed(path) for path in _files(folder or runs_folder())]
    return sorted(
        found, key=lambda run: (run.meta is None, -(run.meta.identity.began if run.meta else run.changed), run.path)
    )


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == ENDING and path.is_file())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{folder}: {error.strerror}: it is where runs are recorded (REGTUI_RUNS)") from error


def _listed(path: Path) -> Listed:
    size, changed = _size_and_time(path)
    try:
        return Listed(path, meta_at(path), "", size, changed)
    except RunError as error:
        return Listed(path, None, str(error), size, changed)


def newest(folder: Path | None = None, fits: Callable[[RunMeta], bool] = lambda meta: True) -> Path:
    """The run that began last, of those that fit. Raises RunError where there is none."""
    for run in listed(folder):
        if run.meta is not None and fits(run.meta):
            return run.path
    raise RunError(f"there is no such run in {folder or runs_folder()}")


def find(text: str, folder: Path | None = None) -> Path:
    """A run's file, by its path, its id or the beginning of it, or a part of its name, its preset's or its file's.

    Raises RunError where there is none, or more than one.
    """
    with contextlib.suppress(OSError, ValueError):
        if Path(text).expanduser().is_file():
            return Path(text).expanduser()
    if os.sep in text or text.endswith(ENDING):
        raise RunError(f"{quoted(text)}: there is no such file")
    runs = [run for run in listed(folder) if run.meta is not None]
    part = text.casefold()
    ways: list[Callable[[RunMeta, Path], bool]] = [
        lambda meta, path: meta.id == part,
        lambda meta, path: len(part) >= 3 and meta.id.startswith(part),
        lambda meta, path: meta.name.casefold() == part,
        lambda meta, path: part in meta.name.casefold(),
        lambda meta, path: part in meta.identity.preset.casefold() or part in path.stem.casefold(),
    ]
    for way in ways:
        fits = [run for run in runs if run.meta is not None and text and way(run.meta, run.path)]
        if len(fits) == 1:
            return fits[0].path
        if fits:
            few = ", ".join(_name_and_id(run.meta) for run in fits[:4] if run.meta is not None)
            raise RunError(
                f"{quoted(text)} fits {len(fits)} runs ({few}{', ...' if len(fits) > 4 else ''}): give the id"
            )
    raise RunError(f"{quoted(text)}: there is no such run in {folder or runs_folder()} (`regtui runs` lists them)")


def _name_and_id(meta: RunMeta) -> str:
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(meta.identity.began))
    return f"{meta.id} {meta.name or meta.identity.preset} of {began}"


def rename(path: Path, name: str) -> None:
    """Give a run a name, or with an empty one none; a living one too. Raises RunError."""
    _write(path, {"name": _text(name, _LONGEST_NAME, "name")})


def annotate(path: Path, notes: str) -> None:
    """Keep the user's notes with a run, in place of those that it had. Raises RunError."""
    _write(path, {"notes": _text(notes, _LONGEST_NOTES, "notes", lines=True)})


def _text(text: str, longest: int, name: str, lines: bool = False) -> str:
    if len(text) > longest:
        raise RunError(f"{name} of {len(text):,} characters: at most {longest:,}")
    return printable(text.strip(), lines=lines)


def _write(path: Path, fields: Mapping[str, Any]) -> None:
    meta_at(path)  # or it is no run of ours
    with worded(path), contextlib.closing(connect(path, "mode=rw")) as db:
        db.execute("BEGIN IMMEDIATE")
        tables.put_meta(db, fields)
        db.execute("COMMIT")


def delete(path: Path) -> None:
    """Delete a run's file. Raises RunError where a process still has it open, or it cannot be deleted."""
    try:
        meta = meta_at(path)
    except RunError:
        meta = None  # what cannot be read can be deleted
    if meta is not None and meta.state == "running":
        raise RunError(f"{path}: is being trained: stop it first")
    if meta is not None and meta.is_open:
        owner = meta.standing.owner
        raise RunError(f"{path}: is still open in process {owner.pid} on {owner.host}: leave it there first")
    with worded(path):
        for file in (path, *journal_of(path)):
            file.unlink(missing_ok=file != path)


def prunable(folder: Path | None = None) -> list[Listed]:
    """The runs that may go: finished, left by their process, and with neither a name nor notes; the oldest first."""
    return [run for run in reversed(listed(folder)) if run.meta is not None and _may_go(run.meta)]


def _may_go(meta: RunMeta) -> bool:
    return meta.state == "finished" and not meta.is_open and not (meta.name or meta.notes)


def prune(folder: Path | None = None, keep_bytes: int = 0) -> list[Listed]:
    """Delete prunable runs, the oldest first, until all runs together take at most so many bytes; those deleted."""
    total = total_bytes(folder)
    gone: list[Listed] = []
    for run in prunable(folder):
        if total <= keep_bytes:
            break
        delete(run.path)
        total -= run.bytes
        gone.append(run)
    return gone


def total_bytes(folder: Path | None = None) -> int:
    """What all runs in the folder take together."""
    return sum(_size_and_time(path)[0] for path in _files(folder or runs_folder()))


def _size_and_time(path: Path) -> tuple[int, float]:
    """Bytes with what SQLite keeps beside it, and when any of it was last written."""
    size, changed = 0, 0.0
    for file in (path, *journal_of(path)):
        with contextlib.suppress(OSError):
            status = file.stat()
            size, changed = size + status.st_size, max(changed, status.st_mtime)
    return size, changed
