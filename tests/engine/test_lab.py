"""The lab keeps its promises about numbers, stopping, knobs and snapshots."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

import engine.stack.stack
from engine.events import Epoch, Event, Finished, Intervention, Started, Stopped, WouldStop
from engine.lab import Lab
from engine.preset import PresetError
from engine.state import LabState, LaneState
from tests.engine.reference import layers_of, network_of
from tests.engine.small import BASE, Settings, epochs_by_lane, lab_of, only, task_of, through_a_file, weights_of

# Overfits the small data within a few dozen epochs, so that early stopping has something to do.
OVERFITS: Settings = {
    "model.hidden": [30, 30],
    "training.optimizer": "adam",
    "training.lr": 0.02,
    "training.epochs": 50,
    "training.seeds": [0, 1],
    "early_stopping.patience": 4,
}
NOISY: Settings = {
    "regularization.dropout": 0.3,
    "regularization.input_noise": 0.2,
    "regularization.l2": 0.01,
    "regularization.weight_decay": 0.01,
    "regularization.max_norm": 2.0,
    "regularization.label_smoothing": 0.1,
}


def train_to(lab: Lab, epoch: int) -> list[Event]:
    events: list[Event] = []
    while lab.epoch < epoch and not lab.finished:
        events += lab.advance()
    return events


# Early stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("monitor", ["val_loss", "val_acc", "train_loss"])
def test_a_stopped_lane_has_the_weights_of_its_best_epoch_bit_for_bit(monitor: str) -> None:
    base = {**OVERFITS, "early_stopping.monitor": monitor}
    arms: dict[str, Settings] = {"plain": {}, "noisy": NOISY}
    lab = lab_of(base, arms)
    told = list(lab.run())
    for end in only(told, Stopped):
        again = lab_of(base, arms)
        train_to(again, end.best_epoch)
        assert 0 < end.best_epoch <= end.epoch
        assert torch.equal(weights_of(lab, end.arm, end.seed), weights_of(again, end.arm, end.seed))
        curve = epochs_by_lane(told)[end.arm, end.seed]
        sign = -1 if monitor == "val_acc" else 1
        best = min(curve, key=lambda event: sign * getattr(event, monitor))
        assert (end.best_epoch, end.best_val_loss) == (best.epoch, best.val_loss)
        assert end.kept_epoch == end.best_epoch
        assert curve[-1].best_train_loss == best.train_loss
    if monitor == "val_loss":
        assert {end.reason for end in only(told, Stopped)} == {"early_stopping"}
        assert any(end.best_epoch > 1 for end in only(told, Stopped))


def test_restoring_also_happens_when_the_epochs_run_out_or_the_user_stops() -> None:
    for how in ("epochs", "user"):
        base = {**OVERFITS, "early_stopping.patience": 0, "training.seeds": [0], "training.epochs": 25}
        lab, again = lab_of(base), lab_of(base)
        if how == "epochs":
            told = list(lab.run())
        else:
            train_to(lab, 24)
            lab.advance()
            told = lab.stop()
        (end,) = only(told, Stopped)
        assert end.reason == how
        assert 0 < end.best_epoch < end.epoch
        train_to(again, end.best_epoch)
        assert torch.equal(weights_of(lab), weights_of(again))


def test_a_lane_whose_last_epoch_is_its_best_keeps_the_weights_of_its_last_epoch() -> None:
    lab, again = lab_of({"training.lr": 0.01}), lab_of({"training.lr": 0.01, "training.epochs": 6})
    (end,) = only(list(lab.run()), Stopped)
    assert end.best_epoch == end.epoch == 5
    train_to(again, 5)
    assert torch.equal(weights_of(lab), weights_of(again))


def test_without_restore_best_a_lane_keeps_its_last_weights() -> None:
    base = {**OVERFITS, "early_stopping.restore_best": False, "training.seeds": [0]}
    lab, again = lab_of(base), lab_of({**base, "early_stopping.patience": 0})
    (end,) = only(list(lab.run()), Stopped)
    assert (end.reason, end.kept_epoch) == ("early_stopping", end.epoch)
    train_to(again, end.epoch)
    assert torch.equal(weights_of(lab), weights_of(again))


@pytest.mark.parametrize("restore_best", [True, False])
def test_a_lane_that_diverged_falls_back_to_its_best_weights_whatever_it_was_told(restore_best: bool) -> None:
    lab = lab_of({"training.lr": 1e8, "regularization.l2": 1000.0, "early_stopping.restore_best": restore_best})
    first = weights_of(lab)
    (end,) = only(list(lab.run()), Stopped)
    assert end.reason == "diverged"
    assert end.kept_epoch == end.best_epoch < end.epoch
    assert torch.isfinite(weights_of(lab)).all()
    assert torch.equal(weights_of(lab), first) == (end.best_epoch == 0)


def test_the_gauge_counts_wait_and_stops_at_patience() -> None:
    lab = lab_of(OVERFITS)
    told = list(lab.run())
    for end in only(told, Stopped):
        curve = epochs_by_lane(told)[end.arm, end.seed]
        assert curve[-1].epoch == end.epoch == end.best_epoch + 4
        assert [event.wait for event in curve[-5:]] == [0, 1, 2, 3, 4]
        best = math.inf
        for event in curve:
            best = min(best, event.val_loss)
            assert event.best_val_loss == best


def test_watching_trains_on_and_marks_once_where_stopping_would_have_stopped() -> None:
    arms: dict[str, Settings] = {"plain": {}, "noisy": NOISY}
    stopping = list(lab_of(OVERFITS, arms).run())
    watching = list(lab_of({**OVERFITS, "early_stopping.action": "watch"}, arms).run())
    ends = {(end.arm, end.seed): end for end in only(stopping, Stopped)}
    marks = only(watching, WouldStop)
    assert len(marks) == len({(mark.arm, mark.seed) for mark in marks})
    assert marks
    for lane, end in ends.items():
        mine = [mark for mark in marks if (mark.arm, mark.seed) == lane]
        if end.reason == "early_stopping":
            (mark,) = mine
            assert (mark.epoch, mark.best_epoch, mark.best_val_loss) == (end.epoch, end.best_epoch, end.best_val_loss)
        else:
            assert mine == []
        assert epochs_by_lane(watching)[lane][: end.epoch] == epochs_by_lane(stopping)[lane]
    assert {(end.epoch, end.reason) for end in only(watching, Stopped)} == {(50, "epochs")}


def test_a_best_epoch_before_the_start_is_none_and_a_lane_that_was_never_looked_at_keeps_its_weights() -> None:
    lab = lab_of({"training.epochs": 4, "early_stopping.start_from_epoch": 9, "early_stopping.patience": 1})
    again = lab_of({"training.epochs": 5})
    told = list(lab.run())
    (end,) = only(told, Stopped)
    assert (end.best_epoch, end.reason, end.epoch) == (0, "epochs", 4)
    train_to(again, 4)
    assert torch.equal(weights_of(lab), weights_of(again))


def test_stopped_by_a_person_before_early_stopping_looks_a_lane_keeps_its_present_weights() -> None:
    lab = lab_of({"early_stopping.start_from_epoch": 9, "early_stopping.patience": 1})
    again = lab_of()
    train_to(lab, 2)
    lab.advance()
    (end,) = only(lab.stop(), Stopped)
    assert (end.best_epoch, end.reason, end.epoch, end.kept_epoch) == (0, "user", 2, 2)
    train_to(again, 2)
    again.advance()
    assert torch.equal(weights_of(lab), weights_of(again))


def test_each_lane_ends_at_its_own_length() -> None:
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {"training.epochs": 2}, "b": {"training.epochs": 6}})
    told = list(lab.run())
    assert {lane: len(curve) for lane, curve in epochs_by_lane(told).items()} == {
        ("a", 0): 2, ("a", 1): 2, ("b", 0): 6, ("b", 1): 6,
    }  # fmt: skip
    assert lab.epochs == 6


# Honest numbers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [True, False])
def test_the_numbers_are_those_of_torch_nn_at_the_same_weights_without_any_noise(shared: bool) -> None:
    base = {"training.seeds": [0, 1], "data.split": "first" if shared else "random", "model.activation": "tanh"}
    lab = lab_of(base, {"plain": {}, "noisy": NOISY})
    task, layout = task_of([0, 1], shared=shared), lab._stacks[0].layout
    for _ in range(4):
        for event in only(lab.run_epoch(), Epoch):
            theta_P = weights_of(lab, event.arm, event.seed)
            network, row = network_of(layout, theta_P, "tanh"), 0 if shared else event.seed
            for part in ("train", "val"):
                x_NI, y_N = getattr(task, f"{part}_x_SNI")[row], getattr(task, f"{part}_y_SN")[row]
                logits = network(x_NI)
                loss, accuracy = F.cross_entropy(logits, y_N), (logits.argmax(1) == y_N).double().mean()
                assert getattr(event, f"{part}_loss") == pytest.approx(loss.item(), rel=1e-12)
                assert getattr(event, f"{part}_acc") == pytest.approx(accuracy.item(), abs=1e-12)
            assert event.gap == event.val_loss - event.train_loss
            norms = [layer.weight(theta_P[None]).norm().item() for layer in layers_of(layout)]
            assert event.weight_norms == pytest.approx(norms)
            assert event.weight_norm == pytest.approx(theta_P[: layout.weights].norm().item())
            assert event.lr == 0.1


def test_grad_norm_is_of_the_last_step_with_its_penalties() -> None:
    lab = lab_of({}, {"a": {"regularization.l2": 0.1}, "b": {}})
    lab.advance()
    lab.advance()
    before = {arm: weights_of(lab, arm) for arm in "ab"}
    for event in only(lab.advance(), Epoch):
        moved = (before[event.arm] - weights_of(lab, event.arm)) / 0.1  # plain SGD: the gradient itself
        assert event.grad_norm == pytest.approx(moved.norm().item(), rel=1e-10)


def test_the_test_set_is_touched_once_and_only_at_the_end_with_the_best_weights(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arms: dict[str, Settings] = {"a": {}, "wide": {"model.hidden": [12]}}
    lab = lab_of(OVERFITS, arms)
    touched: list[int] = []
    plain = engine.stack.stack.evaluate

    def spy(objective: Any, forward: Any, x_GNI: torch.Tensor, *rest: Any) -> Any:
        if any(x_GNI.data_ptr() == stack.task.test_x_SNI.data_ptr() for stack in lab._stacks):
            touched.append(lab.epoch)
        return plain(objective, forward, x_GNI, *rest)

    monkeypatch.setattr(engine.stack.stack, "evaluate", spy)
    events = list(lab.run())
    assert touched == [lab.epoch] * 2
    assert lab.advance() == lab.stop() == []
    assert touched == [lab.epoch] * 2
    task = task_of([0, 1])
    finished = only(events, Finished)
    assert events[-4:] == finished
    for event in finished:
        stack = next(stack for stack in lab._stacks if (event.arm, event.seed) in stack.lanes)
        network = network_of(stack.layout, weights_of(lab, event.arm, event.seed))
        logits, y_N = network(task.test_x_SNI[event.seed]), task.test_y_SN[event.seed]
        assert event.test_loss == pytest.approx(F.cross_entropy(logits, y_N).item(), rel=1e-12)
        assert event.test_acc == pytest.approx((logits.argmax(1) == y_N).double().mean().item())


def test_stop_ends_every_lane_and_tests_once() -> None:
    lab = lab_of({"training.seeds": [0, 1]}, {"a": {"training.epochs": 2}, "b": {}})
    train_to(lab, 3)
    events = lab.stop()
    assert [(end.arm, end.seed, end.reason, end.epoch) for end in only(events, Stopped)] == [
        ("b", 0, "user", 3), ("b", 1, "user", 3),
    ]  # fmt: skip
    assert [(end.arm, end.reason) for end in only(events, Finished)] == [
        ("a", "epochs"), ("a", "epochs"), ("b", "user"), ("b", "user"),
    ]  # fmt: skip
    assert lab.finished
    assert lab.stop() == lab.advance() == lab.run_epoch() == []


def test_stop_before_the_first_step_tests_the_first_weights() -> None:
    lab = lab_of()
    first = weights_of(lab)
    end, finished = lab.stop()
    assert isinstance(end, Stopped)
    assert isinstance(finished, Finished)
    assert (end.epoch, end.best_epoch) == (0, 0)
    assert math.isfinite(finished.test_loss)
    assert torch.equal(weights_of(lab), first)


def test_the_start_tells_what_the_run_is_made_of() -> None:
    lab = lab_of({"training.seeds": [0, 2]}, {"a": {"model.hidden": [4]}, "b": {"model.hidden": []}})
    started = next(lab.run())
    assert isinstance(started, Started)
    assert (started.arms, started.seeds, started.device) == (("a", "b"), (0, 2), "cpu")
    assert (started.train, started.validation, started.test) == (40, 30, 20)
    assert started.parameters_by_arm == {"a": 5 * 4 + 4 + 4 * 3 + 3, "b": 5 * 3 + 3}
    assert started.layers_by_arm == {"a": ("hidden 1", "output"), "b": ("output",)}


# Stacks in lock-step --------------------------------------------------------------------------------------------------


def test_arms_of_different_structure_go_through_the_epochs_together() -> None:
    arms: dict[str, Settings] = {
        "base": {},
        "small batches": {"training.batch_size": 4},
        "one batch": {"training.batch_size": 1000},
        "adam": {"training.optimizer": "adam", "training.lr": 0.01},
        "dropout": {"regularization.dropout": 0.5},
        "short": {"training.epochs": 2, "model.hidden": [3]},
    }
    lab = lab_of({"training.seeds": [0, 1]}, arms)
    assert [[arm.name for arm in stack.arms] for stack in lab._stacks] == [
        ["base", "dropout"], ["small batches"], ["one batch"], ["adam"], ["short"],
    ]  # fmt: skip
    told = list(lab.run())
    epochs = [event.epoch for event in only(told, Epoch)]
    assert epochs == sorted(epochs)
    assert epochs.count(1) == 12
    assert epochs.count(5) == 10
    assert {stack.arms[0].name: stack.steps for stack in lab._stacks} == {
        "base": 15, "small batches": 50, "one batch": 5, "adam": 15, "short": 6,
    }  # fmt: skip
    for arm, settings in arms.items():
        alone = lab_of({"training.seeds": [0, 1]}, {arm: settings})
        list(alone.run())
        for seed in (0, 1):
            torch.testing.assert_close(weights_of(lab, arm, seed), weights_of(alone, arm, seed), rtol=0, atol=1e-11)


# Knobs ----------------------------------------------------------------------------------------------------------------

TURNS = [
    ("training.lr", 0.01),
    ("regularization.dropout", 0.5),
    ("regularization.l2", 0.1),
    ("regularization.l1", 0.01),
    ("regularization.weight_decay", 0.3),
    ("regularization.label_smoothing", 0.2),
    ("regularization.input_noise", 0.5),
    ("regularization.max_norm", 0.5),
]


@pytest.mark.parametrize(("knob", "value"), TURNS)
def test_a_turned_knob_acts_at_the_next_step_and_not_before(knob: str, value: float) -> None:
    lab, plain = lab_of({}, {"a": {}, "b": {}}), lab_of({}, {"a": {}, "b": {}})
    for _ in range(4):
        lab.advance()
        plain.advance()
    old = lab.preset.arm("a").settings.get(knob)
    assert lab.turn(knob, value, "a") == [Intervention(4, 1, 1, "a", knob, old, value)]
    assert torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))
    # The reference: a lab that had this setting from the start, brought to the same weights and the same step.
    reference = lab_of({}, {"a": {knob: value}, "b": {}})
    reference.restore(dataclasses.replace(plain.state(), preset=reference.preset.model_dump_json()))
    for _ in range(5):
        lab.advance()
        plain.advance()
        reference.advance()
        assert torch.equal(weights_of(lab, "a"), weights_of(reference, "a"))
        assert torch.equal(weights_of(lab, "b"), weights_of(plain, "b"))
        assert not torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))


def test_a_lane_with_dropout_turned_off_and_never_on_again_is_a_lane_without() -> None:
    lab, plain = lab_of({"regularization.dropout": 0.5}), lab_of()
    (told,) = lab.turn("regularization.dropout", 0.0)
    assert isinstance(told, Intervention)
    assert (told.old, told.new, told.step) == (0.5, 0.0, 0)
    list(lab.run())
    list(plain.run())
    assert torch.equal(weights_of(lab), weights_of(plain))


def test_a_knob_turned_in_one_arm_acts_under_every_seed_and_in_no_other_arm() -> None:
    base: Settings = {"training.seeds": [0, 1, 2]}
    arms: dict[str, Settings] = {"a": {}, "b": {}}
    lab, turned = lab_of(base, arms), lab_of(base, {"a": {}, "b": {"training.lr": 0.5}})
    (event,) = lab.turn("training.lr", 0.5, "b")
    assert (event.arm, event.of_all) == ("b", False)
    for _ in range(2):
        lab.run_epoch()
        turned.run_epoch()
    for arm in arms:
        for seed in (0, 1, 2):
            assert torch.equal(weights_of(lab, arm, seed), weights_of(turned, arm, seed))
            assert not torch.equal(weights_of(lab, "a", seed), weights_of(lab, "b", seed))


def test_a_turned_knob_has_its_place_in_the_epoch_of_its_own_arm() -> None:
    arms: dict[str, Settings] = {"three steps": {}, "one step": {"training.batch_size": 40}}
    lab = lab_of({}, arms)
    assert [lab.stack_of(arm).steps_per_epoch for arm in arms] == [3, 1]
    places = {}
    for batch in range(3):
        places[batch] = [(told.epoch, told.batch) for told in lab.turn("training.lr", 0.1 + 0.01 * (batch + 1))]
        lab.advance()
    assert places == {0: [(0, 0), (0, 0)], 1: [(0, 1), (0, 1)], 2: [(0, 2), (0, 1)]}
    assert [(told.epoch, told.batch) for told in lab.turn("training.lr", 0.5)] == [(1, 0), (1, 0)]


def test_a_knob_for_all_is_recorded_for_every_arm_that_it_changes() -> None:
    lab = lab_of({}, {"a": {}, "b": {"training.lr": 0.5}, "c": {"training.lr": 0.2}})
    told = lab.turn("training.lr", 0.5)
    assert [(event.arm, event.old, event.new) for event in only(told, Intervention)] == [
        ("a", 0.1, 0.5),
        ("c", 0.2, 0.5),
    ]
    assert lab.state().interventions == [dataclasses.asdict(event) for event in told]
    assert all(event.of_all for event in only(told, Intervention))
    assert [event.lr for event in only(lab.run_epoch(), Epoch)] == [0.5] * 3
    assert lab.turn("training.lr", 0.5) == []


@pytest.mark.parametrize(
    ("knob", "value", "arm", "why"),
    [
        ("model.hidden", [3], None, "cannot be turned"),
        ("training.optimizer", "adam", None, "cannot be turned"),
        ("training.batch_size", 5, "a", "cannot be turned"),
        ("training.seeds", [1], None, "cannot be turned"),
        ("regularization.dropout", 1.0, None, "below 1"),
        ("regularization.dropout", math.nan, None, "finite"),
        ("regularization.dropuot", 0.5, None, "did you mean"),
        ("training.lr", 0.5, "nobody", "no arm"),
    ],
)
def test_a_refused_knob_changes_nothing(knob: str, value: Any, arm: str | None, why: str) -> None:
    lab, plain = lab_of({}, {"a": {}, "b": {}}), lab_of({}, {"a": {}, "b": {}})
    preset = lab.preset
    with pytest.raises(PresetError, match=why):
        lab.turn(knob, value, arm)
    assert lab.preset is preset
    assert lab.state().interventions == []
    list(lab.run())
    list(plain.run())
    assert torch.equal(weights_of(lab, "a"), weights_of(plain, "a"))


def test_turning_the_rule_of_stopping_acts_at_the_next_epoch() -> None:
    lab = lab_of({**OVERFITS, "early_stopping.patience": 0})
    train_to(lab, 40)
    lab.turn("early_stopping.patience", 2)
    told = lab.run_epoch()
    assert [(end.epoch, end.reason) for end in only(told, Stopped)] == [(41, "early_stopping")] * 2
    lab = lab_of({**OVERFITS, "early_stopping.action": "watch"})
    train_to(lab, 45)
    lab.turn("early_stopping.action", "stop")
    assert {end.reason for end in only(lab.run_epoch(), Stopped)} == {"early_stopping"}


def test_turning_the_length_makes_a_run_longer_or_ends_it_at_the_next_epoch() -> None:
    lab = lab_of({}, {"a": {}, "b": {}})
    train_to(lab, 3)
    lab.turn("training.epochs", 7, "a")
    lab.turn("training.epochs", 1, "b")
    assert lab.epochs == 7
    told = list(lab.run())
    assert [(end.arm, end.epoch, end.reason) for end in only(told, Stopped)] == [("b", 4, "epochs"), ("a", 7, "epochs")]


def test_a_knob_turned_after_the_end_is_kept_for_the_next_run() -> None:
    lab = lab_of()
    list(lab.run())
    assert lab.turn("training.lr", 0.5) == []
    assert lab.preset.base.training.lr == 0.5
    assert lab.state().interventions == []


# Snapshots ------------------------------------------------------------------------------------------------------------

RUNS: dict[str, tuple[Settings, dict[str, Settings]]] = {
    "adam, dropout, all else": ({**OVERFITS, "training.epochs": 12}, {"a": NOISY, "b": {}}),
    "nesterov, two stacks": (
        {"training.optimizer": "nesterov", "training.epochs": 10, "training.seeds": [0, 1]},
        {"a": NOISY, "b": {"model.hidden": [12], "training.batch_size": 7}, "short": {"training.epochs": 2}},
    ),
    "with replacement": ({"training.sampling": "replacement", "training.epochs": 9}, {"a": NOISY}),
}


def same(one: Any, other: Any) -> bool:
    """Equal with NaN equal to NaN, tensors bit for bit."""
    if isinstance(one, (LabState, LaneState)):
        return all(same(getattr(one, spec.name), getattr(other, spec.name)) for spec in dataclasses.fields(one))
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(
    ("steps", "into"),
    [(0, "a new lab"), (3, "the same lab"), (4, "a new lab"), (13, "a new lab, through a file"), (25, "the same lab")],
)
def test_a_restored_lab_goes_on_bit_for_bit_also_from_the_middle_of_an_epoch(name: str, steps: int, into: str) -> None:
    base, arms = RUNS[name]
    lab = lab_of(base, arms)
    for step in range(steps):
        if step == 2:
            lab.turn("training.lr", 0.013, "a")
            lab.turn("early_stopping.patience", 3)
        lab.advance()
    held = lab.state()
    kept = through_a_file(held)
    expected = list(lab.run())[1:]
    assert expected
    assert same(kept, held), "training on must not reach into a state taken before"
    other = lab if into == "the same lab" else lab_of(base, arms)
    if into == "a new lab":
        other.advance()
        other.turn("regularization.l2", 0.5)
    other.restore(kept if "file" in into else held)
    assert same(other.state(), held)
    told = list(other.run())[1:]
    assert [repr(event) for event in told] == [repr(event) for event in expected]
    assert same(other.state(), lab.state())
    assert same(kept, held)


def test_a_finished_lab_can_be_taken_back_to_before_its_end() -> None:
    lab = lab_of()
    train_to(lab, 2)
    held = lab.state()
    list(lab.run())
    end = weights_of(lab)
    lab.restore(held)
    assert not lab.finished
    assert only(list(lab.run()), Finished)
    assert torch.equal(weights_of(lab), end)


def test_the_same_preset_gives_the_same_run_twice() -> None:
    runs = [[repr(event) for event in lab_of({**BASE, **NOISY}).run()] for _ in range(2)]
    assert runs[0] == runs[1]
