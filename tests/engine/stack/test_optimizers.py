"""Every optimizer is torch.optim's, with other settings in each lane of one stack."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.engine.reference import batches, network_of, parameters_of, train
from tests.engine.small import Settings, lab_of, task_of, weights_of

KINDS: dict[str, list[Settings]] = {
    "sgd": [{"training.lr": 0.01}, {"training.lr": 0.3}, {"training.lr": 1.0}],
    "momentum": [
        {"training.lr": 0.05, "training.momentum": 0.9},
        {"training.lr": 0.2, "training.momentum": 0.5},
        {"training.lr": 0.1, "training.momentum": 0.0},
    ],
    "adam": [
        {"training.lr": 0.001},
        {"training.lr": 0.01, "training.beta1": 0.5, "training.beta2": 0.9},
        {"training.lr": 0.02, "training.eps": 1e-3, "training.beta1": 0.0},
    ],
    "adamw": [
        {"training.lr": 0.01, "regularization.weight_decay": 0.1},
        {"training.lr": 0.02, "regularization.weight_decay": 1.0, "training.beta1": 0.7},
        {"training.lr": 0.005, "regularization.weight_decay": 0.0},
    ],
}
KINDS["adagrad"] = [
    {"training.lr": 0.01},
    {"training.lr": 0.1, "training.eps": 1e-10},
    {"training.lr": 0.05, "training.eps": 0.1},
]
KINDS["rmsprop"] = [
    {"training.lr": 0.001},
    {"training.lr": 0.01, "training.rho": 0.9},
    {"training.lr": 0.02, "training.rho": 0.0, "training.eps": 0.01},
]
KINDS["nesterov"] = KINDS["momentum"]


def torch_optimizer(kind: str, network: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    def of(name: str, default: Any) -> Any:
        return settings.get(f"training.{name}", default)

    lr = of("lr", None)
    adam = {"lr": lr, "betas": (of("beta1", 0.9), of("beta2", 0.999)), "eps": of("eps", 1e-8)}
    match kind:
        case "sgd":
            return torch.optim.SGD(network.parameters(), lr=lr)
        case "momentum" | "nesterov":
            momentum = of("momentum", 0.9)
            nesterov = kind == "nesterov" and momentum > 0  # torch refuses nesterov without momentum: it is plain SGD
            return torch.optim.SGD(network.parameters(), lr=lr, momentum=momentum, nesterov=nesterov)
        case "adagrad":
            return torch.optim.Adagrad(network.parameters(), lr=lr, eps=of("eps", 1e-8))
        case "rmsprop":
            return torch.optim.RMSprop(network.parameters(), lr=lr, alpha=of("rho", 0.99), eps=of("eps", 1e-8))
        case "adam":
            return torch.optim.Adam(network.parameters(), **adam)
        case "adamw":
            matrices = [parameter for parameter in network.parameters() if parameter.ndim == 2]
            biases = [parameter for parameter in network.parameters() if parameter.ndim == 1]
            decay = settings["regularization.weight_decay"]
            groups: list[dict[str, Any]] = [
                {"params": matrices, "weight_decay": decay},
                {"params": biases, "weight_decay": 0.0},
            ]
            return torch.optim.AdamW(groups, **adam)
    raise ValueError(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_fifty_steps_equal_torch_optim_in_every_lane(kind: str) -> None:
    arms = {f"arm {number}": settings for number, settings in enumerate(KINDS[kind])}
    base = {"training.optimizer": kind, "training.epochs": 50, "training.seeds": [0, 3]}
    lab = lab_of(base, arms)
    assert len(lab._stacks) == 1
    task, layout = task_of([0, 3]), lab._stacks[0].layout
    references: dict[tuple[str, int], Tensor] = {}
    for row, seed in enumerate([0, 3]):
        for name, settings in arms.items():
            network = network_of(layout, weights_of(lab, name, seed))
            before = parameters_of(network)
            train(network, torch_optimizer(kind, network, settings), batches(task, seed, 16, 17, row))
            references[name, seed] = parameters_of(network)
            assert (references[name, seed] - before).abs().max() > 1e-3
    while lab.epoch < 17:
        lab.advance()
    assert lab.stacks[0].steps == 51
    for (name, seed), expected in references.items():
        torch.testing.assert_close(weights_of(lab, name, seed), expected, rtol=1e-6, atol=1e-6)
