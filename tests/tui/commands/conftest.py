"""A folder of recorded runs of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REGTUI_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"
