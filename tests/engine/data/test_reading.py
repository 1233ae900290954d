"""Files of data are read in large blocks, so that no other thread waits for its turn among thousands of reads."""

from __future__ import annotations

import io

import pytest

from engine.data.csv_file import load_csv
from engine.data.reading import regular
from engine.preset.data import Data

MEGABYTE = 1 << 20


@pytest.fixture
def reads(monkeypatch):
    """The bytes of every read of a disk."""
    taken: list[int] = []

    class Counted(io.FileIO):
        def readinto(self, buffer, /):
            taken.append(super().readinto(buffer))
            return taken[-1]

    monkeypatch.setattr("engine.data.reading.io.FileIO", Counted)
    return taken


def test_lines_are_read_a_megabyte_at_a_time(tmp_path, reads):
    line = ",".join(["0.25"] * 40)
    rows = 3 * MEGABYTE // len(line)
    (tmp_path / "rows.csv").write_text(
        ",".join([*(f"x{n}" for n in range(40)), "y"]) + "\n" + "".join(f"{line},{n % 2}\n" for n in range(rows))
    )
    pool = load_csv(Data(source="csv", path=str(tmp_path / "rows.csv"), target="y"))
    assert len(pool.pool) == rows
    assert len(reads) < 20, "among many reads, Python's lock reaches no other thread for seconds"


def test_what_was_read_is_what_is_there(tmp_path, reads):
    held = b"".join(b"%d\n" % n for n in range(400_000))
    (tmp_path / "file").write_bytes(held)
    with regular(tmp_path / "file") as file, io.TextIOWrapper(file, newline="") as text:
        assert "".join(iter(lambda: text.readline(64), "")).encode() == held
    assert sum(reads) == len(held)
