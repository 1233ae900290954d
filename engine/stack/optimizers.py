"""The rules of the step on whole buffers, with per-lane settings. Each is checked against torch.optim."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from engine.stack.settings import LaneSettings


class Optimizer(Protocol):
    """A rule that moves theta_LP against grad_LP; `state` holds its buffers by name, all [L, P]."""

    state: dict[str, Tensor]

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None: ...


class SGD:
    """`theta <- theta - lr * g`."""

    def __init__(self, theta_LP: Tensor) -> None:
        self.state: dict[str, Tensor] = {}

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None:
        theta_LP.addcmul_(grad_LP, lr_L1, value=-1)


class Momentum:
    """`v <- m v + g; theta <- theta - lr * v` (torch.optim.SGD); Nesterov steps along `g + m v`."""

    def __init__(self, theta_LP: Tensor, nesterov: bool = False) -> None:
        self.state = {"velocity": torch.zeros_like(theta_LP)}
        self._nesterov = nesterov

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None:
        momentum_L1 = settings["training.momentum"].unsqueeze(1)
        velocity = self.state["velocity"].mul_(momentum_L1).add_(grad_LP)
        along = torch.addcmul(grad_LP, velocity, momentum_L1) if self._nesterov else velocity
        theta_LP.addcmul_(along, lr_L1, value=-1)


class Adagrad:
    """`s <- s + g^2; theta <- theta - lr * g / (sqrt(s) + eps)` (Duchi et al. 2011; torch.optim.Adagrad, s from 0)."""

    def __init__(self, theta_LP: Tensor) -> None:
        self.state = {"square": torch.zeros_like(theta_LP)}

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None:
        square = self.state["square"].addcmul_(grad_LP, grad_LP)
        theta_LP.addcmul_(grad_LP / square.sqrt().add_(settings["training.eps"].unsqueeze(1)), lr_L1, value=-1)


class RMSprop:
    """`s <- rho s + (1 - rho) g^2; theta <- theta - lr * g / (sqrt(s) + eps)` (Hinton 2012; torch.optim.RMSprop)."""

    def __init__(self, theta_LP: Tensor) -> None:
        self.state = {"square": torch.zeros_like(theta_LP)}

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None:
        rho_L1 = settings["training.rho"].unsqueeze(1)
        square = self.state["square"].mul_(rho_L1).addcmul_(grad_LP * grad_LP, 1 - rho_L1)
        theta_LP.addcmul_(grad_LP / square.sqrt().add_(settings["training.eps"].unsqueeze(1)), lr_L1, value=-1)


class Adam:
    """Adam (Kingma and Ba 2015), bias-corrected as torch.optim.Adam. AdamW is Adam beside `weight_decay`."""

    def __init__(self, theta_LP: Tensor) -> None:
        self.state = {"mean": torch.zeros_like(theta_LP), "square": torch.zeros_like(theta_LP)}

    def step(self, theta_LP: Tensor, grad_LP: Tensor, lr_L1: Tensor, settings: LaneSettings, step: int) -> None:
        beta1 = settings["training.beta1"].unsqueeze(1)
        beta2 = settings["training.beta2"].unsqueeze(1)
        mean = self.state["mean"].lerp_(grad_LP, 1 - beta1)
        square = self.state["square"].mul_(beta2).addcmul_(grad_LP * grad_LP, 1 - beta2)
        denominator = (square / (1 - beta2**step)).sqrt_().add_(settings["training.eps"].unsqueeze(1))
        theta_LP.addcmul_(mean / denominator, lr_L1 / (1 - beta1**step), value=-1)


def optimizer_of(kind: str, theta_LP: Tensor) -> Optimizer:
    """The optimizer named in a preset, with zeroed state for these lanes."""
    match kind:
        case "sgd":
            return SGD(theta_LP)
        case "momentum" | "nesterov":
            return Momentum(theta_LP, nesterov=kind == "nesterov")
        case "adagrad":
            return Adagrad(theta_LP)
        case "rmsprop":
            return RMSprop(theta_LP)
        case "adam" | "adamw":
            return Adam(theta_LP)
    raise ValueError(f"unknown optimizer {kind!r}")
