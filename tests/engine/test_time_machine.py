"""Forks, rewinds, and arms and seeds that are added late: exactly what training from the start would have given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch

from engine.commands import AddArm, AddSeeds, BringBack, Fork, Rearrangement, RemoveArm, Rewind
from engine.events import Epoch, Finished, Rearranged
from engine.preset import PresetError
from tests.engine.rearranged import Run
from tests.engine.small import NOISY, OVERFITS, Settings, lab_of, only, weights_of

ALL_ELSE: Settings = {
    **NOISY,
    "regularization.gaussian_dropout": 0.2,
    "regularization.activity_l2": 0.001,
    "regularization.orthogonal": 0.001,
    "regularization.mixup": 0.2,
    "training.ema": 0.9,
    "training.swa_start": 3,
    "training.clip_norm": 1.0,
    "training.sam": 0.02,
}
BASE: Settings = {"training.optimizer": "adam", "training.lr": 0.01, "training.epochs": 12, "training.seeds": [0, 1]}
TWO_STACKS: dict[str, Settings] = {"a": ALL_ELSE, "b": {}, "wide": {"model.hidden": [12], "training.batch_size": 7}}
NORMED: Settings = {**BASE, "model.norm": "batch", "schedule.kind": "plateau", "schedule.patience": 1}


def run_of(base: Settings = BASE, arms: dict[str, Settings] | None = None) -> Run:
    return Run(lab_of(base, arms or TWO_STACKS))


def close(numbers: Mapping[str, float]) -> Any:
    """Equal but for the last bits: evaluation adds up in other chunks where a stack has other lanes."""
    return pytest.approx(dict(numbers), rel=1e-10, nan_ok=True)


def same_to_the_end(run: Run, arm: str, copy: str) -> None:
    """Every number of an arm and its copy from the copy's beginning on, and their weights at the end."""
    assert run.lab.finished
    birth = run.lab.preset.arm(copy).birth
    assert birth is not None
    for seed in run.lab.preset.seeds:
        assert torch.equal(weights_of(run.lab, arm, seed), weights_of(run.lab, copy, seed))
        ours, theirs = (
            {epoch.epoch: epoch.metrics for epoch in only(run.events, Epoch) if (epoch.arm, epoch.seed) == (name, seed)}
            for name in (copy, arm)
        )
        assert ours
        assert ours == {epoch: close(numbers) for epoch, numbers in theirs.items() if epoch >= birth.epoch}
        ends = [event for event in only(run.events, Finished) if event.seed == seed and event.arm in (arm, copy)]
        assert len(ends) == 2
        assert ends[0].test_loss == ends[1].test_loss


@pytest.mark.parametrize("base", [BASE, NORMED], ids=["plain", "normed"])
@pytest.mark.parametrize("steps", [0, 1, 4, 5, 11])
def test_a_fork_without_a_turned_knob_stays_its_parent_bit_for_bit(base: Settings, steps: int) -> None:
    run = run_of(base)
    run.steps(steps)
    for arm in ("a", "wide"):
        events = run.do(Fork(arm, f"{arm} again"))
        assert only(events, Rearranged)[0].parent == arm
    run.end()
    same_to_the_end(run, "a", "a again")
    same_to_the_end(run, "wide", "wide again")


def test_a_fork_leaves_the_other_lanes_as_they_are() -> None:
    alone, forked = run_of(), run_of()
    for run in (alone, forked):
        run.to(4)
    forked.do(Fork("a"))
    for run in (alone, forked):
        run.end()
    for lane in [(arm, seed) for arm in TWO_STACKS for seed in (0, 1)]:
        assert torch.equal(weights_of(alone.lab, *lane), weights_of(forked.lab, *lane))
    assert "a @4" in forked.lab.preset.arm_names


@pytest.mark.parametrize("kept", [True, False], ids=["from a state in between", "from the start"])
def test_a_fork_in_the_past_goes_the_same_way_where_no_knob_is_turned(kept: bool) -> None:
    run = run_of()
    run.to(2)
    run.turn("training.lr", 0.02, "a")
    run.to(3)
    if kept:
        run.machine._moments.take(run.lab)
    run.to(8)
    run.do(Fork("a", "back", epoch=5, set={}))
    assert not run.lab.parked
    run.end()
    same_to_the_end(run, "a", "back")


def test_a_fork_in_the_past_waits_for_its_first_knob_which_acts_there() -> None:
    """It equals a fork that was made, and turned, when the run was there."""
    then, later = run_of(), run_of()
    for run in (then, later):
        run.to(5)
    then.do(Fork("a", "other"))
    then.turn("regularization.dropout", 0.6, "other")
    later.to(9)
    later.do(Fork("a", "other", epoch=5))
    assert later.lab.parked["other"].place == (5, 0)
    later.to(10)
    later.turn("regularization.dropout", 0.6, "other")
    assert not later.lab.parked
    for run in (then, later):
        run.end()
    for seed in (0, 1):
        assert torch.equal(weights_of(then.lab, "other", seed), weights_of(later.lab, "other", seed))
        assert not torch.equal(weights_of(then.lab, "other", seed), weights_of(then.lab, "a", seed))
    assert dict(then.record.last["other", 1].metrics) == close(later.record.last["other", 1].metrics)


def test_a_finished_run_can_be_forked_and_only_the_copy_is_tested_then() -> None:
    run = run_of()
    run.end()
    before = {lane: weights_of(run.lab, *lane) for lane in [("a", 0), ("b", 1)]}
    run.do(Fork("b", "decayed", epoch=6))
    assert run.lab.finished
    count = len(run.events)
    run.turn("regularization.weight_decay", 0.3, "decayed")
    assert not run.lab.finished
    run.end()
    tested = only(run.events[count:], Finished)
    assert {(end.arm, end.seed) for end in tested} == {("decayed", 0), ("decayed", 1)}
    assert all(torch.equal(weights_of(run.lab, *lane), weights) for lane, weights in before.items())
    assert run.record.over


def test_an_arm_that_is_added_late_equals_one_that_was_there_from_the_start() -> None:
    there = run_of(arms={**TWO_STACKS, "c": {**ALL_ELSE, "regularization.dropout": 0.5}, "d": {"model.hidden": [9]}})
    late = run_of()
    late.to(3)
    late.steps(2)  # within an epoch
    late.do(AddArm("a", "c", {"regularization.dropout": 0.5}))
    late.to(6)
    late.do(AddArm("b", "d", {"model.hidden": [9]}))
    for run in (there, late):
        run.end()
    for lane in [(arm, seed) for arm in ("a", "b", "wide", "c", "d") for seed in (0, 1)]:
        assert torch.equal(weights_of(there.lab, *lane), weights_of(late.lab, *lane))
        assert dict(there.record.last[lane].metrics) == close(late.record.last[lane].metrics)
        assert there.record.finished[lane] == late.record.finished[lane]
    curves = [run.record.history.series("val_loss", "c", 1) for run in (there, late) if run.record.history]
    assert curves[0][1] == pytest.approx(curves[1][1], rel=1e-10)
    assert curves[0][0].tolist() == [*range(1, 13)]


def test_added_seeds_equal_those_that_were_there_from_the_start_forks_and_turned_knobs_included() -> None:
    there, late = run_of({**BASE, "training.seeds": [0, 1, 2, 3]}), run_of()
    for run in (there, late):
        run.to(2)
        run.turn("training.lr", 0.03)
        run.to(4)
        run.do(Fork("a", "fork"))
        run.turn("regularization.dropout", 0.5, "fork")
        run.to(6)
        run.do(RemoveArm("b"))
        run.to(8)
    late.do(AddSeeds(2))
    assert late.lab.preset.seeds == (0, 1, 2, 3)
    for run in (there, late):
        run.do(BringBack("b"))
        run.end()
    for lane in [(arm, seed) for arm in ("a", "b", "wide", "fork") for seed in range(4)]:
        assert torch.allclose(weights_of(there.lab, *lane), weights_of(late.lab, *lane), rtol=1e-10, atol=1e-12)
        assert there.record.finished[lane].test_loss == pytest.approx(late.record.finished[lane].test_loss, rel=1e-10)
    assert len(there.record.last) == len(late.record.last) == 16


@pytest.mark.parametrize("kept", [True, False], ids=["from a state in between", "from the start"])
@pytest.mark.parametrize("base", [BASE, NORMED, OVERFITS], ids=["plain", "normed", "stopping early"])
def test_a_rewound_run_goes_the_way_that_it_went(base: Settings, kept: bool) -> None:
    run = run_of(base)
    run.to(2)
    run.turn("training.lr", 0.004)
    run.to(3)
    run.do(Fork("b", "fork"))
    run.turn("regularization.l2", 0.1, "fork")
    if kept:
        run.machine._moments.take(run.lab)
    run.end()
    first = {(e.arm, e.seed, e.epoch): e.metrics for e in only(run.events, Epoch)}
    end = run.lab.epoch
    weights = {lane: weights_of(run.lab, *lane) for lane in [("a", 0), ("fork", 1), ("wide", 1)]}
    run.do(Rewind(5))
    assert run.lab.place == (5, 0)
    assert run.record.epoch == 5
    assert not run.record.finished
    count = len(run.events)
    run.end()
    assert run.lab.epoch == end
    again = {(e.arm, e.seed, e.epoch): e.metrics for e in only(run.events[count:], Epoch)}
    assert again == {key: numbers for key, numbers in first.items() if key[2] > 5}
    assert all(torch.equal(weights_of(run.lab, *lane), kept) for lane, kept in weights.items())


def test_a_rewind_leaves_the_knobs_and_arms_of_the_future_behind() -> None:
    run = run_of()
    run.to(3)
    run.turn("training.lr", 0.5, "a")
    run.do(Fork("b", "late"))
    run.to(4)
    run.do(RemoveArm("b"))
    run.to(6)
    run.do(Rewind(3))  # what was done there comes after it
    assert run.lab.preset.arm_names == ("a", "b", "wide")
    assert run.lab.preset.arm("a").settings.training.lr == 0.01
    assert not run.lab.parked
    assert not run.lab.interventions
    assert run.record.preset == run.lab.preset
    other = run_of()
    run.end()
    other.end()
    assert torch.equal(weights_of(run.lab, "a", 1), weights_of(other.lab, "a", 1))


def test_an_arm_that_is_taken_out_and_brought_back_is_as_if_it_had_stayed() -> None:
    stayed, out = run_of(), run_of()
    out.to(4)
    out.steps(1)
    out.do(RemoveArm("a"))
    assert ("a", 0) not in out.lab.state().parked
    assert all(arm != "a" for stack in out.lab.stacks for arm, _ in stack.lanes)
    out.to(9)
    out.do(BringBack("a"))
    for run in (stayed, out):
        run.end()
    assert torch.equal(weights_of(stayed.lab, "a", 1), weights_of(out.lab, "a", 1))
    assert stayed.record.last == out.record.last


def test_a_lab_with_parked_arms_goes_on_from_its_state() -> None:
    run = run_of()
    run.to(4)
    run.do(RemoveArm("b"))
    run.to(6)
    run.do(Fork("a", "waiting", epoch=2))
    state = run.lab.state()
    other = Run(run.lab)
    other.lab = type(run.lab)(
        run.lab.preset, "cpu", torch.float64, load=run.lab.load_again, parked=state.parked
    )  # fmt: skip
    other.lab.restore(state)
    for each in (run, other):
        each.do(BringBack("b"))
        each.turn("training.lr", 0.1, "waiting")
        each.end()
    for lane in [("b", 0), ("waiting", 1)]:
        assert torch.equal(weights_of(run.lab, *lane), weights_of(other.lab, *lane))


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (Fork("x"), "no arm 'x'"),
        (Fork("a", epoch=9), "must be one of the run's, 0 to 4"),
        (Fork("a", "b"), "one of that name already"),
        (Fork("a", "\x1b[2J"), "a terminal would obey"),
        (Fork("a", set={"model.hidden": [3]}), "shapes the network"),
        (Fork("a", epoch=2, set={"training.lr": -1}), "training.lr"),
        (Fork("a", epoch=2, set={"training.rate": 1}), "unknown setting"),
        (AddArm("a", set={"training.seeds": [4]}), "share the seeds"),
        (AddArm("a", set={"model.hidden": [-4]}), "model.hidden"),
        (AddSeeds(0), "1 to 1,000"),
        (Rewind(4), "must be one that lies behind"),
        (Rewind(-1), "must be one that lies behind"),
        (RemoveArm("x"), "no arm 'x'"),
        (BringBack("a"), "is trained already"),
    ],
)
def test_what_cannot_be_done_is_refused_and_changes_nothing(command: Rearrangement, why: str) -> None:
    run = run_of()
    run.to(4)
    preset: Any = run.lab.preset
    with pytest.raises(PresetError, match=why):
        run.do(command)
    assert run.lab.preset == preset
    assert not run.machine.busy
    run.end()
    assert len(only(run.events, Finished)) == 6


def test_the_last_arm_cannot_be_taken_out() -> None:
    run = run_of(arms={"a": {}, "b": {}})
    run.to(1)
    run.do(RemoveArm("a"))
    with pytest.raises(PresetError, match="the only one"):
        run.do(RemoveArm("b"))


def test_a_network_of_another_shape_can_be_forked_at_the_beginning_only() -> None:
    run = run_of()
    run.to(3)
    run.do(Fork("a", "narrow", epoch=0))
    run.turn("model.hidden", [4], "narrow")
    run.end()
    there = run_of(arms={**TWO_STACKS, "narrow": {**ALL_ELSE, "model.hidden": [4]}})
    there.end()
    assert torch.equal(weights_of(run.lab, "narrow", 1), weights_of(there.lab, "narrow", 1))
