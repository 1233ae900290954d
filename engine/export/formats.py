"""The formats that a run can be exported in, and the file that takes its name once it is whole."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.files import written
from engine.runs.errors import RunError
from engine.runs.reader import RunReader

# In every folder that is an export.
_MARK = "regtui-export.txt"


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its word on the command line.

    Attributes
    ----------
    ending : of its files; empty where it is a folder.
    help : one line for the user.
    function : of `engine.export`, as `module.name`, that writes a reader's run to an open file, or into a folder.
    needs : the package that it takes, and the extra that brings it; both empty where it takes none.
    text : whether it may go to stdout.
    suffix : of a name that nobody has chosen, before the ending: it tells formats of one ending apart.
    """

    name: str
    ending: str
    help: str
    function: str
    needs: str = ""
    extra: str = ""
    text: bool = False
    suffix: str = ""


FORMATS: dict[str, Format] = {
    form.name: form
    for form in (
        Format("csv", ".csv", "every number: run, arm, seed, epoch, metric, value", "tidy.write_csv", text=True),
        Format("results", ".csv", "the outcome, a row for each arm: mean and deviation",
               "results.write_csv", text=True, suffix="-results"),
        Format("markdown", ".md", "the outcome as a table to paste into a text", "results.write_markdown", text=True),
        Format("json", ".jsonl", "the events as JSON lines, as in `regtui run --json`", "events.write", text=True),
        Format("html", ".html", "one page with charts, tables and preset, needs no network", "page.write",
               text=True),
        Format("svg", ".svg", "the curves as a drawing", "pictures.write_svg", "matplotlib", "plots"),
        Format("png", ".png", "the curves as a picture", "pictures.write_png", "matplotlib", "plots"),
        Format("parquet", ".parquet", "as csv, in columns", "parquet.write", "pyarrow", "parquet"),
        Format("tensorboard", "", "a folder for `tensorboard --logdir`", "tensorboard.write", "tensorboard",
               "tensorboard"),
    )
}  # fmt: skip


def missing(form: Format) -> str:
    """What has to be installed for a format, in a few words; empty where nothing has. Nothing is imported."""
    try:
        there = not form.needs or importlib.util.find_spec(form.needs) is not None
    except ValueError:  # it stands among the imported ones as one that cannot be
        there = False
    return "" if there else f"takes {form.needs}: pip install 'regtui[{form.extra}]'"


def writer_of(form: Format) -> Callable[[RunReader, Any], None]:
    """Its function that writes a run. Raises RunError where the package that it takes is not there."""
    if form.needs:
        try:
            importlib.import_module(form.needs)
        except ImportError:
            raise RunError(
                f"--{form.name} takes {form.needs}, which is not installed: pip install 'regtui[{form.extra}]'"
            ) from None
    module, _, name = form.function.partition(".")
    function: Callable[[RunReader, Any], None] = getattr(importlib.import_module(f"engine.export.{module}"), name)
    return function


def export(reader: RunReader, form: Format, target: Path, *, replace: bool = False) -> None:
    """Write a run to `target`, which has the name once it is whole.

    Parameters
    ----------
    replace : whether a file, or for a folder a folder, of that name is replaced.

    Raises
    ------
    RunError
        The run is damaged, the format's package is missing, or the name is taken.
    OSError
        It cannot be written there.
    """
    write = writer_of(form)
    try:
        if form.ending:
            with written(target, replace=replace) as file:
                write(reader, file)
        else:
            _write_folder(reader, write, target, replace)
    except FileExistsError:
        raise RunError(f"{target}: already exists: --force replaces it, -o FILE writes to another place") from None


def to_stream(reader: RunReader, form: Format, file: IO[bytes]) -> None:
    """Write a run to an open file, such as stdout. Raises RunError, OSError."""
    writer_of(form)(reader, file)


def _write_folder(reader: RunReader, write: Callable[[RunReader, Any], None], target: Path, replace: bool) -> None:
    """As `written`, for a folder. Only an export of ours is replaced: a mistaken name must cost nobody a folder."""
    if target.is_symlink() or target.exists():
        if not replace:
            raise FileExistsError(str(target))
        if target.is_symlink() or not (target / _MARK).is_file():
            raise RunError(f"{target}: is no folder that regtui has exported: choose another name")
    aside = target.parent / f".regtui-{os.urandom(8).hex()}.part"
    aside.mkdir()
    try:
        write(reader, aside)
        (aside / _MARK).write_text("Exported by regtui, which may replace this folder.\n", encoding="utf-8")
        if target.exists():
            old = aside.with_suffix(".old")
            target.rename(old)
            aside.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            aside.rename(target)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(aside)
        raise
