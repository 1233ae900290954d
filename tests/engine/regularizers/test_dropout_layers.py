"""Dropout limited to some hidden layers: the literal formula there, nothing elsewhere, and the draws of no limit."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch
from engine.lab import Lab
from engine.preset import PresetError
from engine.regularizers.dropout import Threshold, dropout, kept_share
from engine.stack.randomness import Streams
from tests.engine.convolved import image_lab_of
from tests.engine.reference import batches, gradient_of, network_of
from tests.engine.small import CPU, Settings, epochs_by_lane, lab_of, only, preset_of, task_of, weights_of

KEY = "regularization.dropout_layers"
UNITS = (8, 6)  # of `small`'s hidden layers
P = (0.0, 0.15, 0.4, 0.7)
STYLES = ("inverted", "book", "gaussian")


def settings_of(style: str, p: float) -> Settings:
    if style == "gaussian":
        return {"regularization.gaussian_dropout": p}
    return {"regularization.dropout": p, "regularization.dropout_style": style}


def arms_of(style: str) -> dict[str, Settings]:
    return {str(p): settings_of(style, p) for p in P}


def factor(style: str, p: float, seed: int, step: int, layer: int, examples: int) -> Tensor:
    """What the outputs of a hidden layer are multiplied by in training, written out: [B, units]."""
    streams, units = Streams([seed], CPU), UNITS[layer - 1]
    if style == "gaussian":
        noise_BU = streams.normal(f"gaussian_dropout hidden {layer}", step, examples, units, dtype=torch.float64)[0]
        return 1 + (p / (1 - p)) ** 0.5 * noise_BU
    # One draw for all units of the network, whichever of them are dropped.
    bits_BU = streams.bits16("dropout", step, examples, sum(UNITS))[0]
    u_BU = (bits_BU[:, sum(UNITS[: layer - 1]) :][:, :units].double() + 32768) / 65536
    kept = (u_BU >= p).double()
    return kept / (1 - p) if style == "inverted" else kept


@pytest.mark.parametrize("layers", [[1], [2], [2, 1]])
@pytest.mark.parametrize("style", STYLES)
def test_training_and_evaluation_are_those_of_the_literal_formula(style: str, layers: list[int]) -> None:
    lab = lab_of({KEY: layers, "training.seeds": [0, 3]}, arms_of(style))
    assert len(lab.stacks) == 1
    layout, task = lab.stacks[0].layout, task_of([0, 3])
    start = {(arm, seed): weights_of(lab, arm, seed) for arm in arms_of(style) for seed in (0, 3)}
    events = [lab.run_epoch() for _ in range(3)][-1]
    for event in only(events, Epoch):
        row, p, theta_P = [0, 3].index(event.seed), float(event.arm), start[event.arm, event.seed]

        def outputs(network: nn.Sequential, x: Tensor, scale: Any) -> Tensor:
            h, layer = x, 0
            for part in network:
                h = part(h)
                if isinstance(part, nn.ReLU):
                    layer += 1
                    h = h * scale(layer) if layer in layers else h
            return h

        for step, (x_BI, y_B) in enumerate(batches(task, event.seed, 16, 3, row), start=1):

            def loss(
                network: nn.Sequential,
                x: Tensor = x_BI,
                y: Tensor = y_B,
                p: float = p,
                t: int = step,
                s: int = event.seed,
            ) -> Tensor:
                return F.cross_entropy(outputs(network, x, lambda layer: factor(style, p, s, t, layer, len(x))), y)

            theta_P = theta_P - 0.1 * gradient_of(layout, theta_P, loss)
        torch.testing.assert_close(weights_of(lab, event.arm, event.seed), theta_P, rtol=0, atol=1e-12)
        keep = 1 - p if style == "book" else 1.0
        logits = outputs(network_of(layout, theta_P), task.val_x_SNI[row], lambda _, keep=keep: keep)
        assert event.val_loss == pytest.approx(F.cross_entropy(logits, task.val_y_SN[row]).item(), rel=1e-10)


def run(lab: Lab) -> Lab:
    list(lab.run())
    return lab


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("style", STYLES)
def test_all_layers_named_are_bit_for_bit_no_limit(style: str, dtype: torch.dtype) -> None:
    base: Settings = {"training.seeds": [0, 3]}
    none, every = (run(lab_of({**base, KEY: layers}, arms_of(style), dtype)) for layers in ([], [2, 1, 2]))
    assert torch.equal(none.stacks[0].theta_LP, every.stacks[0].theta_LP)


@pytest.mark.parametrize("style", STYLES)
def test_0_is_bit_identical_to_none_beside_lanes_that_drop(style: str) -> None:
    beside = run(lab_of({KEY: [2]}, arms_of(style)))
    without = run(lab_of({}, {name: {} for name in arms_of(style)}))
    assert torch.equal(weights_of(beside, "0.0"), weights_of(without, "0.0"))
    assert not torch.equal(weights_of(beside, "0.4"), weights_of(without, "0.4"))


def test_a_layer_drops_the_same_units_whether_or_not_another_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def spy(bits: Tensor, p: Threshold, inverted: bool, out: Tensor) -> Tensor:
        seen.append(bits.clone())
        return kept_share(bits, p, inverted, out)

    monkeypatch.setattr("engine.stack.dense_gradient.kept_share", spy)

    def draws(layers: list[int]) -> list[Tensor]:
        seen.clear()
        run(lab_of({KEY: layers, "regularization.dropout": 0.5, "training.seeds": [0, 3]}))
        return list(seen)

    both, first, second = draws([]), draws([1]), draws([2])
    assert len(both) == 2 * len(first) == 2 * len(second) > 0
    for step, (one, other) in enumerate(zip(first, second, strict=True)):
        assert torch.equal(one, both[2 * step])
        assert torch.equal(other, both[2 * step + 1])


@pytest.mark.parametrize("style", STYLES)
def test_an_arm_is_the_same_alone_and_among_arms_with_other_layers(style: str) -> None:
    arms = {
        f"{p} {layers}": {**settings_of(style, p), KEY: layers} for p in (0.2, 0.5, 0.0) for layers in ([], [1], [2])
    }
    among = lab_of({"training.seeds": [4, 1]}, arms)
    assert len(among.stacks) == 3
    curves = epochs_by_lane(list(among.run()))
    for arm, settings in arms.items():
        alone = lab_of({"training.seeds": [1]}, {arm: settings})
        expected = epochs_by_lane(list(alone.run()))[arm, 1]
        torch.testing.assert_close(weights_of(among, arm, 1), weights_of(alone, arm, 1), rtol=1e-10, atol=1e-10)
        assert [event.val_loss for event in curves[arm, 1]] == pytest.approx(
            [event.val_loss for event in expected], rel=1e-10
        )


@pytest.mark.parametrize(("kind", "count"), [("cnn", 3), ("resnet", 5)])
def test_each_hidden_layer_of_images_can_be_the_only_one(
    kind: str, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def spy(h: Tensor, bits: Tensor, p: Threshold, inverted: bool) -> Tensor:
        seen.append(bits.shape[2])
        return dropout(h, bits, p, inverted)

    monkeypatch.setattr("engine.stack.modules.noise.dropout", spy)

    def sizes(layers: list[int]) -> list[int]:
        """Of the layers that drop, in one step."""
        seen.clear()
        image_lab_of({"model.kind": kind, "regularization.dropout": 0.5, KEY: layers}).advance()
        return list(seen)

    every = sizes([])
    assert len(every) == count
    assert [sizes([number]) for number in range(1, count + 1)] == [[size] for size in every]


def test_spatial_dropout_is_not_limited() -> None:
    base: Settings = {"model.kind": "cnn", "training.epochs": 2}
    arms: dict[str, Settings] = {"off": {}, "on": {"regularization.spatial_dropout": 0.4}}
    # Of these, the third layer is the dense one.
    labs = [run(image_lab_of({**base, KEY: layers}, arms)) for layers in ([], [3], [1])]
    for limited in labs[1:]:
        assert torch.equal(limited.stacks[0].theta_LP, labs[0].stacks[0].theta_LP)
    assert not torch.equal(weights_of(labs[0], "on"), weights_of(labs[0], "off"))


def test_a_layer_named_twice_drops_once() -> None:
    once, twice = (run(lab_of({KEY: layers, "regularization.dropout": 0.4})) for layers in ([2], [2, 2]))
    assert torch.equal(weights_of(once), weights_of(twice))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({}, "there is no layer 3, the network has 2 hidden layers, numbered from 1 to 2"),
        ({"model.hidden": [5]}, "there is no layer 3, the network has 1 hidden layer"),
        ({"model.kind": "softmax"}, "there is no layer 3, the network has 0 hidden layers"),
        (
            {"model.kind": "bernoulli", "data.source": "thumbtack"},
            "there is no layer 3, the network has 0 hidden layers",
        ),
    ],
)
def test_a_layer_that_is_not_there_is_refused_in_a_line(model: Settings, message: str) -> None:
    with pytest.raises(PresetError) as refused:
        Lab(preset_of({**model, KEY: [3]}), "cpu")
    assert str(refused.value) == f"{KEY} = [3]: {message}"


def test_layers_are_numbered_from_1() -> None:
    with pytest.raises(PresetError, match="layers are numbered from 1"):
        preset_of({KEY: [0]})
