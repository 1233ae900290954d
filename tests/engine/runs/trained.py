"""A program that trains a small run and records it, from its beginning or from where it was left."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from engine.commands import Turn
from engine.events import Receipt
from engine.lab import Lab
from engine.preset import Preset, read_preset, write_preset
from engine.runs.checkpoint import restore
from engine.runs.recorder import Recorder
from engine.runs.resume import go_on, resumable
from engine.runs.writer import RunWriter
from tests.engine.runs.small import small_lab
from tests.engine.small import load_small

EPOCHS = 160
TURNS = {60: 0.05, 61: 0.04, 150: 0.02}


# Ramps, conditions and a place within an epoch, all over the run.
TIMELINE = """
[[timeline]]
at = 20
over = 100
set.regularization.l2 = 0.02
[[timeline]]
at = 70
batch = 1
arm = "noisy"
set.regularization.dropout = 0.1
[[timeline]]
when = "val_loss rises 20"
over = 30
set.regularization.weight_decay = 0.1
[[timeline]]
at = 90
ask = "Up or down?"
choices = ["up", "down"]
reveal_after = 40
"""


def with_a_timeline(preset: Preset) -> Preset:
    """The preset with that timeline."""
    return read_preset(f"{write_preset(preset)}\n{TIMELINE}", preset.name)


def train(path: Path) -> None:
    """Train to the end, with some knobs turned at given epochs and a checkpoint every few batches."""
    if path.exists():
        found = resumable(path)
        lab = Lab(found.preset, "cpu", torch.float64, load=load_small)
        if found.state is not None:
            restore(lab, found.state)
        recorder = Recorder(go_on(found), every=0.02)
    else:
        lab = Lab(
            with_a_timeline(small_lab(**{"training.epochs": EPOCHS}).preset), "cpu", torch.float64, load=load_small
        )
        recorder = Recorder(RunWriter(path, lab.preset), every=0.02)
    recorder.take([lab.started])
    taken = 0
    while not lab.finished:
        if lab.batch == 0 and lab.epoch in TURNS and lab.preset.arms[0].settings.training.lr != TURNS[lab.epoch]:
            turn = Turn("training.lr", TURNS[lab.epoch])
            recorder.take(lab.turn(turn.knob, turn.value))
            recorder.command(turn, Receipt("turn", True, lab.epoch, lab.batch))
        recorder.take(lab.advance())
        taken += 1
        if taken % 40 == 0:
            recorder.checkpoint(lab.state())
            print(lab.epoch, flush=True)
    recorder.checkpoint(lab.state())
    assert recorder.close("finished")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
