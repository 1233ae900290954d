"""Folders whose names are short enough for a socket, and nobody's own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine.log


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rt-", dir="/tmp") as folder:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(Path(folder) / "runtime"))
        monkeypatch.setattr("tempfile.tempdir", folder)
        monkeypatch.setattr(engine.log, "log_path", lambda: Path(folder) / "log")
        yield Path(folder)
