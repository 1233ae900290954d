"""`regtui compare`: curves overlaid, tables beside one another, the differences of the presets."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from engine.compare import ComparedWorker, differences
from engine.compare.differences import labels
from engine.runs.library import meta_at
from engine.runs.reader import RunReader
from engine.summary import summarize
from tests.tui.dashboard import SIZES, dashboard
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main


@pytest.fixture
def pair(folder):
    """A run of six epochs, and one of nine with another learning rate, one seed more and other arms' dropout."""
    arms = {"plain": {}, "dropped": {"regularization.dropout": 0.4}}
    other = preset_of(9, arms, training__lr=0.03, training__seeds=[0, 1, 5])
    return [recorded(folder, name="first"), recorded(folder, other, name="second", epochs=8)]


def test_curves_and_rows_are_those_of_each_run(pair):
    worker = ComparedWorker(pair)
    record = worker.view().record
    assert record.preset.arm_names == ("first: plain", "first: dropped", "second: plain", "second: dropped")
    for path, label, epochs in zip(pair, ("first", "second"), (6, 8), strict=True):
        with RunReader(path) as reader:
            own = {row.arm: row for row in summarize(reader.record)}
            for row in summarize(record):
                if row.arm.startswith(label):
                    mine = own[row.arm.partition(": ")[2]]
                    assert (row.val_loss, row.test_acc, row.reason) == (mine.val_loss, mine.test_acc, mine.reason)
                    assert row.lanes == mine.lanes
            epochs_seen, mean, deviation = record.history.means("val_loss")
            place = record.history.arms.index(f"{label}: dropped")
            _, expected, low, _ = reader.record.history.mean("val_loss", "dropped")
        assert epochs_seen.tolist() == list(range(1, 9))
        assert mean[place, :epochs].tolist() == expected.tolist()
        assert deviation[place, :epochs] == pytest.approx(expected - low)
        assert np.isnan(mean[place, epochs:]).all()  # a shorter run ends, and is not drawn on
    worker.close()


def test_differences_are_a_short_list(pair):
    worker = ComparedWorker(pair)
    assert differences(worker.runs) == [
        "seeds: 0, 1 in first; 0, 1, 5 in second",
        "training.epochs: 6 in first; 9 in second",
        "training.lr: 0.1 in first; 0.03 in second",
        "regularization.dropout: 0 (plain) and 0.2 (dropped) in first; 0 (plain) and 0.4 (dropped) in second",
    ]
    worker.close()


def test_of_runs_with_other_arms_the_arms_are_the_difference(folder):
    paths = [
        recorded(folder, name="a"),
        recorded(folder, preset_of(6, {"plain": {}, "l2": {"regularization.l2": 1.0}}), "b"),
    ]
    worker = ComparedWorker(paths)
    assert differences(worker.runs) == ["arms: plain, dropped in a; plain, l2 in b"]
    worker.close()


def test_labels_tell_runs_apart(folder):
    metas = [meta_at(recorded(folder, name=name)) for name in ("one", "same", "same", "")]
    names = labels([*metas, metas[3]])
    assert names[0] == "one"
    assert names[1] == f"same {metas[1].id[:4]}"
    assert names[3:] == [f"{metas[3].id[:4]} (4)", f"{metas[3].id[:4]} (5)"]
    assert len(set(names)) == 5
    other = meta_at(recorded(folder, preset_of().model_copy(update={"name": "other"})))
    assert labels([metas[3], other]) == ["small", "other"]  # no two runs of one preset
    assert labels([metas[3], metas[0], other]) == [metas[3].id[:4], "one", "other"]


def test_without_a_terminal_the_tables_and_the_list_are_printed(pair, capsys):
    assert main(["compare", "first", "second"]) == 0
    out = capsys.readouterr().out
    assert "first: dropped" in out
    assert "second: dropped" in out
    assert "training.lr: 0.1 in first; 0.03 in second" in out


def compared(paths, size):
    worker = ComparedWorker(paths)
    return dashboard(worker.begun, size, loaded=False, worker=worker)


@pytest.mark.parametrize("size", SIZES)
async def test_the_screen_lays_the_curves_over_one_another(pair, size):
    async with compared(pair, size) as person:
        await person.sees("compared, read-only")
        assert "first: plain" in person.text
        assert "differences" in person.text
        assert "training.lr: 0.1 in first" in person.text
        await person.press("right")
        await person.sees(lambda: person.toasts.count("runs are only compared here") == 1)


async def test_a_run_under_fewer_seeds_than_another_has_all_of_its_own(pair):
    async with compared(pair, (160, 60)) as person:
        await person.sees("full length")
        assert "of 3 seeds" not in person.text
        assert "seeds hold" not in person.text


async def test_a_living_run_grows_beside_a_finished_one(folder, pair):
    writer, lab = recording(folder, preset_of(40), "living")
    train(writer, lab, 2)
    async with compared([pair[0], writer.path], (120, 36)) as person:
        await person.sees("6/40")
        train(writer, lab, 9)
        await person.sees("11/40")
        writer.close("stopped")
        await person.sees("ended")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["first"], "1 run to compare: must be from 2 to 16"),
        (["first", "third"], "'third': there is no such run"),
        ([], "the following arguments are required: RUN"),
    ],
)
def test_what_cannot_be_compared_is_said(pair, capsys, arguments, message):
    assert main(["compare", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_torch_is_not_imported(pair):
    code = "import sys, tui.cli; tui.cli.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    arguments = [sys.executable, "-c", code, "compare", *map(str, pair)]
    completed = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert "torch" not in completed.stderr.split()
