"""A run exported under a name of its own."""

from __future__ import annotations

from pathlib import Path

from engine.export import FORMATS, Format, export
from engine.files import file_name
from engine.runs.errors import RunError
from engine.runs.meta import RunMeta
from engine.runs.reader import RunReader
from tui.arguments import nearest


def own_name(meta: RunMeta, form: Format) -> str:
    """What an export is called where nobody says."""
    return file_name(f"{meta.name or meta.identity.preset}-{meta.id}", form.ending)


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


def export_run(path: Path, format: str) -> Path:
    """Export a run into the working folder, in a format by its name; the path. Raises RunError."""
    form = FORMATS.get(format)
    if form is None:
        raise RunError(f"{format}: must be one of {', '.join(FORMATS)}{nearest(format, FORMATS)}")
    with RunReader(path) as reader:
        return export_to(reader, form, Path(own_name(reader.meta, form)))
