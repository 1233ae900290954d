"""A file that was deleted while it was written, written anew."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from engine.files import give_new_name
from engine.runs.opening import connect, journal_of


def write_anew(db: sqlite3.Connection, path: Path) -> None:
    """Give the name to a new file with all that the deleted one holds, whose content is there as long as it is open.

    Its connection is then closed. Raises sqlite3.Error, OSError: then it is open as before.
    """
    path.parent.mkdir(exist_ok=True)
    aside = path.parent / f".regtui-{os.urandom(8).hex()}.part"
    try:
        copy = connect(aside, "mode=rwc")
        try:
            db.backup(copy)
        finally:
            copy.close()
        for rest in journal_of(path):  # of the deleted file
            rest.unlink(missing_ok=True)
        give_new_name(aside, path)
    finally:
        for rest in (aside, *journal_of(aside)):
            with contextlib.suppress(OSError):
                rest.unlink()
    # It takes a log of that name away as it closes: nobody may have opened the new file before.
    db.close()
