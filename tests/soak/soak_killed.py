"""The program killed at random moments and gone on with: `make soak ARGS=tests/soak/soak_killed.py`."""

from __future__ import annotations

import random
import time
from pathlib import Path

from engine.commands import Turn
from engine.runs.library import meta_at
from engine.runs.reader import RunReader
from tests.engine.runs.small import assert_same_run
from tests.small import soon
from tests.soak.killed import Program, arguments, lost

# Two stacks, noises of several kinds, averages, momentum, a schedule; some ten seconds of training.
PRESET = """\
title = "To be killed"
[data]
source = "moons"
samples = 400
train = 100
noise = 0.3
[model]
hidden = [24]
[training]
epochs = 900
batch_size = 30
optimizer = "adam"
lr = 0.002
seeds = [0, 1]
[schedule]
kind = "cosine"
[early_stopping]
patience = 50
action = "watch"
[[arm]]
name = "plain"
[[arm]]
name = "noisy"
regularization.dropout = 0.3
regularization.weight_noise = 0.02
training.ema = 0.9
[[arm]]
name = "wide"
model.hidden = [40]
regularization.l2 = 0.01
"""
KILLS, KILLS_OF_A_RUN = 30, 8
TURNS = [
    {
        "do": "turn",
        "knob": "regularization.dropout",
        "arm": "noisy",
        "value": 0.3 + number / 100,
        "at": 20 + 45 * number,
    }
    for number in range(30)
]


def test_killed_at_thirty_moments_and_resumed_it_is_the_run_that_was_never_killed(tmp_path: Path) -> None:
    preset = tmp_path / "killed.toml"
    preset.write_text(PRESET)
    chance = random.Random(0)
    kills = turns = runs = 0
    losses: list[float] = []
    again: list[float] = []
    while kills < KILLS:
        runs += 1
        path = tmp_path / f"killed-{runs}.regtui"
        for _ in range(min(KILLS_OF_A_RUN, KILLS - kills)):
            begins = not path.exists()
            program = Program(arguments(path, preset), TURNS if begins else ())
            if chance.random() < 0.7:  # in training; else at whatever comes before
                program.wait_for(epochs=1, turns=chance.randrange(1, 6) if begins else 0)
            killed = program.kill(chance.uniform(0, 2.5))
            if killed is None:
                break
            now = time.time()
            if not path.exists():
                kills += 1
                continue
            with RunReader(path) as reader:
                assert reader.damage == []
                if reader.meta.state == "finished":  # its last breath was too late to be taken
                    break
                assert reader.meta.state == "dead"
                kills += 1
                losses.append(lost(program.epochs, reader.record.epoch, killed))
                if program.epochs:
                    trained = killed - min(program.epochs.values())
                    checkpoints = reader.checkpoints()
                    again.append(min(trained, now - checkpoints[-1].time) if checkpoints else trained)
        else:
            Program(arguments(path, preset), TURNS if not path.exists() else ()).end()
        turns += equal_to_one_that_was_not_killed(path, preset, tmp_path / f"whole-{runs}.regtui")
    print(f"\n{kills} kills of {runs} runs with {turns} turned knobs: at most {max(losses):.2f} s of epochs lost,")
    print(f"at most {max(again):.2f} s trained again, with a checkpoint every second")
    assert turns >= runs
    # A transaction a second, and the time that it takes where others want the processors too.
    assert max(losses) < 1 + 0.25 * soon()


def equal_to_one_that_was_not_killed(path: Path, preset: Path, whole_path: Path) -> int:
    """Train the run once more without a break, and compare all that is in both files; how many knobs were turned."""
    with RunReader(path) as reader:
        turned = [answered for answered in reader.commands() if isinstance(answered.command, Turn)]
    assert all(answered.receipt.taken and answered.receipt.batch == 0 for answered in turned)
    commands = [
        {"do": "turn", "knob": answered.command.knob, "arm": answered.command.arm, "value": answered.command.value,
         "at": answered.receipt.epoch} for answered in turned
    ]  # fmt: skip
    Program(arguments(whole_path, preset), commands).end()
    assert {meta_at(path).state, meta_at(whole_path).state} == {"finished"}
    assert_same_run(whole_path, path)
    return len(turned)
