"""The runs that there are: found, listed, named, noted, deleted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.events import Failed
from engine.runs import library
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.runs.resume import resumable
from engine.runs.writer import RunWriter
from tests.engine.runs.small import recorded, small_lab
from tests.engine.runs.synthetic import epoch_events, started_of, wide_preset


def new_run(folder: Path, name: str = "", state: str = "finished", epochs: int = 1) -> RunWriter:
    preset = wide_preset(2)
    id, path = library.new_run("dropout", folder)
    writer = RunWriter(path, preset, id=id, name=name)
    writer.take([started_of(preset), *(event for epoch in range(epochs) for event in epoch_events(preset, epoch + 1))])
    if state == "running":
        writer.flush()
    else:
        writer.close(state)
    return writer


def test_the_folder_is_the_one_that_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REGTUI_RUNS", str(tmp_path / "mine"))
    assert library.runs_folder() == tmp_path / "mine"
    assert library.listed() == []
    monkeypatch.delenv("REGTUI_RUNS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert library.runs_folder() == tmp_path / "regtui" / "runs"


def test_runs_are_listed_the_newest_first_and_what_is_none_with_the_reason(tmp_path: Path) -> None:
    first, second = new_run(tmp_path, epochs=3), new_run(tmp_path, state="running")
    (tmp_path / "other.regtui").write_bytes(b"something else")
    (tmp_path / "notes.txt").write_text("not listed")
    runs = library.listed(tmp_path)
    assert [run.path for run in runs[:2]] == [second.path, first.path]
    assert [run.meta and run.meta.state for run in runs] == ["running", "finished", None]
    assert "is no run" in runs[2].problem
    assert runs[1].meta is not None
    assert runs[1].meta.progress.epoch == 3
    assert library.total_bytes(tmp_path) == sum(run.bytes for run in runs) > 0
    second.close()


def test_a_run_whose_process_was_killed_is_dead(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tests.engine.runs.test_library import new_run;"
        "new_run(Path(sys.argv[1]), state='running'); print('written', flush=True); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=Path(__file__).parents[3], check=False)
    (run,) = library.listed(tmp_path)
    assert run.meta is not None
    assert run.meta.state == "dead"
    with RunReader(run.path) as reader:
        assert reader.record.epoch == 1


@pytest.mark.parametrize(("epochs", "state"), [(6, "finished"), (5, "dead")])
def test_a_run_whose_process_was_killed_after_its_end_has_finished(epochs: int, state: str, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path\n"
        "from engine.runs.writer import RunWriter; from tests.engine.runs.small import small_lab\n"
        "lab = small_lab()\n"
        "writer = RunWriter(Path(sys.argv[1]), lab.preset)\n"
        f"writer.take([lab.started, *(event for _ in range({epochs}) for event in lab.run_epoch())])\n"
        "writer.checkpoint(lab.state()); assert writer.flush(); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "run.regtui"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[3], check=False)
    assert library.meta_at(path).state == state


def test_a_run_is_found_by_path_id_and_parts_of_its_names(tmp_path: Path) -> None:
    one, other = new_run(tmp_path, "Wide nets"), new_run(tmp_path, "deep nets")
    assert library.find(str(one.path), tmp_path) == one.path
    assert library.find(one.id, tmp_path) == one.path
    assert library.find(other.id[:5], tmp_path) == other.path
    assert library.find("wide", tmp_path) == one.path
    with pytest.raises(RunError, match="fits 2 runs"):
        library.find("nets", tmp_path)
    with pytest.raises(RunError, match="fits 2 runs"):
        library.find("dropout", tmp_path)
    with pytest.raises(RunError, match="there is no such run"):
        library.find("shallow", tmp_path)
    with pytest.raises(RunError, match="there is no such file"):
        library.find("away/run.regtui", tmp_path)


def test_names_and_notes_are_kept_of_a_living_run_too(tmp_path: Path) -> None:
    writer = new_run(tmp_path, state="running")
    library.rename(writer.path, " my \x1b[31mrun ")
    library.annotate(writer.path, "two\nlines")
    preset = wide_preset(2)
    writer.take(epoch_events(preset, 2))
    assert writer.flush()
    meta = library.meta_at(writer.path)
    assert (meta.name, meta.notes, meta.progress.epoch) == ("my \\x1b[31mrun", "two\nlines", 2)
    writer.close()
    with pytest.raises(RunError, match="at most 200"):
        library.rename(writer.path, "x" * 201)


def test_a_living_run_is_not_deleted_and_a_broken_file_is(tmp_path: Path) -> None:
    writer = new_run(tmp_path, state="running")
    with pytest.raises(RunError, match="is being trained"):
        library.delete(writer.path)
    writer.close()
    library.delete(writer.path)
    broken = tmp_path / "broken.regtui"
    broken.write_bytes(b"")
    library.delete(broken)
    assert list(tmp_path.iterdir()) == []


def test_pruned_are_finished_ones_without_a_name_the_oldest_first(tmp_path: Path) -> None:
    oldest, named, stopped, newest = (
        new_run(tmp_path),
        new_run(tmp_path, "kept"),
        new_run(tmp_path, state="stopped"),
        new_run(tmp_path),
    )
    noted = new_run(tmp_path)
    library.annotate(noted.path, "worth it")
    assert [run.path for run in library.prunable(tmp_path)] == [oldest.path, newest.path]
    gone = library.prune(tmp_path, library.total_bytes(tmp_path) - 1)
    assert [run.path for run in gone] == [oldest.path]
    library.prune(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([named.path, stopped.path, noted.path])


def test_a_discarded_run_leaves_nothing(tmp_path: Path) -> None:
    writer = new_run(tmp_path, state="running")
    assert len(os.listdir(tmp_path)) == 3
    writer.discard()
    assert os.listdir(tmp_path) == []


def test_a_file_that_exists_is_not_written_over(tmp_path: Path) -> None:
    path = new_run(tmp_path).path
    before = path.read_bytes()
    with pytest.raises(RunError, match="exists"):
        RunWriter(path, wide_preset(2))
    assert path.read_bytes() == before
    with pytest.raises(RunError, match="Not a directory"):
        RunWriter(path / "below" / "run.regtui", wide_preset(2))


def test_a_run_that_is_over_is_finished_while_its_process_has_it_open(tmp_path: Path) -> None:
    lab = small_lab()
    writer = recorded(tmp_path / "run.regtui", lab)
    assert writer.flush()
    meta = library.meta_at(writer.path)
    assert (meta.state, meta.is_open) == ("finished", True)
    with pytest.raises(RunError, match="is still open in process"):
        library.delete(writer.path)
    with pytest.raises(RunError, match="is still open in process"):
        resumable(writer.path)
    assert library.prunable(tmp_path) == []
    again = small_lab()
    writer.take([again.started, *again.run_epoch()])
    assert writer.flush()
    assert library.meta_at(writer.path).state == "running"
    writer.take(again.stop())
    assert writer.flush()
    assert library.meta_at(writer.path).state == "stopped"
    writer.take([again.started])
    writer.take([Failed("out of memory")])
    assert writer.flush()
    assert library.meta_at(writer.path).state == "failed"
    writer.close("failed")


def test_a_run_that_was_over_when_its_process_was_killed_is_finished_and_may_go(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tests.engine.runs.small import recorded, small_lab;"
        "recorded(Path(sys.argv[1]), small_lab()).flush(); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "run.regtui"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=Path(__file__).parents[3], check=False)
    meta = library.meta_at(path)
    assert (meta.state, meta.is_open) == ("finished", False)
    assert [run.path for run in library.prune(tmp_path)] == [path]
