"""Every kind of model, with every norm in both places, is torch.nn's network of each lane, trained by torch.optim."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from engine.events import Epoch
from engine.preset import PresetError
from engine.preset.schema import Model
from engine.preset.schema import Settings as LaneOf
from engine.stack.evaluate import _CHUNK_NUMBERS, evaluate
from engine.stack.layout import LayoutBuilder
from engine.stack.modules.conv import Conv, convolve
from engine.stack.network import network_of
from engine.stack.objective import CrossEntropy
from tests.engine.convolved import Reference, image_lab_of, image_task_of
from tests.engine.reference import batches, train
from tests.engine.small import Settings, epochs_by_lane, lab_of, only

ARMS: dict[str, Settings] = {"slow": {"training.lr": 0.02}, "fast": {"training.lr": 0.1}}
CASES = [("softmax", "none", "before"), *[(kind, "none", "before") for kind in ("mlp", "cnn", "resnet")]] + [
    (kind, norm, position)
    for kind in ("mlp", "cnn", "resnet")
    for norm in ("batch", "layer", "group", "instance")
    for position in ("before", "after")
    if (kind, norm) != ("mlp", "instance")
]


@pytest.mark.parametrize(("kind", "norm", "position"), CASES)
def test_training_a_lane_is_training_torchs_network(kind: str, norm: str, position: str) -> None:
    base = {
        "model.kind": kind, "model.norm": norm, "model.norm_position": position, "model.norm_groups": 2,
        "model.activation": "tanh", "training.seeds": [3, 8], "training.optimizer": "momentum",
    }  # fmt: skip
    lab = image_lab_of(base, ARMS)
    (stack,) = lab._stacks
    task = image_task_of((3, 8))
    generator = torch.Generator().manual_seed(1)
    # Gains and shifts that differ from lane to lane and from unit to unit, so that none of them can be swapped.
    stack.theta_LP += 0.1 * torch.randn(stack.theta_LP.shape, generator=generator, dtype=torch.float64)
    references = [Reference(stack, lane) for lane in range(4)]
    events = [event for _ in range(3) for event in only(lab.run_epoch(), Epoch)][-4:]
    for lane, (reference, event) in enumerate(zip(references, events, strict=True)):
        network, (arm, seed) = reference.network, stack.lanes[lane]
        optimizer = torch.optim.SGD(network.parameters(), lr=float(ARMS[arm]["training.lr"]), momentum=0.9)
        train(network, optimizer, batches(task, seed, 16, 3, row=lane // 2))
        torch.testing.assert_close(stack.theta_LP[lane], reference.row(), rtol=0, atol=1e-10)
        torch.testing.assert_close(stack.statistics_LQ[lane], reference.statistics(), rtol=0, atol=1e-10)
        network.eval()
        with torch.no_grad():
            loss = F.cross_entropy(network(task.val_x_SNI[lane // 2]), task.val_y_SN[lane // 2])
        assert (event.arm, event.seed) == (arm, seed)
        assert event.val_loss == pytest.approx(loss.item(), abs=1e-10)


HELD: dict[str, Settings] = {
    "off": {},
    "l2": {"regularization.l2": 0.3, "training.clip_norm": 0.5},
    "l1": {"regularization.l1": 0.02, "regularization.max_norm": 0.9},
    "decayed": {"regularization.weight_decay": 0.8, "training.clip_norm": 0.2},
    "all": {
        "regularization.l2": 0.1, "regularization.l1": 0.005, "regularization.weight_decay": 0.3,
        "regularization.max_norm": 0.6, "training.clip_norm": 1.0,
    },
}  # fmt: skip


@pytest.mark.parametrize("kind", ["cnn", "resnet"])
def test_what_holds_weights_back_holds_those_of_every_convolution_and_dense_layer_of_each_lane(kind: str) -> None:
    base = {"model.kind": kind, "model.norm": "batch", "model.activation": "tanh", "training.seeds": [3, 8]}
    lab = image_lab_of(base, HELD)
    (stack,) = lab.stacks
    task = image_task_of((3, 8))
    references = [Reference(stack, lane) for lane in range(len(stack.lanes))]
    for _ in range(3):
        lab.run_epoch()
    for lane, reference in enumerate(references):
        arm, seed = stack.lanes[lane]
        network, settings = reference.network, {"training.clip_norm": 0.0, **HELD[arm]}
        l2, l1, decay, limit = (
            settings.get(f"regularization.{name}", 0.0) for name in ("l2", "l1", "weight_decay", "max_norm")
        )
        # Of convolutions (out, in, rows, columns), of dense layers (out, in); gains, shifts and biases are not held.
        weights = [part.weight for part in network.modules() if isinstance(part, nn.Conv2d | nn.Linear)]
        assert len(weights) == len(stack.layout.matrices)
        rule = torch.optim.SGD(network.parameters(), lr=0.05)
        clipped, limited = False, set()
        for x_BI, y_B in batches(task, seed, 16, 3, row=(3, 8).index(seed)):
            rule.zero_grad()
            penalties = [0.5 * l2 * (W**2).sum() + l1 * W.abs().sum() for W in weights]
            (F.cross_entropy(network(x_BI), y_B) + torch.stack(penalties).sum()).backward()
            if settings["training.clip_norm"]:
                norm = nn.utils.clip_grad_norm_(network.parameters(), settings["training.clip_norm"])
                clipped |= norm.item() > settings["training.clip_norm"]
            with torch.no_grad():
                for W in weights:
                    W *= 1 - 0.05 * decay
                rule.step()
                for number, W in enumerate(weights):
                    if limit:
                        # Keras' MaxNorm, axis=[0, 1, 2] of its (rows, columns, in, out), axis=0 of (in, out).
                        share = limit / (W.flatten(1).norm(dim=1) + 1e-7)
                        limited |= {number} if share.min() < 1 else set()
                        W *= share.clamp(max=1).view(-1, *[1] * (W.ndim - 1))
        assert clipped == bool(settings["training.clip_norm"])
        assert len(limited) == (len(weights) if limit else 0)
        torch.testing.assert_close(stack.theta_LP[lane], reference.row(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (1, 2)])
@pytest.mark.parametrize("groups", [6, 2, 1])
def test_a_convolution_of_shared_or_own_inputs_is_torchs_forward_and_backward(
    kernel: int, stride: int, groups: int
) -> None:
    h = torch.randn(groups, 4, 7, 6, 3, dtype=torch.float64, requires_grad=True)
    w = torch.randn(6, kernel * kernel * 3, 5, dtype=torch.float64, requires_grad=True)
    b = torch.randn(6, 5, dtype=torch.float64, requires_grad=True)
    result = convolve(h, w, b, kernel, stride)
    expected = torch.stack([
        F.conv2d(
            h[lane * groups // 6].permute(0, 3, 1, 2), w[lane].view(kernel, kernel, 3, 5).permute(3, 2, 0, 1), b[lane],
            stride=stride, padding=kernel // 2,
        ).permute(0, 2, 3, 1)
        for lane in range(6)
    ])  # fmt: skip
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-12)
    along = torch.randn_like(result)
    for one, other in zip(
        torch.autograd.grad(result, (h, w, b), along), torch.autograd.grad(expected, (h, w, b), along), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_a_convolutions_fans_count_its_nine_taps() -> None:
    builder = LayoutBuilder()
    Conv.make(builder, "conv 1", 3, 16)
    slot = builder.layout().matrices[0]
    assert (slot.shape, slot.fan_in, slot.fan_out) == ((27, 16), 27, 144)


@pytest.mark.parametrize("kind", ["cnn", "resnet"])
def test_a_lane_alone_and_among_others_gives_the_same_curve(kind: str) -> None:
    this: Settings = {
        "regularization.dropout": 0.2, "regularization.spatial_dropout": 0.3, "regularization.drop_path": 0.4,
        "regularization.l2": 0.01, "regularization.max_norm": 1.5,
    }  # fmt: skip
    base = {"model.kind": kind, "model.norm": "batch"}
    noisy = {"regularization.dropout": 0.6, "regularization.drop_path": 0.7}
    among = image_lab_of({**base, "training.seeds": [4, 1]}, {"plain": {}, "noisy": noisy, "this": this})
    alone = image_lab_of({**base, "training.seeds": [4]}, {"this": this})
    curve = epochs_by_lane(list(among.run()))["this", 4]
    expected = epochs_by_lane(list(alone.run()))["this", 4]
    assert [x.val_loss for x in curve] == pytest.approx([x.val_loss for x in expected], abs=1e-10)
    assert [x.grad_norm for x in curve] == pytest.approx([x.grad_norm for x in expected], abs=1e-10)


@pytest.mark.parametrize("kind", ["mlp", "cnn", "resnet"])
def test_arms_with_and_without_a_norm_start_from_the_same_weights(kind: str) -> None:
    arms: dict[str, Settings] = {norm: {"model.norm": norm} for norm in ("none", "batch", "layer", "group")}
    lab = image_lab_of({"model.kind": kind, "model.norm_groups": 2}, arms)
    assert len(lab._stacks) == 4
    plain = lab._stacks[0]
    for stack in lab._stacks[1:]:
        assert stack.layout.layers == plain.layout.layers
        assert torch.equal(
            stack.theta_LP[:, : plain.layout.parameters], plain.theta_LP
        )  # weights and biases; gains and shifts lie behind them
        gains = torch.cat([slot.of(stack.theta_LP).flatten() for slot in stack.layout.slots if slot.kind == "gain"])
        shifts = torch.cat([slot.of(stack.theta_LP).flatten() for slot in stack.layout.slots if slot.kind == "shift"])
        assert gains.eq(1).all()
        assert shifts.eq(0).all()


@pytest.mark.parametrize(("shape", "kind"), [((1, 8, 8), "resnet"), ((1, 28, 28), "cnn"), ((3, 32, 32), "resnet")])
def test_the_chunks_of_an_evaluation_hold_no_more_numbers_than_they_may(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int], kind: Any
) -> None:
    monkeypatch.setitem(_CHUNK_NUMBERS, "cpu", 1 << 20)
    features = shape[0] * shape[1] * shape[2]
    network = network_of(LaneOf(model=Model(kind=kind)), features, 3, shape)
    assert network.widest == 16 * shape[1] * shape[2]
    seen: list[int] = []

    def forward(x_GNI: torch.Tensor) -> torch.Tensor:
        seen.append(x_GNI.shape[1])
        return torch.zeros(4, x_GNI.shape[1], 3)

    y_GN = torch.zeros(1, 600, dtype=torch.int64)
    evaluate(CrossEntropy(), forward, torch.zeros(1, 600, features), y_GN, 4, network.widest)
    assert sum(seen) == 600
    assert max(seen) * 4 * network.widest <= 1 << 20


def test_an_evaluation_in_chunks_is_the_evaluation_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = image_lab_of({"model.kind": "cnn", "model.norm": "batch", "training.seeds": [0, 1]}, {"a": {}, "b": {}})
    lab.run_epoch()
    (stack,) = lab._stacks
    whole = stack.measure()
    monkeypatch.setitem(_CHUNK_NUMBERS, "cpu", 1)
    for one, other in zip(whole, stack.measure(), strict=True):
        assert one["val_loss"] == pytest.approx(other["val_loss"], abs=1e-12)
        assert one["val_acc"] == pytest.approx(other["val_acc"], abs=1e-12)


@pytest.mark.parametrize("kind", ["cnn", "resnet"])
def test_a_model_of_images_refuses_data_without(kind: str) -> None:
    with pytest.raises(PresetError, match=rf"model.kind = '{kind}': the source 'iris' has no images .*digits, mnist"):
        lab_of({"model.kind": kind})


def test_more_blocks_than_an_image_can_be_halved_are_refused() -> None:
    with pytest.raises(PresetError, match=r"model.channels = \[4, 4, 4\]: .* 6x5 can be halved 2 times"):
        image_lab_of({"model.kind": "cnn", "model.channels": [4, 4, 4]})


def test_softmax_has_no_hidden_layer_whatever_hidden_says() -> None:
    lab = lab_of({"model.kind": "softmax", "model.hidden": [8, 6]})
    assert lab.started.layers_by_arm == {"base": ("output",)}
