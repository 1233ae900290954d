"""Where in a network things are dropped: torch.nn's network of each lane with the noise written between its layers."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.stack.randomness import Streams
from tests.engine.convolved import Reference, Residual, image_lab_of, image_task_of
from tests.engine.reference import batches
from tests.engine.small import CPU
from tests.engine.small import Settings as Arm

SEEDS = [0, 3]
HIDDEN = {
    "mlp": ["hidden 1", "hidden 2"],
    "cnn": ["conv 1", "conv 2", "hidden 1"],
    "resnet": ["stem", "block 1 conv 1", "block 1", "block 2 conv 1", "block 2"],
}
# Numbers of an example after each of them, for images of 2 x 6 x 5.
UNITS = {"mlp": [8, 6], "cnn": [4 * 6 * 5, 6 * 3 * 2, 6], "resnet": [120, 120, 120, 6 * 3 * 3, 6 * 3 * 3]}
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


class Noise:
    """The draws of one step of a seed, at the strengths of one arm."""

    def __init__(self, kind: str, arm: Arm, seed: int, step: int) -> None:
        self.kind, self.arm, self.step = kind, arm, step
        self.streams = Streams([seed], CPU)
        self.layers = self.blocks = 0

    def p(self, name: str) -> float:
        return float(self.arm.get(f"regularization.{name}", 0.0))

    def keep_mask(self, stream: str, p: float, *shape: int) -> Tensor:
        """1 / (1 - p) where `u >= p`, 0 elsewhere; p is a whole number of eighths, which 16 bits tell exactly."""
        u = (self.streams.bits16(stream, self.step, *shape)[0].double() + 32768) / 65536
        return (u >= p).double() / (1 - p)

    def layer(self, h: Tensor) -> Tensor:
        """What follows the next hidden layer: dropout, gaussian dropout and of images spatial dropout."""
        name, units, examples = HIDDEN[self.kind][self.layers], UNITS[self.kind], len(h)
        before, here = sum(units[: self.layers]), units[self.layers]
        self.layers += 1
        plain = self.keep_mask("dropout", self.p("dropout"), examples, sum(units))[:, before : before + here]
        p = self.p("gaussian_dropout")
        normal = self.streams.normal(f"gaussian_dropout {name}", self.step, examples, here, dtype=torch.float64)[0]
        factor = plain * (1 + (p / (1 - p)) ** 0.5 * normal)
        if h.ndim == 2:
            return h * factor
        rows, columns = h.shape[2:]
        h = h * factor.view(examples, rows, columns, -1).permute(0, 3, 1, 2)
        return h * self.keep_mask(f"spatial_dropout {name}", self.p("spatial_dropout"), *h.shape[:2])[:, :, None, None]

    def branch(self, h: Tensor) -> Tensor:
        """What follows the branch of the next residual block: drop-path."""
        self.blocks += 1
        return h * self.keep_mask(f"drop_path {self.blocks}", self.p("drop_path"), len(h))[:, None, None, None]


def outputs(modules: list[nn.Module], h: Tensor, noise: Noise) -> Tensor:
    """The network with noise after each activation, or after the norm that follows it."""
    for number, module in enumerate(modules):
        if isinstance(module, Residual):
            h = module.shortcut(h) + noise.branch(outputs(list(module.branch), h, noise))
            continue
        h = module(h)
        normed_next = isinstance([*modules, None][number + 1], NORMS)
        activated = isinstance(module, nn.Tanh) and not normed_next
        if activated or (isinstance(module, NORMS) and isinstance(modules[number - 1], nn.Tanh)):
            h = noise.layer(h)
    return h


def check(kind: str, norm: str, position: str, arms: dict[str, Arm]) -> None:
    # Tanh, because what is dropped before a relu is the same as what is dropped after it.
    base: Arm = {
        "model.kind": kind, "model.norm": norm, "model.norm_position": position, "model.activation": "tanh",
        "model.hidden": [8, 6] if kind == "mlp" else [6], "training.seeds": SEEDS, "training.epochs": 9,
    }  # fmt: skip
    lab = image_lab_of(base, arms)
    (stack,) = lab.stacks
    task = image_task_of(SEEDS)
    generator = torch.Generator().manual_seed(1)
    # Gains and shifts that are not 1 and 0: behind those dropping is not dropping before.
    stack.theta_LP += 0.1 * torch.randn(stack.theta_LP.shape, generator=generator, dtype=torch.float64)
    references = [Reference(stack, lane) for lane in range(len(stack.lanes))]
    for _ in range(2):
        lab.run_epoch()
    for lane, reference in enumerate(references):
        arm, seed = stack.lanes[lane]
        rule = torch.optim.SGD(reference.network.parameters(), lr=0.05)
        for step, (x_BI, y_B) in enumerate(batches(task, seed, 16, 2, SEEDS.index(seed)), start=1):
            rule.zero_grad()
            noise = Noise(kind, arms[arm], seed, step)
            F.cross_entropy(outputs(list(reference.network), x_BI, noise), y_B).backward()
            rule.step()
            assert noise.layers == len(HIDDEN[kind])
        torch.testing.assert_close(stack.theta_LP[lane], reference.row(), rtol=0, atol=1e-12)
        torch.testing.assert_close(stack.statistics_LQ[lane], reference.statistics(), rtol=0, atol=1e-12)


NETWORKS = [("none", "before"), ("batch", "before"), ("batch", "after")]


@pytest.mark.parametrize(("norm", "position"), NETWORKS)
def test_drop_path_drops_the_branch_and_spatial_dropout_the_activated_channels_of_a_resnet(
    norm: str, position: str
) -> None:
    strengths = {"path": (0.25, 0.0), "channels": (0.0, 0.5), "both": (0.625, 0.125)}
    arms: dict[str, Arm] = {
        name: {"regularization.drop_path": path, "regularization.spatial_dropout": channels}
        for name, (path, channels) in strengths.items()
    }
    check("resnet", norm, position, arms)


@pytest.mark.parametrize(("norm", "position"), NETWORKS)
@pytest.mark.parametrize("kind", HIDDEN)
def test_dropout_and_gaussian_dropout_act_on_what_a_hidden_layer_hands_on(kind: str, norm: str, position: str) -> None:
    arms: dict[str, Arm] = {
        "plain": {"regularization.dropout": 0.375},
        "gaussian": {"regularization.gaussian_dropout": 0.3},
        "all": {"regularization.dropout": 0.25, "regularization.gaussian_dropout": 0.1},
    }
    if kind != "mlp":
        arms["all"]["regularization.spatial_dropout"] = 0.5
    check(kind, norm, position, arms)
