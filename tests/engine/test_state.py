"""A lab's state is plain and by lane: it can be laid into a lab with an arm more or less."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from engine.events import Epoch
from engine.preset import Preset, builtin_names, load_preset, with_value
from tests.engine.small import Settings, lab_of, only, through_a_file, weights_of

BASE: Settings = {"training.epochs": 9, "training.seeds": [0, 3], "training.optimizer": "adam"}
ARMS: dict[str, Settings] = {
    "plain": {},
    "noisy": {"regularization.dropout": 0.4, "regularization.input_noise": 0.3, "training.ema": 0.7},
    "wide": {"model.hidden": [9], "training.swa_start": 1},
}


def test_a_state_holds_tensors_and_json_values_and_no_lanes_axis() -> None:
    lab = lab_of(BASE, ARMS)
    lab.run_epoch()
    state = lab.state()
    assert set(state.lanes) == {(arm, seed) for arm in ARMS for seed in (0, 3)}
    for (arm, seed), lane in state.lanes.items():
        assert lane.tensors["theta"].equal(weights_of(lab, arm, seed))
        assert lane.tensors["optimizer.mean"].shape == lane.tensors["theta"].shape
    back = through_a_file(state)
    assert (back.epoch, back.batch, back.preset) == (1, 0, state.preset)


@pytest.mark.parametrize("arms_left", [["noisy"], ["wide", "plain"], ["plain", "noisy"]])
def test_laid_into_a_lab_with_an_arm_less_its_lanes_go_on_as_they_would_have(arms_left: list[str]) -> None:
    whole = lab_of(BASE, ARMS)
    whole.run_epoch()
    whole.turn("training.lr", 0.02, "noisy")
    whole.advance()
    fewer = lab_of(BASE, {arm: ARMS[arm] for arm in arms_left})
    fewer.restore(through_a_file(whole.state()))
    assert fewer.preset.arm_names == tuple(arms_left)
    for _ in range(3):
        epochs = {(event.arm, event.seed): event for event in only(whole.run_epoch(), Epoch)}
        for event in only(fewer.run_epoch(), Epoch):
            expected = epochs[event.arm, event.seed]
            assert event.lr == expected.lr
            assert event.val_loss == pytest.approx(expected.val_loss, rel=1e-12)
            assert torch.allclose(
                weights_of(fewer, event.arm, event.seed), weights_of(whole, event.arm, event.seed), rtol=1e-12, atol=0
            )


def test_laid_into_a_lab_with_an_arm_more_that_arm_stays_as_it_is_and_the_order_does_not_matter() -> None:
    fewer = lab_of(BASE, {"noisy": ARMS["noisy"], "plain": {}})
    more = lab_of(BASE, {"new": {"training.lr": 0.3}, "plain": {}, "noisy": ARMS["noisy"]})
    untouched = weights_of(more, "new", 3)
    fewer.run_epoch()
    fewer.turn("training.lr", 0.07)
    more.restore(fewer.state())
    assert torch.equal(weights_of(more, "new", 3), untouched)
    assert [arm.settings.training.lr for arm in more.preset.arms] == [0.3, 0.07, 0.07]
    assert more.lane("new", 0)[0].settings["training.lr"].tolist() == [0.3, 0.07, 0.07] * 2
    for arm in ("plain", "noisy"):
        assert torch.equal(weights_of(more, arm, 3), weights_of(fewer, arm, 3))
    epochs = {(event.arm, event.seed): event for event in only(fewer.run_epoch(), Epoch)}
    for event in only(more.run_epoch(), Epoch):
        if event.arm != "new":
            assert event.val_loss == pytest.approx(epochs[event.arm, event.seed].val_loss, rel=1e-12)


def test_lanes_that_are_not_equally_far_or_of_another_shape_are_refused() -> None:
    lab = lab_of(BASE, {"a": {}, "b": {}})
    lab.run_epoch()
    early, late = lab_of(BASE, {"a": {}, "b": {}}).state(), lab.state()
    mixed = dataclasses.replace(late, lanes={**late.lanes, ("a", 0): early.lanes["a", 0]})
    with pytest.raises(ValueError, match="equally far"):
        lab.restore(mixed)
    other = lab_of(BASE, {"a": {"model.hidden": [3]}})
    with pytest.raises(ValueError, match="shape"):
        other.restore(late)


def test_a_turned_knob_has_the_place_of_its_own_arms_stack() -> None:
    arms: dict[str, Settings] = {"few": {"training.batch_size": 40}, "many": {"training.batch_size": 10}}
    lab = lab_of({"training.epochs": 3}, {**arms, "short": {"training.batch_size": 8, "training.epochs": 1}})
    lab.run_epoch()
    lab.advance()
    lab.advance()
    places = {event.arm: (event.step, event.epoch, event.batch) for event in lab.turn("training.lr", 0.01)}  # type: ignore[attr-defined]
    assert places["few"] == (2, 1, 1)
    assert places["many"] == (6, 1, 2)
    assert places["short"][0] == 5


@pytest.mark.parametrize("name", builtin_names())
def test_a_preset_comes_back_whole_from_a_state_with_what_it_was_written_as(name: str) -> None:
    preset = with_value(load_preset(name), "training.epochs", 7)
    assert Preset.model_validate_json(preset.model_dump_json()) == preset
