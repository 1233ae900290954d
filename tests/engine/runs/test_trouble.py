"""A disk that is full, a file or a folder that is gone, a reader in the way: training goes on, and is recorded."""

from __future__ import annotations

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.events import Epoch
from engine.runs.meta import DataPrint
from engine.runs.reader import RunReader
from engine.runs.recorder import Recorder
from engine.runs.writer import RunWriter
from engine.state import LabState
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset

PRESET = wide_preset(4, 2)


def begun(path: Path, **settings: int) -> RunWriter:
    writer = RunWriter(path, PRESET, **settings)
    writer.take([started_of(PRESET), *epoch_events(PRESET, 1)])
    assert writer.flush()
    return writer


def go_on(writer: RunWriter, first: int, last: int) -> None:
    for epoch in range(first, last + 1):
        writer.take(epoch_events(PRESET, epoch))


def recorded(path: Path) -> list[int]:
    with RunReader(path) as reader:
        assert reader.damage == []
        return [lanes[0].epoch for lanes in reader.epochs()]


FULL = """
import resource, sys
from pathlib import Path
from tests.engine.runs.test_trouble import *

writer = begun(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
epoch = 1
while writer.trouble is None:
    go_on(writer, epoch + 1, epoch + 200)
    epoch += 200
    writer.flush()
failed = epoch
print(writer.trouble)
assert writer.trouble.epoch == epoch - 199, writer.trouble
for _ in range(3):
    go_on(writer, epoch + 1, epoch + 200)
    epoch += 200
    assert not writer.flush()
assert writer.trouble.epoch == failed - 199
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert writer.flush() and writer.trouble is None
assert writer.close("finished")
assert recorded(Path(sys.argv[1])) == list(range(1, epoch + 1))
"""


def test_full_and_then_room_again_nothing_is_lost(tmp_path: Path) -> None:
    completed = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "run.regtui")],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    assert completed.stdout.startswith("not recorded since ")


def test_where_there_is_room_for_all_but_a_checkpoint_the_rest_is_written(tmp_path: Path) -> None:
    code = FULL.partition("epoch = 1")[0] + (
        "from tests.engine.runs.small import small_lab\n"
        "lab = small_lab(**{'model.hidden': [400, 400]})\n"
        "writer.checkpoint(lab.state())\n"
        "go_on(writer, 2, 3)\n"
        "assert not writer.flush()\n"
        "print(writer.trouble)\n"
        "with RunReader(Path(sys.argv[1])) as reader: assert reader.record.epoch == 3\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))\n"
        "assert writer.flush()\n"
        "with RunReader(Path(sys.argv[1])) as reader: assert len(reader.checkpoints()) == 1\n"
    )
    completed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "run.regtui")],
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert completed.returncode == 0, completed.stderr
    assert "for checkpoints" in completed.stdout


def test_a_deleted_file_is_written_anew_with_all_that_it_held(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    writer = begun(path)
    for file in tmp_path.iterdir():
        file.unlink()
    go_on(writer, 2, 3)
    assert writer.flush()
    assert recorded(path) == [1, 2, 3]
    path.unlink()  # but not what SQLite keeps beside it
    go_on(writer, 4, 5)
    assert writer.flush()
    assert writer.close("finished")
    assert recorded(path) == [1, 2, 3, 4, 5]
    assert os.listdir(tmp_path) == ["run.regtui"]


def test_a_deleted_folder_is_made_again_and_a_vanished_place_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "disk" / "runs" / "run.regtui"
    path.parent.parent.mkdir()
    writer = begun(path)
    shutil.rmtree(path.parent)
    go_on(writer, 2, 2)
    assert writer.flush()
    shutil.rmtree(path.parent.parent)
    go_on(writer, 3, 3)
    assert not writer.flush()
    assert writer.trouble is not None
    assert writer.trouble.epoch == 3
    go_on(writer, 4, 4)
    path.parent.parent.mkdir()
    assert writer.flush()
    assert writer.trouble is None
    writer.close()
    assert recorded(path) == [1, 2, 3, 4]


def test_another_file_that_took_the_name_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    writer = begun(path)
    path.unlink()
    path.write_text("mine")
    go_on(writer, 2, 2)
    assert not writer.flush()
    assert "another file has taken its name" in str(writer.trouble)
    assert not writer.close()
    assert path.read_text() == "mine"


def test_what_waits_is_bounded_and_spans_the_whole_time(tmp_path: Path) -> None:
    path = tmp_path / "disk" / "run.regtui"
    writer = begun(path, waiting_bytes=200_000)
    shutil.move(path.parent, tmp_path / "away")
    (tmp_path / "disk").write_text("in the way")
    for epoch in range(2, 2001):
        go_on(writer, epoch, epoch)
        if epoch % 100 == 0:
            assert not writer.flush()
        waiting = sum(len(row) for _, row in writer._pending._batch.epochs.values())
        assert waiting <= 200_000
    (tmp_path / "disk").unlink()
    assert writer.flush()
    writer.close()
    with RunReader(path) as reader:
        assert reader.damage == []
        epochs = [lanes[0].epoch for lanes in reader.epochs()]
        assert 60 < len(epochs) < 200
        assert (epochs[0], epochs[-1]) == (1, 2000)
        assert max(after - before for before, after in itertools.pairwise(epochs)) < 100
        assert len(reader.meta.missing) == 1
        assert reader.record.history is not None


def test_a_reader_in_the_way_delays_writing_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runs.opening.is_shared", lambda folder: True)
    path = tmp_path / "run.regtui"
    writer = begun(path)
    assert os.listdir(tmp_path) == ["run.regtui"]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM epochs").fetchone()
    go_on(writer, 2, 2)
    assert not writer.flush()
    assert "another process" in str(writer.trouble)
    other.close()
    assert writer.flush()
    writer.close()
    assert recorded(path) == [1, 2]


def test_the_recorder_writes_by_itself_and_ends_with_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    recorder = Recorder(RunWriter(path, PRESET), every=0.02)
    recorder.take([started_of(PRESET), *epoch_events(PRESET, 1)])
    wait_for(path, 1)
    recorder.take(epoch_events(PRESET, 2))
    recorder.checkpoint(LabState(2, 0, False, PRESET.model_dump_json(), [], {}), now=True)
    wait_for(path, 2)
    recorder.take(epoch_events(PRESET, 3))
    assert recorder.close("finished")
    assert recorder.trouble is None
    assert recorded(path) == [1, 2, 3]
    assert os.listdir(tmp_path) == ["run.regtui"]


def wait_for(path: Path, epoch: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with RunReader(path) as reader:
            if reader.record.epoch == epoch:
                return
        time.sleep(0.01)
    raise AssertionError(f"epoch {epoch} was not written")


def test_a_recorder_that_cannot_write_never_holds_training_up(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "run.regtui"
    recorder = Recorder(RunWriter(path, PRESET), every=0.01)
    shutil.rmtree(path.parent)
    path.parent.write_text("in the way")
    recorder.take([started_of(PRESET)])
    deadline = time.monotonic() + 20
    while recorder.trouble is None and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.perf_counter()
    for epoch in range(1, 201):
        recorder.take(epoch_events(PRESET, epoch))
    assert time.perf_counter() - began < 5
    assert recorder.trouble is not None
    assert not recorder.close()


def test_what_nobody_has_thought_of_ends_neither_training_nor_recording(tmp_path: Path) -> None:
    recorder = Recorder(RunWriter(tmp_path / "run.regtui", PRESET), every=0.02)
    recorder.take([started_of(PRESET), *epoch_events(PRESET, 1)])
    recorder.take([Epoch("arm 0", 0, 2, {"val_loss": "no number"})])  # type: ignore[dict-item]
    deadline = time.monotonic() + 20
    while recorder.trouble is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "see " in str(recorder.trouble)
    recorder.take(epoch_events(PRESET, 3))
    assert not recorder.close("finished")
    with RunReader(recorder.writer.path) as reader:
        assert reader.record.epoch == 3


def test_the_data_are_hashed_beside_training(tmp_path: Path) -> None:
    recorder = Recorder(RunWriter(tmp_path / "run.regtui", PRESET), every=0.02)
    here, threads = threading.get_ident(), []

    def hashed() -> list[DataPrint]:
        threads.append(threading.get_ident())
        return [DataPrint("iris", ("arm 0",), 40, 30, 20, 4, "abc")]

    recorder.describe(data=hashed)
    assert recorder.close("finished")
    with RunReader(recorder.writer.path) as reader:
        assert [data.sha256 for data in reader.meta.data] == ["abc"]
    assert threads
    assert threads != [here]


def test_the_device_and_torch_are_told_when_the_lab_stands(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run.regtui", PRESET)
    writer.take([started_of(PRESET)])
    writer.close()
    with RunReader(writer.path) as reader:
        assert reader.meta.environment.device == "cpu"
        assert reader.meta.environment.versions["python"]


KILLED = """
import os, sys
from pathlib import Path
import engine.runs.opening
engine.runs.opening.is_shared = lambda folder: True
from tests.engine.runs.test_trouble import *
writer = begun(Path(sys.argv[1]))
db = writer._db
db.execute("PRAGMA cache_size = 10")
db.execute("BEGIN IMMEDIATE")
db.execute("UPDATE meta SET value = '{}', crc = 0")
for number in range(100):
    db.execute("INSERT INTO chunks VALUES (?, zeroblob(100000))", (number,))
os.kill(os.getpid(), 9)
"""


def test_killed_in_the_middle_of_a_transaction_it_is_as_before_it(tmp_path: Path) -> None:
    path = tmp_path / "run.regtui"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=Path(__file__).parents[3], check=False)
    assert sorted(os.listdir(tmp_path)) == ["run.regtui", "run.regtui-journal"]
    assert path.stat().st_size > 5_000_000
    with RunReader(path) as reader:
        assert reader.meta.state == "dead"
        assert reader.record.epoch == 1
        assert reader.damage == []


def test_a_copy_that_nobody_may_write_is_read_and_nothing_appears_beside_it(tmp_path: Path) -> None:
    writer = begun(tmp_path / "run.regtui")
    go_on(writer, 2, 2)
    assert writer.flush()
    away = tmp_path / "away"
    away.mkdir()
    shutil.copy(writer.path, away / "run.regtui")  # without its log: some of it may be missing, none of it wrong
    with RunReader(away / "run.regtui") as reader:
        assert reader.record.epoch <= 2
    assert os.listdir(away) == ["run.regtui"]
    writer.close()
