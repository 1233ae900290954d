"""`regtui replay`: a recorded run trained again is the same, and where it is not the first difference is named."""

from __future__ import annotations

import json

from engine.commands import Turn
from engine.events import Receipt
from engine.lab import Lab
from engine.runs.library import meta_at
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main


def tweaked(folder):
    """A run of six epochs with a knob turned in the third."""
    writer, lab = recording(folder, preset_of(6))
    train(writer, lab, 2)
    writer.take(lab.turn("training.lr", 0.05, "dropped"))
    writer.command(Turn("training.lr", 0.05, "dropped"), Receipt("turn", True, 2, 0))
    train(writer, lab, 4)
    assert writer.close("finished")
    return writer.path


def test_an_equal_replay_says_what_was_compared(folder, capsys):
    path = tweaked(folder)
    before = path.read_bytes()
    assert main(["replay", meta_at(path).id]) == 0
    out = capsys.readouterr().out
    assert f"run {meta_at(path).id}: 6 epochs of 4 lanes again, with 1 command\n" in out
    assert "equal bit for bit: " in out
    assert "the weights at 2 checkpoints" in out
    assert path.read_bytes() == before
    assert main(["replay", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["event"], found["equal"], found["first"], found["commands"]) == ("replayed", True, None, 1)


def test_the_first_difference_is_named_with_its_size_and_the_code_is_4(folder, capsys, monkeypatch):
    tweaked(folder)
    monkeypatch.setattr(Lab, "turn", lambda *_: [])  # the knob is not turned again
    assert main(["replay"]) == 4
    out = capsys.readouterr().out
    assert "differs first after epoch 3, in arm 'dropped' under seed 0: train_loss was 0." in out
    assert "validation losses are at most " in out
    assert main(["replay", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["equal"], found["first"]["epoch"], found["first"]["arm"]) == (False, 3, "dropped")
    assert found["first"]["apart"] > 0


def test_what_is_not_as_it_was_is_said_and_a_run_of_nothing_is_refused(folder, capsys, monkeypatch):
    from engine.runs.meta import Environment

    recorded(folder)
    monkeypatch.setattr(Environment, "differences", lambda then, now: ["torch 1.0 then, 2.0 now"])
    assert main(["replay"]) == 0
    assert "not as it was: torch 1.0 then, 2.0 now" in capsys.readouterr().out
    assert main(["replay", "nothing"]) == 2
    assert capsys.readouterr().err.startswith("regtui: ")
