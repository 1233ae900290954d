"""Small runs in files, for the tests of recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.events import Event
from engine.lab import Lab
from engine.record import RunRecord
from engine.runs.reader import RunReader
from engine.runs.writer import RunWriter
from engine.state import LabState
from tests.engine.small import Settings, lab_of

BASE: Settings = {"training.epochs": 6, "training.seeds": [0, 3], "training.optimizer": "adam"}
ARMS: dict[str, Settings] = {
    "plain": {},
    "noisy": {"regularization.dropout": 0.4, "training.ema": 0.7, "regularization.l2": 0.01},
    "wide": {"model.hidden": [9]},
}


def small_lab(**settings: object) -> Lab:
    return lab_of({**BASE, **settings}, ARMS)


def recorded(path: Path, lab: Lab, record: RunRecord | None = None, every: int = 2) -> RunWriter:
    """Train the lab to its end, written down every few epochs with a checkpoint; the writer is still open."""
    writer = RunWriter(path, lab.preset)
    tell(writer, record, [lab.started])
    while not lab.finished:
        tell(writer, record, lab.run_epoch())
        if lab.epoch % every == 0:
            writer.checkpoint(lab.state())
            assert writer.flush()
    return writer


def tell(writer: RunWriter, record: RunRecord | None, events: Sequence[Event]) -> None:
    writer.take(events)
    if record is not None:
        record.take_all(events)


def same_state(one: LabState, other: LabState) -> bool:
    """Whether two states are equal, bit for bit."""
    plain = (one.epoch, one.batch, one.finished, one.preset, one.interventions)
    if plain != (other.epoch, other.batch, other.finished, other.preset, other.interventions):
        return False
    if one.lanes.keys() != other.lanes.keys():
        return False
    for lane, state in one.lanes.items():
        theirs = other.lanes[lane]
        if repr(state.values) != repr(theirs.values) or state.tensors.keys() != theirs.tensors.keys():
            return False
        for name, tensor in state.tensors.items():
            found = theirs.tensors[name]
            bits, others = tensor.cpu().numpy().tobytes(), found.cpu().numpy().tobytes()
            if tensor.dtype != found.dtype or tensor.shape != found.shape or bits != others:
                return False
    return True


def same_record(one: RunRecord, other: RunRecord) -> bool:
    """Whether two records tell the same."""
    for name in (
        "preset",
        "begun",
        "started",
        "epoch",
        "last",
        "would_stop",
        "stopped",
        "finished",
        "reported",
        "failed",
    ):
        if repr(getattr(one, name)) != repr(getattr(other, name)):
            return False
    if one.interventions != other.interventions or (one.history is None) != (other.history is None):
        return False
    if one.history is None or other.history is None:
        return True
    if sorted(one.history.metrics) != sorted(other.history.metrics):
        return False
    return all(
        np.array_equal(ours, theirs, equal_nan=True)
        for name in one.history.metrics
        for lane in one.history.lanes
        for ours, theirs in zip(series(one, name, *lane), series(other, name, *lane), strict=True)
    )


def series(record: RunRecord, metric: str, arm: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    assert record.history is not None
    return record.history.series(metric, arm, seed)


def assert_same_run(whole: Path, other: Path) -> None:
    """Two files hold the same run bit for bit: record, epochs, events, and the last state, with nothing damaged."""
    with RunReader(whole) as one, RunReader(other) as two:
        assert two.damage == []
        assert same_record(one.record, two.record)
        assert [repr(lanes) for lanes in one.epochs()] == [repr(lanes) for lanes in two.epochs()]
        assert [repr(event) for _, _, event in one.events()] == [repr(event) for _, _, event in two.events()]
        ends = one.load_checkpoint(), two.load_checkpoint()
        assert ends[0] is not None
        assert ends[1] is not None
        assert same_state(ends[0].state, ends[1].state)
