"""A damaged file, another program's, or one that a stranger built to do harm: a line, and nothing else."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.runs import schema
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.resume import go_on, resumable
from tests.engine.runs.damage import Truth, harmed, refuted, truth
from tests.engine.runs.small import same_state
from tests.engine.runs.synthetic import epoch_events


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return truth(tmp_path_factory.mktemp("whole") / "run.regtui")


@pytest.mark.parametrize("part", range(6))
def test_flipped_and_cut_off_it_is_read_rightly_or_refused_in_a_line(part: int, whole: Truth, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    for number in range(10 * part, 10 * part + 10):
        data = harmed(whole.data, random.Random(number))
        path.write_bytes(data)
        assert refuted(path, whole) == "", f"damage {number}"
        assert path.read_bytes() == data
        assert [file.name for file in tmp_path.iterdir()] == [path.name]


def changed(whole: Truth, path: Path, *statements: str) -> Path:
    path.write_bytes(whole.data)
    db = sqlite3.connect(path)
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    return path


def test_a_damaged_newest_checkpoint_is_passed_over_and_said(whole: Truth, tmp_path: Path) -> None:
    piece = schema.chunk_key(4, 1)
    statement = f"UPDATE chunks SET bytes = zeroblob(length(bytes)) WHERE id = {piece}"
    found = resumable(changed(whole, tmp_path / "run.regtui", statement))
    assert found.checkpoint is not None
    assert found.checkpoint.epoch == 3
    (line,) = found.passed_over
    assert line.startswith("checkpoint at epoch 4 is damaged and passed over")


def test_a_run_of_a_broken_page_goes_on_in_a_new_file_with_all_that_is_whole(whole: Truth, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    path.write_bytes(whole.data)
    db = sqlite3.connect(path)
    (first,) = db.execute("SELECT numbers FROM epochs WHERE id = 1").fetchone()
    db.close()
    broken = bytearray(whole.data)
    page = broken.index(first) // 16384 * 16384
    broken[page : page + 16384] = bytes(16384)
    path.write_bytes(broken)
    found = resumable(path)
    assert found.checkpoint is not None
    writer = go_on(found)
    assert writer.path == tmp_path / "run-mended.regtui"
    writer.take(epoch_events(found.preset, 5, 6))
    assert writer.close()
    assert path.read_bytes() == broken
    with RunReader(writer.path) as reader:
        assert reader.record.epoch == 5
        assert reader.damage == []
        assert reader.meta.missing == ((1, 4),)
        assert [repr(event) for _, _, event in reader.events()] == whole.events
        loaded = reader.load_checkpoint()
        assert loaded is not None
        assert same_state(loaded.state, whole.states[4])


def test_a_damaged_epoch_is_left_out_and_said(whole: Truth, tmp_path: Path) -> None:
    path = changed(whole, tmp_path / "run.regtui", "UPDATE epochs SET numbers = zeroblob(length(numbers)) WHERE id = 7")
    with RunReader(path) as reader:
        assert reader.damage == ["epoch 7 cannot be read"]
        with pytest.raises(RunError, match="epoch 7 cannot be read"):
            list(reader.epochs())


@pytest.mark.parametrize("value", ["''", "x''", "1.5", "NULL", f"{2**62}", "-1"])
@pytest.mark.parametrize("column", ["layout", "numbers"])
def test_a_row_of_another_kind_is_left_out_and_said(column: str, value: str, whole: Truth, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    path.write_bytes(whole.data)
    with contextlib.closing(sqlite3.connect(path)) as db:
        # As a flipped bit in a row's header has it, which no constraint of the table can keep away.
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'epochs'")
        db.commit()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"UPDATE epochs SET {column} = {value} WHERE id = 7")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'epochs'", (schema.TABLES["epochs"],))
        db.commit()
    with RunReader(path) as reader:
        assert reader.damage == ["epoch 7 cannot be read"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"SQLite format 3\0" + bytes(20), "is cut off after 36 bytes"),
        (b"\x80\x04\x95 no pickle is read", "is no run"),
    ],
)
def test_what_is_no_run_is_said_in_a_line(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    path.write_bytes(data)
    with pytest.raises(RunError, match=message):
        RunReader(path)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("PRAGMA user_version = 2", "was written by a newer regtui"),
        ("PRAGMA user_version = -1", "was written by a newer regtui"),
        ("PRAGMA user_version = 0", "unknown format 0"),
        ("PRAGMA application_id = 7", "no run of regtui"),
        ("CREATE VIEW more AS SELECT 1", "its tables are not those of a run"),
        ("CREATE TRIGGER more AFTER INSERT ON meta BEGIN SELECT 1; END", "its tables are not those of a run"),
        ("DROP TABLE events", "its tables are not those of a run"),
        ("DELETE FROM meta WHERE id = 'progress'", "does not tell its progress"),
        ("UPDATE meta SET value = '{}' WHERE id = 'identity'", "row identity of meta is not as it was written"),
        ("DELETE FROM columns WHERE id = 3", "column 3 is missing"),
    ],
)
def test_another_schema_and_rows_of_other_kinds_are_refused(
    statement: str, message: str, whole: Truth, tmp_path: Path
) -> None:
    with pytest.raises(RunError, match=message):
        RunReader(changed(whole, tmp_path / "run.regtui", statement))


def forged(whole: Truth, path: Path, change: Callable[[sqlite3.Connection], None]) -> Path:
    """A file whose rows have right checksums: a stranger's."""
    path.write_bytes(whole.data)
    db = sqlite3.connect(path)
    change(db)
    db.commit()
    db.close()
    return path


def put(table: str, key: int | str, text: str) -> Callable[[sqlite3.Connection], None]:
    def change(db: sqlite3.Connection) -> None:
        crc = schema.text_crc(table, key, text.encode())
        db.execute(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", (key, text, crc))

    return change


def progress(**fields: int) -> str:
    return schema.to_text({"time": 0.0, "attempt": 0, "epoch": 400, "events": 1, "commands": 0, **fields})


DEEP = "[" * 100_000 + "]" * 100_000
STARTED = {
    "event": "started", "preset": "x", "device": "cpu", "parameters": 1, "train": 1, "validation": 1, "test": 1,
    "arms": ["a"] * 9999, "seeds": [*range(9999)],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        put("meta", "progress", progress(epoch=10**30)),
        put("meta", "progress", progress(epoch=10**12)),
        put("meta", "progress", progress(attempt=10**9)),
        put("meta", "progress", progress(epoch=-5)),
        put("meta", "preset", "{}"),
        put("meta", "preset", DEEP),
        put("meta", "preset", '{"name": 7}'),
        put("meta", "name", '"\\u001b]0;title\\u0007"'),
        put("meta", "environments", "[]"),
        put("columns", 2, '["nobody", 0, "val_loss"]'),
        put("columns", 2, '{"a": 1}'),
        put("layouts", 0, "[0, 0, 0]"),
        put("layouts", 0, f"[{10**9}]"),
        put("events", 2, '{"event": {"event": "epoch"}}'),
        put("events", 2, "[]"),
        put("events", 2, "null"),
        put("events", 2, schema.to_text({"attempt": 0, "time": 1, "event": STARTED})),
        put("checkpoints", 4, "7"),
        put("checkpoints", 2**62, "{}"),
        put("commands", 2, '{"command": {"do": "__import__"}}'),
    ],
)  # fmt: skip
def test_a_strangers_rows_are_refused_or_harmless(
    change: Callable[[sqlite3.Connection], None], whole: Truth, tmp_path: Path
) -> None:
    path = forged(whole, tmp_path / "run.regtui", change)
    message = ""
    try:
        with RunReader(path) as reader:
            assert reader.meta.name.isprintable()
            reader.events()
            reader.commands()
            list(reader.epochs())
            reader.load_checkpoint()
    except RunError as error:
        message = str(error)
    assert len(message) <= 300
    assert message.isprintable()


def promise_much(db: sqlite3.Connection) -> None:
    """Ten thousand metrics of one lane: a history of them would take gigabytes, and the rows have a few numbers."""
    for number in range(200, 10_200):
        put("columns", number, f'["plain", 0, "penalty.{number}"]')(db)


def test_more_memory_than_the_file_has_numbers_for_is_not_taken(whole: Truth, tmp_path: Path) -> None:
    path = forged(whole, tmp_path / "run.regtui", promise_much)
    code = (
        "import resource, sys; from pathlib import Path; from engine.runs.errors import RunError\n"
        "from engine.runs.reader import RunReader\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: RunReader(Path(sys.argv[1]))\n"
        "except RunError as error: print(error)\n"
        "assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000\n"
    )
    completed = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True)
    assert "numbers an epoch" in completed.stdout or "column" in completed.stdout


@pytest.mark.parametrize("place", ["pipe", "folder", "device"])
def test_what_is_no_file_is_refused_and_not_waited_for(place: str, tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    if place == "pipe":
        os.mkfifo(path)
    elif place == "folder":
        path.mkdir()
    else:
        path = Path("/dev/null")
    with pytest.raises(RunError):
        RunReader(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="No such file"):
        RunReader(tmp_path / "run.regtui")
