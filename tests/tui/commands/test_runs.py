"""`regtui runs`: what is listed, filtered, sorted, named, noted and deleted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs import library
from engine.runs.library import meta_at
from tests.terminal import REGTUI, Terminal
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main
from tui.runs.rows import lines


@pytest.fixture
def three(folder: Path) -> Iterator[dict[str, Path]]:
    """One finished and named, one stopped, and one in training, by this very process."""
    paths = {"first": recorded(folder, name="first of all"), "second": recorded(folder, preset_of(9), epochs=2)}
    writer, lab = recording(folder, preset_of(50))
    train(writer, lab, 3)
    paths["living"] = writer.path
    yield paths
    writer.close()


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict]:
    assert main(["runs", "--json", *arguments]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_for_each_run(three, capsys):
    assert main(["runs"]) == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["id", "name", "preset", "arms", "state", "epochs", "best", "when", "where"]
    newest, second, first = lines  # the newest first
    assert "running" in newest
    assert "3/50" in newest
    assert "small" in second
    assert "stopped" in second
    assert "2/9" in second
    assert "first of all" in first
    assert "plain, dropped" in first
    assert "finished" in first


def test_json_tells_all_of_it(three, capsys):
    runs = listed(capsys, "--sort", "name")
    assert [run["state"] for run in runs] == ["finished", "running", "stopped"]
    first = runs[0]
    meta = meta_at(three["first"])
    assert first["id"] == meta.id
    assert first["best"]["val_loss"] == meta.progress.best.val_loss
    assert (first["arms"], first["seeds"], first["epoch"]) == (["plain", "dropped"], [0, 1], 6)
    assert Path(first["path"]) == three["first"]


def test_words_filter_and_keys_sort(three, capsys):
    assert [run["name"] for run in listed(capsys, "FIRST", "drop")] == ["first of all"]
    assert [run["epoch"] for run in listed(capsys, "--sort", "epochs")] == [6, 3, 2]
    assert [run["epoch"] for run in listed(capsys, "stopped")] == [2]
    assert main(["runs", "nowhere"]) == 0
    assert "no match: 3 are there" in capsys.readouterr().out


def test_a_damaged_file_is_listed_with_why(three, capsys):
    (three["first"].parent / "broken.regtui").write_bytes(b"no run at all")
    assert main(["runs"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].split()[:3] == ["-", "broken.regtui", "-"]
    assert "broken.regtui: is no run" in err


def test_a_name_and_a_note_are_kept(three, capsys):
    id = meta_at(three["second"]).id
    assert main(["runs", "--rename", id, "half of it"]) == 0
    assert main(["runs", "--note", "half", "the learning rate was too high"]) == 0
    assert capsys.readouterr().out == f"{id}: name: half of it\n{id}: note: the learning rate was too high\n"
    run = listed(capsys, "too high")[0]
    assert (run["name"], run["notes"]) == ("half of it", "the learning rate was too high")


def test_where_it_is_narrow_the_least_needed_is_left_out_and_nothing_is_too_wide(three):
    runs = library.listed(three["first"].parent)
    heads = []
    for width in (200, 100, 76, 66, 56, 40):
        head, rows = lines(runs, width)
        assert max(map(len, (head, *rows))) <= width
        assert all("unning" in row or "nished" in row or "topped" in row for row in rows)
        heads.append(head.split())
    assert [name for name in heads[0] if name not in heads[2]] == ["preset"]
    assert [name for name in heads[2] if name not in heads[3]] == ["where"]
    assert heads[4] == ["id", "name", "state", "epochs", "best"]
    assert lines(runs[1:2], 200)[0].split()[:2] == ["id", "preset"]  # nobody gave it a name


def test_over_five_gigabytes_it_is_said(three, capsys, monkeypatch):
    monkeypatch.setattr(library, "MUCH", 1000)
    assert main(["runs"]) == 0
    assert "`regtui runs --prune` deletes finished ones without name and note" in capsys.readouterr().err


def test_deleting_asks(three, capsys, monkeypatch):
    assert main(["runs", "--delete", "first of all"]) == 2
    assert "--yes answers with yes" in capsys.readouterr().err
    assert three["first"].exists()
    assert main(["runs", "--delete", "first of all", "--yes"]) == 0
    assert not three["first"].exists()
    assert main(["runs", "--delete", str(three["living"]), "--yes"]) == 2
    assert "is being trained" in capsys.readouterr().err


def test_pruning_takes_finished_runs_without_a_name(three, folder, capsys):
    old = recorded(folder)
    assert main(["runs", "--prune", "--yes"]) == 0
    assert not old.exists()
    assert all(path.exists() for path in three.values())
    assert main(["runs", "--prune", "--yes"]) == 0
    assert "nothing to delete" in capsys.readouterr().out


def test_pruning_to_a_size_keeps_the_newest(folder):
    paths = [recorded(folder) for _ in range(3)]
    size = paths[0].stat().st_size
    assert main(["runs", "--prune", str(int(2.5 * size)), "--yes"]) == 0
    assert [path.exists() for path in paths] == [False, True, True]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--sort", "nam"], "--sort: nam: must be one of when, name, state, epochs, best, size (did you mean 'name'?)"),
        (["--prune", "much"], "--prune: much: must be a size, such as 512MB or 2GB"),
        (["--delete", "nothing"], "'nothing': there is no such run in"),
        (["--delete", "a", "--rename", "a", "b"], "one at a time"),
        (["--jsn"], "unknown option '--jsn' (did you mean '--json'?)"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(folder, capsys, arguments, message):
    assert main(["runs", *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


def test_nothing_recorded(folder, capsys):
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == f"no runs in {folder}\n"


def test_neither_torch_nor_a_screen_is_imported(three):
    code = "import sys, tui.cli; tui.cli.main(['runs']); print(*sys.modules, file=sys.stderr)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in completed.stderr.split()} & {"torch", "textual", "rich"}
    assert "first of all" in completed.stdout


def test_a_narrow_terminal_gets_what_fits_and_a_person_is_asked(three, folder):
    with Terminal([REGTUI, "runs"], columns=80, environment={"REGTUI_RUNS": str(folder)}) as terminal:
        terminal.wait()
        assert "first of all" in terminal.text
        assert all(len(line) <= 80 for line in terminal.raw.decode().splitlines())
    for answer, there in (("n", True), ("y", False)):
        with Terminal([REGTUI, "runs", "--delete", "first"], environment={**os.environ}) as terminal:
            terminal.wait_for("? [y/N]")
            terminal.press(answer, "enter")
            assert terminal.wait() == 0
        assert three["first"].exists() == there
