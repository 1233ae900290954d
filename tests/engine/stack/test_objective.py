"""Binary and regression losses are torch's in every lane, and the lessons of the small sets can be learned."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import tomli_w
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.events import Epoch, Finished, from_json, to_json
from engine.lab import Lab
from engine.preset import Preset, PresetError, read_preset, with_value
from engine.stack.objective import Binary, SquaredError, Targets
from tests.engine.reference import batches, network_of, parameters_of
from tests.engine.small import Settings, _nested, only, weights_of

BASE: Settings = {"training.batch_size": 16, "training.lr": 0.1, "training.epochs": 6, "model.hidden": [6]}
SMALL: Settings = {**BASE, "data.samples": 60}


def preset_of(base: Settings, arms: dict[str, Settings] | None = None) -> Preset:
    table = _nested(base)
    if arms is not None:
        table["arm"] = [{"name": name, **_nested(settings)} for name, settings in arms.items()]
    return read_preset(tomli_w.dumps(table))


def lab_of(base: Settings, arms: dict[str, Settings] | None = None, dtype: torch.dtype = torch.float64) -> Lab:
    return Lab(preset_of(base, arms), "cpu", dtype)


def binary_loss(outputs_B1: Tensor, y_B: Tensor, e: float) -> Tensor:
    target_B = y_B.double() * (1 - e) + e / 2
    p_B = torch.sigmoid(outputs_B1[:, 0])
    return -(target_B * p_B.log() + (1 - target_B) * (1 - p_B).log()).mean()


def squared_loss(outputs_B1: Tensor, y_B: Tensor, e: float) -> Tensor:
    return F.mse_loss(outputs_B1[:, 0], y_B) / 2


@pytest.mark.parametrize(
    ("source", "task", "loss"), [("moons", "binary", binary_loss), ("curve", "auto", squared_loss)]
)
def test_every_lane_trains_as_a_torch_network_on_the_literal_loss(source: str, task: str, loss: Any) -> None:
    arms: dict[str, Settings] = {
        "plain": {},
        "fast": {"training.lr": 0.4, "regularization.l2": 0.05},
        "smooth": {"regularization.label_smoothing": 0.2},
        "smoother": {"regularization.label_smoothing": 0.9, "training.lr": 0.05},
    }
    base = {**SMALL, "data.source": source, "data.task": task, "training.seeds": [0, 3], "training.epochs": 7}
    lab = lab_of(base, arms)
    (stack,) = lab.stacks
    assert stack.network.modules[-1].__class__.__name__ == "Dense"
    assert stack.layout.matrices[-1].shape == (6, 1)
    expected = {}
    for row, seed in enumerate([0, 3]):
        for name, arm in arms.items():
            network = network_of(stack.layout, weights_of(lab, name, seed))
            optimizer = torch.optim.SGD(network.parameters(), lr=arm.get("training.lr", 0.1))
            for x_BI, y_B in batches(stack.task, seed, 16, 6, row):
                optimizer.zero_grad()
                own_loss = loss(network(x_BI), y_B, arm.get("regularization.label_smoothing", 0.0))
                weights = [part.weight for part in network if isinstance(part, nn.Linear)]
                penalty = (
                    0.5 * arm.get("regularization.l2", 0.0) * sum(parameter.square().sum() for parameter in weights)
                )
                (own_loss + penalty).backward()
                optimizer.step()
            expected[name, seed] = (network, row)
    events: list[Epoch] = []
    for _ in range(6):
        events = only(lab.run_epoch(), Epoch)
    for event in events:
        network, row = expected[event.arm, event.seed]
        torch.testing.assert_close(weights_of(lab, event.arm, event.seed), parameters_of(network), rtol=0, atol=1e-10)
        with torch.no_grad():
            outputs_N1, y_N = network(stack.task.val_x_SNI[row]), stack.task.val_y_SN[row]
            assert event.val_loss == pytest.approx(loss(outputs_N1, y_N, 0.0).item(), rel=1e-9)
        if task == "binary":
            right = ((torch.sigmoid(outputs_N1[:, 0]) > 0.5) == (y_N == 1)).double().mean().item()
            assert event.val_acc == pytest.approx(right)
        else:
            assert math.isnan(event.val_acc)


@pytest.mark.parametrize("objective", [Binary(), SquaredError()])
def test_mixed_targets_are_the_loss_of_the_mixed_number(objective: Any) -> None:
    outputs = torch.randn(3, 8, 1, dtype=torch.float64)
    y_LB, other_LB = torch.randint(2, (3, 8)).double(), torch.randint(2, (3, 8)).double()
    share_L, smoothing_L = torch.tensor([1.0, 0.3, 0.5], dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    loss = objective.loss(outputs, Targets(y_LB, other_LB, share_L), smoothing_L)
    mixed_LB = share_L[:, None] * y_LB + (1 - share_L[:, None]) * other_LB
    assert torch.allclose(loss, objective.loss(outputs, Targets(mixed_LB), smoothing_L), rtol=0, atol=1e-14)
    assert torch.equal(loss[0], objective.loss(outputs, Targets(y_LB), smoothing_L)[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_no_smoothing_is_bit_identical_to_none_beside_a_lane_that_smooths(dtype: torch.dtype) -> None:
    base = {**SMALL, "data.source": "moons", "data.task": "binary"}
    labs = [lab_of(base, {"a": {}, "b": {"regularization.label_smoothing": e}}, dtype) for e in (0.0, 0.5)]
    curves = [[event for event in only(list(lab.run()), Epoch) if event.arm == "a"] for lab in labs]
    assert curves[0] == curves[1]
    assert torch.equal(*(weights_of(lab, "a") for lab in labs))
    assert not torch.equal(*(weights_of(lab, "b") for lab in labs))


def test_one_output_with_a_sigmoid_learns_what_two_with_a_softmax_learn() -> None:
    base = {"data.source": "breast_cancer", "data.scale": "standard", "training.epochs": 30, "training.lr": 0.1}
    ends = [
        only(list(lab_of({**base, "data.task": task, "model.hidden": []}).run()), Finished)[0]
        for task in ("binary", "classification")
    ]
    assert min(end.test_acc for end in ends) > 0.9
    assert abs(ends[0].test_acc - ends[1].test_acc) < 0.03


def test_the_thumbtack_comes_to_k_of_n_from_wherever_it_starts() -> None:
    base = {
        "data.source": "thumbtack", "data.samples": 50, "data.split": "all", "model.kind": "bernoulli",
        "training.seeds": [0, 1, 2], "training.epochs": 300, "training.batch_size": 50, "training.lr": 2.0,
    }  # fmt: skip
    lab = lab_of(base, {"likelihood": {}, "prior": {"regularization.l2": 0.1}})
    (stack,) = lab.stacks
    up, tosses = int(stack.task.train_y_SN.sum()), stack.task.train_y_SN.shape[1]
    assert tosses == 50
    assert 20 < up < 40
    assert stack.layout.parameters == 1
    first = {seed: weights_of(lab, "likelihood", seed).item() for seed in (0, 1, 2)}
    assert len(set(first.values())) == 3
    events = only(list(lab.run()), Epoch)
    share = up / tosses
    for seed in (0, 1, 2):
        theta = weights_of(lab, "likelihood", seed)
        assert torch.sigmoid(theta).item() == pytest.approx(share, abs=1e-6)
        drawn_in = weights_of(lab, "prior", seed)
        assert abs(drawn_in.item()) < abs(theta.item()) - 0.01
        # The penalized optimum: the gradient of the literal objective is 0 there.
        assert torch.sigmoid(drawn_in).item() - share + 0.1 * drawn_in.item() == pytest.approx(0, abs=2e-3)
    likelihood = share * math.log(share) + (1 - share) * math.log(1 - share)
    assert events[-1].arm == "prior"
    assert next(e for e in events if e.arm == "likelihood" and e.epoch == 300).train_loss == pytest.approx(-likelihood)


def test_a_perceptron_learns_and_and_or_but_never_xor() -> None:
    base = {
        "data.split": "all", "data.source": "xor4", "model.hidden": [], "training.lr": 1.0, "training.batch_size": 4,
        "training.epochs": 400, "training.seeds": [0, 1],
    }  # fmt: skip
    arms: dict[str, Settings] = {source: {"data.source": source} for source in ("and", "or", "xor4")}
    for end in only(list(lab_of(base, arms).run()), Finished):
        if end.arm == "xor4":
            assert end.test_loss == pytest.approx(math.log(2), abs=1e-3)
            assert end.test_acc <= 0.75
        else:
            assert (end.test_acc, end.test_loss < 0.2) == (1.0, True)


def test_a_hidden_layer_solves_xor() -> None:
    lab = lab_of(
        {
            "data.source": "xor4", "data.split": "all", "model.hidden": [4], "model.activation": "tanh",
            "training.optimizer": "adam", "training.lr": 0.1, "training.batch_size": 4, "training.epochs": 300,
            "training.seeds": [0, 1, 2, 3, 4],
        }
    )  # fmt: skip
    ends = only(list(lab.run()), Finished)
    assert sum(end.test_acc == 1.0 and end.test_loss < 0.1 for end in ends) >= 3


def test_a_regression_has_no_accuracy_in_any_event_and_is_json() -> None:
    events = list(lab_of({**SMALL, "data.source": "exam", "data.scale": "standard"}).run())
    for event in (*only(events, Epoch), *only(events, Finished)):
        fields = json.loads(to_json(event))
        name = "val_acc" if isinstance(event, Epoch) else "test_acc"
        assert fields[name] is None
        assert math.isnan(getattr(from_json(to_json(event)), name))
    losses = [event.train_loss for event in only(events, Epoch)]
    assert losses[-1] < losses[0]
    assert only(events, Finished)[0].reason == "epochs"


def test_raw_exam_scores_diverge_where_standardized_ones_are_learned() -> None:
    base = {**BASE, "data.source": "exam", "data.samples": 200, "model.hidden": [], "training.epochs": 20}
    events = list(lab_of(base, {"raw": {"data.scale": "none"}, "standard": {"data.scale": "standard"}}).run())
    ends = {end.arm: end for end in only(events, Finished)}
    assert ends["raw"].reason == "diverged"
    assert ends["standard"].test_loss < 0.05


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"data.source": "curve", "early_stopping.monitor": "val_acc"}, "a regression has no accuracy: use 'val_loss'"),
        ({"model.kind": "bernoulli"}, "use data.source = 'thumbtack'"),
        ({"data.source": "curve", "data.task": "binary"}, "its task is regression"),
        ({"data.task": "regression"}, "regression needs curve, exam or csv"),
        ({"data.source": "xor4"}, 'write split = "all"'),
        ({"data.split": "all", "data.train": 10}, "data.train: under split"),
    ],
)
def test_settings_that_do_not_go_together_are_refused_with_their_line(settings: Settings, expected: str) -> None:
    with pytest.raises(PresetError) as raised:
        preset_of(settings)
    assert expected in str(raised.value)
    assert str(raised.value).startswith("preset:")
    assert str(raised.value).split(":")[1].isdigit()
    with pytest.raises(PresetError) as raised:
        preset_of({}, {"a": settings})
    assert expected in str(raised.value)


def test_a_change_that_does_not_go_with_the_rest_is_refused() -> None:
    preset = preset_of({"data.source": "curve"})
    with pytest.raises(PresetError, match="a regression has no accuracy"):
        with_value(preset, "early_stopping.monitor", "val_acc")
    assert with_value(preset, "early_stopping.monitor", "train_loss").base.early_stopping.monitor == "train_loss"


@pytest.mark.parametrize("source", ["iris", "digits"])
def test_binary_needs_two_classes(source: str) -> None:
    with pytest.raises(PresetError, match="binary needs two"):
        lab_of({"data.source": source, "data.task": "binary"})
