"""Where the story of a failure is written, in full: a person is told one line of it."""

from __future__ import annotations

import time
import traceback
from pathlib import Path

import platformdirs


def log_path() -> Path:
    """The log's place in the user's own folder of logs."""
    return platformdirs.user_log_path("regtui") / "regtui.log"


def write_log(what: str) -> Path:
    """Append the exception being handled to the log, under a line that says what was done, and say where that is."""
    path = log_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {what}\n{traceback.format_exc()}\n")
    except OSError:
        pass
    return path
