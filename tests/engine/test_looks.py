"""A closer look tells what torch and NumPy tell of the same network, and leaves the run as it is."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from engine.commands import Look, Pause, Turn
from engine.finder import find_lr
from engine.lab import Lab
from engine.looks import LOOKS, lacking, take_look
from engine.looks.activity import LayerActivity, activity
from engine.looks.confusion import Confusion
from engine.looks.fit import Fit, fit
from engine.looks.pictures import Pictures
from engine.looks.surface import COLUMNS, ROWS, Surface, surface
from engine.looks.weights import NEAR_ZERO, weights
from engine.preset import PresetError
from engine.worker import Worker
from tests.engine.real import DATA, DIGITS, real_lab
from tests.engine.small import Settings, lab_of, preset_of, weights_of

WHATS = tuple(LOOKS)


MEANS = {  # which looks have something to show
    "moons": {"surface", "confusion"},
    "binary": {"confusion"},
    "digits": {"pictures", "fed", "confusion"},
    "cnn": {"pictures", "fed", "confusion"},
    "curve": {"fit"},
    "iris": {"confusion"},
}


def look(lab: Lab, name: str, arm: str, seed: int) -> Any:
    return take_look(lab, name, arm, seed).data


def test_activations_are_looked_at_as_they_are_before_the_units_are_dropped_or_scaled() -> None:
    dropping: Settings = {"regularization.dropout": 0.5, "regularization.dropout_style": "book"}
    plain, book = real_lab(DIGITS), real_lab({**DIGITS, **dropping})
    assert torch.equal(weights_of(plain), weights_of(book))
    assert look(book, "activity", "base", 0) == look(plain, "activity", "base", 0)


def by_hand(lab: Lab, x_BI: torch.Tensor, act: str = "relu", arm: str = "base", seed: int = 0) -> list[torch.Tensor]:
    """The hidden activations and the outputs of an mlp lane, in NumPy."""
    stack, lane = lab.lane(arm, seed)
    values = [slot.of(stack.theta_LP)[lane].numpy() for slot in stack.layout.slots]
    outputs, h = [], x_BI.numpy()
    for place in range(0, len(values), 2):
        h = h @ values[place] + values[place + 1]
        last = place == len(values) - 2
        if not last:
            h = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[act](h)
        outputs.append(torch.from_numpy(np.asarray(h)))
    return outputs


@pytest.mark.parametrize("act", ["relu", "tanh"])
def test_activations_are_those_of_the_lanes_own_network_on_its_own_training_data(act: str) -> None:
    arms: dict[str, Settings] = {"still": {}, "far": {"training.lr": 2.0, "regularization.dropout": 0.5}}
    lab = lab_of({"model.activation": act, "training.seeds": [0, 1], "training.epochs": 3}, arms)
    lab.run_epoch()
    for arm in arms:
        for seed in (0, 1):
            stack, lane = lab.lane(arm, seed)
            layers = activity(lab, *stack.lanes[lane])
            hidden = by_hand(lab, stack.task.train_x_SNI[seed], act, arm, seed)[:-1]
            assert len(layers) == len(hidden) == 2
            for layer, h_BU in zip(layers, hidden, strict=True):
                h = h_BU.float().numpy()
                assert (layer.low, layer.high) == pytest.approx((h.min(), h.max()), rel=1e-6)
                counts = np.histogram(h, len(layer.counts), (h.min(), h.max()))[0]
                assert sum(layer.counts) == h.size
                assert np.abs(np.array(layer.counts) - counts).sum() <= 4, "a value on an edge may fall to either side"
                assert layer.mean == pytest.approx(h.mean(), abs=1e-6)
                assert layer.std == pytest.approx(h.std(ddof=1), rel=1e-5)
                assert layer.dead == pytest.approx((h == 0).all(axis=0).mean() if act == "relu" else 0.0)
                assert layer.saturated == pytest.approx((np.abs(h) > 0.99).mean() if act == "tanh" else 0.0, abs=1e-3)


def test_dead_and_saturated_units_are_counted() -> None:
    lab = lab_of({"model.hidden": [4]})
    stack, lane = lab.lane("base", 0)
    bias = stack.layout.slots[1].of(stack.theta_LP)
    bias[lane, ..., :3] = -1e6
    assert activity(lab, *stack.lanes[lane])[0].dead >= 0.75
    lab = lab_of({"model.hidden": [4], "model.activation": "sigmoid"})
    stack, lane = lab.lane("base", 0)
    stack.layout.slots[1].of(stack.theta_LP)[lane, ..., :2] = 1e3
    stack.layout.slots[0].of(stack.theta_LP)[lane, ..., 2:] = 0.0
    assert activity(lab, *stack.lanes[lane])[0].saturated == pytest.approx(0.5)


def test_weights_tell_norm_share_near_zero_and_the_last_steps_change() -> None:
    lab = lab_of({"regularization.l1": 0.1, "training.epochs": 9}, {"a": {}, "b": {"training.lr": 0.01}})
    lab.watch_updates({("b", 0)})
    stack, lane = lab.lane("b", 0)
    for number in range(stack.steps_per_epoch):
        before = stack.theta_LP[lane].clone()
        lab.advance()
        assert number == stack.steps_per_epoch - 1 or math.isnan(weights(lab, *stack.lanes[lane])[0].update_ratio)
    stack.layout.matrices[0].of(stack.theta_LP)[lane].view(-1)[:5] = NEAR_ZERO / 2
    layers = weights(lab, *stack.lanes[lane])
    for layer, slot in zip(layers, stack.layout.matrices, strict=True):
        w, b = stack.theta_LP[lane, slot.columns].numpy(), before[slot.columns].numpy()
        assert layer.norm == pytest.approx(np.linalg.norm(w))
        assert layer.near_zero == pytest.approx((np.abs(w) < NEAR_ZERO).mean())
        assert layer.update_ratio == pytest.approx(np.linalg.norm(w - b) / np.linalg.norm(b))
    assert layers[0].near_zero > 0


def test_a_lane_that_has_stopped_has_no_update() -> None:
    lab = lab_of({"training.epochs": 2})
    lab.watch_updates({("base", 0)})
    lab.run_epoch()
    assert weights(lab, "base", 0)[0].update_ratio > 0
    lab.run_epoch()
    assert lab.finished
    assert all(math.isnan(layer.update_ratio) for layer in weights(lab, "base", 0))


def test_a_sweep_of_rates_leaves_the_updates_ratio() -> None:
    lab = lab_of({"training.epochs": 5})
    lab.watch_updates({("base", 0)})
    lab.run_epoch()
    before = look(lab, "weights", "base", 0)
    find_lr(lab, steps=12)
    assert look(lab, "weights", "base", 0) == before


@pytest.mark.parametrize("name", ["moons", "one output"])
def test_a_surface_is_the_argmax_of_the_lanes_own_network(name: str) -> None:
    binary = {"data.task": "binary"} if name == "one output" else {}
    arms: dict[str, Settings] = {"slow": {}, "fast": {"training.lr": 0.5}}
    lab = real_lab({**DATA["moons"], **binary, "training.seeds": [0, 1]}, arms)
    lab.run_epoch()
    surfaces = []
    for arm in arms:
        stack, _ = lab.lane(arm, 1)
        seen = surface(lab, arm, 1)
        assert seen is not None
        surfaces.append(seen)
        xs, ys = np.linspace(seen.left, seen.right, COLUMNS), np.linspace(seen.top, seen.bottom, ROWS)
        grid = torch.tensor([(x, y) for y in ys for x in xs])
        z = by_hand(lab, grid, arm=arm, seed=1)[-1].numpy()
        if z.shape[1] == 1:
            assert binary
            z = np.concatenate([np.zeros_like(z), z], axis=1)
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        assert np.array_equal(np.array(seen.classes).reshape(-1), z.argmax(axis=1))
        np.testing.assert_allclose(np.array(seen.confidence).reshape(-1), p.max(axis=1), atol=1e-6)
    assert surfaces[0].classes != surfaces[1].classes or surfaces[0].confidence != surfaces[1].confidence
    group = 1 if stack.task.train_x_SNI.shape[0] > 1 else 0
    for part, x_NI in (("train", stack.task.train_x_SNI[group]), ("validation", stack.task.val_x_SNI[group])):
        points = [(x, y) for x, y, _, of in surfaces[0].points if of == part]
        assert points == [tuple(pair) for pair in x_NI[:100].tolist()]
        assert all(
            surfaces[0].left < x < surfaces[0].right and surfaces[0].bottom < y < surfaces[0].top for x, y in points
        )


def test_a_fit_is_what_the_lane_says_along_its_input() -> None:
    lab = real_lab(DATA["curve"])
    lab.run_epoch()
    stack, lane = lab.lane("base", 0)
    seen = fit(lab, *stack.lanes[lane])
    assert isinstance(seen, Fit)
    outputs = by_hand(lab, torch.tensor(seen.x, dtype=torch.float64)[:, None])[-1][:, 0]
    np.testing.assert_allclose(seen.y, outputs.numpy(), atol=1e-9)
    assert seen.x[0] == stack.task.train_x_SNI[0].min()
    assert seen.x[-1] == stack.task.train_x_SNI[0].max()
    assert {part for _, _, part in seen.points} == {"train", "validation"}


@pytest.mark.parametrize(("probe", "name"), [("surface", "moons"), ("fit", "curve")])
def test_test_data_are_drawn_once_the_run_has_ended_and_not_before(probe: str, name: str) -> None:
    lab = real_lab({**DATA[name], "training.epochs": 1})
    parts = []
    for _ in range(2):
        seen = look(lab, probe, "base", 0)
        assert isinstance(seen, Surface | Fit)
        parts.append({point[-1] for point in seen.points})
        lab.run_epoch()
        assert lab.finished
    assert parts == [{"train", "validation"}, {"train", "test"}]
    shown = [point[:2] for point in seen.points if point[-1] == "test"]
    x_NI = lab.lane("base", 0)[0].task.test_x_SNI[0, : len(shown)]
    assert [x for x, *_ in shown] == x_NI[:, 0].tolist()


def test_pictures_are_the_next_batch_and_the_worst_mistakes() -> None:
    lab = real_lab(DIGITS)
    lab.run_epoch()
    seen, fed = look(lab, "pictures", "base", 0), lab.fed("base", 0, 16)
    assert isinstance(seen, Pictures)
    assert [picture.caption for picture in seen.fed] == [str(int(y)) for y in fed.y]
    for picture, image in zip(seen.fed, fed.x, strict=True):
        x = image[0].numpy()
        grey = np.rint((x - x.min()) / (x.max() - x.min()) * 255)
        np.testing.assert_allclose(np.array(picture.pixels)[..., 0], grey, atol=1)
        assert all(r == g == b for row in picture.pixels for r, g, b in row)
    stack, _ = lab.lane("base", 0)
    logits = by_hand(lab, stack.task.val_x_SNI[0])[-1]
    loss = torch.nn.functional.cross_entropy(logits, stack.task.val_y_SN[0], reduction="none")
    wrong = logits.argmax(dim=1) != stack.task.val_y_SN[0]
    worst = [int(place) for place in loss.argsort(descending=True) if wrong[place]][:16]
    captions = [f"{int(logits[place].argmax())} not {int(stack.task.val_y_SN[0][place])}" for place in worst]
    assert [picture.caption for picture in seen.mistakes] == captions


def test_confusion_is_a_count_on_validation_and_on_test_once_the_run_has_ended() -> None:
    lab = real_lab({**DIGITS, "training.epochs": 2})
    lab.run_epoch()
    stack, _ = lab.lane("base", 0)

    def counted(part: str) -> np.ndarray:
        y = getattr(stack.task, f"{part}_y_SN")[0].numpy()
        predicted = by_hand(lab, getattr(stack.task, f"{part}_x_SNI")[0])[-1].argmax(dim=1).numpy()
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (y, predicted), 1)
        return counts

    seen = look(lab, "confusion", "base", 0)
    assert isinstance(seen, Confusion)
    assert seen.part == "validation"
    assert seen.names[3] == "3"
    assert np.array_equal(seen.counts, counted("val"))
    lab.run_epoch()
    seen = look(lab, "confusion", "base", 0)
    assert isinstance(seen, Confusion)
    assert seen.part == "test"
    assert np.array_equal(seen.counts, counted("test"))


@pytest.mark.parametrize("name", DATA)
def test_every_look_at_any_data_before_the_first_step_and_after_the_end_tells_something_or_none(name: str) -> None:
    lab = real_lab({**DATA[name], "training.epochs": 1})
    for _ in range(2):
        for kind in WHATS:
            seen = look(lab, kind, "base", 0)
            shows = MEANS[name] | {"activity", "weights", "schedule"}
            assert (seen is not None) == (kind.removesuffix(".best") in shows), kind
            if kind.startswith("activity"):
                assert all(isinstance(layer, LayerActivity) and sum(layer.counts) > 0 for layer in seen)
        list(lab.run())
    assert isinstance(look(lab, "surface", "base", 0), Surface) == (name == "moons")


def test_a_look_that_has_no_meaning_says_what_is_lacking_and_what_a_run_says_of_itself_is_enough_to_know() -> None:
    lacking_of = {
        "moons": {"fit", "fed", "pictures"},
        "curve": {"surface", "fed", "pictures", "confusion"},
        "cnn": {"surface", "fit"},
    }
    for name, lacked in lacking_of.items():
        lab = real_lab(DATA[name])
        inputs, layers = lab.started.inputs_by_arm["base"], lab.started.layers_by_arm["base"]
        for what in WHATS:
            why = lacking(what, inputs, layers)
            assert bool(why) == (what.removesuffix(".best") in lacked), what
            assert bool(why) == (look(lab, what, "base", 0) is None), what
    flat = real_lab({**DATA["iris"], "model.hidden": []})
    assert lacking("activity", flat.started.inputs_by_arm["base"], flat.started.layers_by_arm["base"])
    assert look(flat, "activity", "base", 0) is None


def test_a_look_at_the_best_weights_is_the_look_of_their_epoch_and_leaves_the_lane_as_it_is() -> None:
    lab = real_lab({**DATA["moons"], "training.epochs": 5, "early_stopping.restore_best": False})
    stack, lane = lab.lane("base", 0)
    lab.run_epoch()
    stack.keep_best([lane])
    names = ("surface", "activity", "weights", "confusion")
    then = {what: look(lab, what, "base", 0) for what in names}
    with mock.patch.object(stack, "keep_best"):  # none of those that follow is better
        list(lab.run())
    assert lab.finished
    last, counts = stack.theta_LP.clone(), lab.test_confusion("base", 0)
    for what in names:
        best = look(lab, f"{what}.best", "base", 0)
        if what == "surface":
            best = dataclasses.replace(best, points=then[what].points)  # the run has ended: test data are drawn
        elif what == "weights":
            then[what] = tuple(dataclasses.replace(layer, update_ratio=math.nan) for layer in then[what])
        assert repr(best) == repr(then[what]), what
        assert repr(look(lab, what, "base", 0)) != repr(then[what]), what
    assert look(lab, "confusion", "base", 0).part == "test"
    assert torch.equal(stack.theta_LP, last)
    assert torch.equal(lab.test_confusion("base", 0), counts)


def test_an_unknown_look_is_refused() -> None:
    with pytest.raises(KeyError, match="nothing"):
        look(lab_of(), "nothing", "base", 0)
    with pytest.raises(PresetError, match="no lane"):
        look(lab_of(), "fit", "base", 7)


def test_a_diverged_lane_can_be_looked_at() -> None:
    lab = real_lab({**DIGITS, "training.lr": 1e6, "early_stopping.restore_best": False})
    stack, _ = lab.lane("base", 0)
    stack.theta_LP.fill_(float("nan"))
    for name in WHATS:
        look(lab, name, "base", 0)


@pytest.mark.parametrize("name", ["moons", "cnn", "curve"])
def test_a_run_that_is_looked_at_is_bit_identical_to_one_that_is_not(name: str) -> None:
    noisy: Settings = {"regularization.dropout": 0.3, "regularization.input_noise": 0.1}
    labs = [real_lab({**DATA[name], **noisy}), real_lab({**DATA[name], **noisy})]
    events_of_labs: list[list[object]] = [[], []]
    for lab, looked, events in zip(labs, (True, False), events_of_labs, strict=True):
        while not lab.finished:
            for kind in WHATS if looked else ():
                look(lab, kind, "base", 0)
            events += lab.advance()
    assert torch.equal(weights_of(labs[0]), weights_of(labs[1]))
    assert repr(events_of_labs[0]) == repr(events_of_labs[1])


@pytest.mark.parametrize("name", DATA)
def test_looks_leave_the_test_data_alone(name: str) -> None:
    lab = real_lab(DATA[name])
    stack, _lane = lab.lane("base", 0)
    seen = [repr(look(lab, name, "base", 0)) for name in WHATS]
    stack.task.test_x_SNI.fill_(float("nan"))
    stack.task.test_y_SN.fill_(0)
    with mock.patch.object(type(stack), "test", side_effect=AssertionError("tested")):
        assert [repr(look(lab, name, "base", 0)) for name in WHATS] == seen


def test_looks_are_answered_while_a_worker_is_paused_at_epoch_0_and_after_a_turned_knob() -> None:
    worker = Worker(preset_of({**DATA["moons"], "training.epochs": 100}), device="cpu", paused=True)
    worker.send(Pause())
    worker.send(Look(tuple((name, "base", 0) for name in WHATS)))
    worker.start()
    try:
        end = time.monotonic() + 20
        while len(worker.view().record.seen) < len(WHATS):
            assert time.monotonic() < end
            time.sleep(0.01)
        view = worker.view()
        assert view.record.epoch == 0
        assert view.state == "paused"
        assert view.record.seen["surface", "base", 0].data is not None
        assert all(sum(layer.counts) > 0 for layer in view.record.seen["activity", "base", 0].data)
        worker.send(Turn("training.lr", 0.025))
        while worker.view().record.seen["schedule", "base", 0].data[0][1] != 0.025:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert worker.view().record.epoch == 0
    finally:
        worker.close()
