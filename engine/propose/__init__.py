"""A preset for the user's own data: what is in them, and an experiment of sensible size on them.

Neither torch nor a screen is imported; numpy is once there are data to look at, for the first frame of the dashboard
waits until it is known that a preset is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.events import Loading
from engine.preset.built_in import builtin_names
from engine.preset.data import Data
from engine.preset.errors import PresetError
from engine.preset.load import load_preset
from engine.propose.proposal import Proposal, literal

__all__ = ["Proposal", "own_data", "propose"]

TABLES = (".csv", ".tsv", ".tab", ".txt", ".data")


def own_data(ref: str) -> str:
    """The source that a reference is data for, `csv` or `folder`; an empty text where it is a preset."""
    if ref.lower().endswith(TABLES):
        return "csv"
    return "folder" if os.path.isdir(ref) and ref not in builtin_names() else ""


def propose(
    ref: str,
    target: str | None = None,
    sets: Sequence[str] = (),
    report: Callable[[Loading], None] = lambda event: None,
) -> Proposal:
    """Look at the data and give a preset for them, as a TOML text with comments, and what was found in a few lines.

    Parameters
    ----------
    ref : a CSV file, or a folder of images.
    target : the column to predict; by its name, or the last one, where it is not given.
    sets : `KEY=VALUE` changes of the command line: those of `[data]` say how the file is read.
    report : called with what is being waited for.

    Raises
    ------
    PresetError
        There are no such data, or they cannot be used.
    """
    if own_data(ref) == "csv":
        from engine.propose.table import survey_of_table

        data = _reading(ref, target, sets)
        given = None if data.target == _NO_TARGET else data.target
        return survey_of_table(data, given, "--target" if target is not None else "data.target").proposal()
    if target is not None:
        raise PresetError(f"--target {target}: the classes of a folder of images are its folders: leave it out")
    if not Path(ref).is_dir():
        raise PresetError(f"{ref}: no such folder")
    from engine.propose.images import survey_of_images

    return survey_of_images(ref, report).proposal()


_NO_TARGET = "\N{REPLACEMENT CHARACTER}"


def _reading(path: str, target: str | None, sets: Sequence[str]) -> Data:
    """How the file is to be read: the settings `[data]` of the command line."""
    if target is not None and not target:
        raise PresetError("--target: the name of a column is expected")
    name = literal(_NO_TARGET if target is None else target)
    text = f'[data]\nsource = "csv"\npath = {literal(path)}\ntarget = {name}\n'
    asked = [given for given in sets if given.lstrip().startswith("data.")]
    # What the split or a regression asks is known once the target is.
    later = ("data.task", "data.target_scale")
    kept = [given for given in asked if given.partition("=")[0].strip() not in later]
    return load_preset(path, kept, text=text).base.data
