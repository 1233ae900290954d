"""The log of failures, with full tracebacks: the user sees one line of each."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path

import platformdirs

from engine.text import printable


def log_path() -> Path:
    """The log's place in the user's own folder of logs."""
    return platformdirs.user_log_path("regtui") / "regtui.log"


def write_log(text: str, error: BaseException | None = None) -> Path:
    """Append an exception (the one being handled, unless given) to the log, and say where that is.

    `what` was done is the line above it.
    """
    path, error = log_path(), error or sys.exc_info()[1]
    trace = "".join(traceback.format_exception(error)) if error else ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A traceback may quote what UTF-8 cannot write, such as half of a pair in a file's name.
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            head = f"{time.strftime('%Y-%m-%d %H:%M:%S')} {printable(text)}"
            file.write(printable(f"{head}\n{trace}\n", lines=True))
    except OSError:
        pass
    return path
