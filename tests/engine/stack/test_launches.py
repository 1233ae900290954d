"""A step leaves the device alone: it reads nothing back, and its launches do not grow with the lanes."""

from __future__ import annotations

import pytest
import torch

from engine.lab import Lab
from tests.engine.convolved import image_lab_of
from tests.engine.launches import counted
from tests.engine.small import Settings, lab_of

NOISES: Settings = {
    "regularization.dropout": 0.3,
    "regularization.gaussian_dropout": 0.2,
    "regularization.input_noise": 0.2,
    "regularization.weight_noise": 0.1,
    "regularization.mixup": 0.4,
}
PENALTIES: Settings = {
    "regularization.l1": 0.01,
    "regularization.l2": 0.01,
    "regularization.bias_l1": 0.01,
    "regularization.orthogonal": 0.01,
    "regularization.activity_l2": 0.01,
    "regularization.weight_decay": 0.01,
    "regularization.max_norm": 1.0,
    "regularization.label_smoothing": 0.1,
}
STEPS: Settings = {
    "training.sam": 0.05,
    "training.clip_norm": 1.0,
    "training.ema": 0.9,
    "training.swa_start": 1,
    "schedule.kind": "cosine",
}
IMAGES: Settings = {
    "regularization.cutmix": 0.4,
    "regularization.spatial_dropout": 0.2,
    "augment.shift": 1.0,
    "augment.rotate": 10.0,
    "augment.zoom": 0.1,
    "augment.hflip": 0.5,
    "augment.cutout": 2,
}
SEEDS: Settings = {"training.seeds": [0, 1]}
LABS = {
    "plain": lambda: lab_of(SEEDS),
    "dropout": lambda: lab_of(SEEDS, {"off": {}, "on": {"regularization.dropout": 0.3}}),
    "noises": lambda: lab_of(SEEDS, {"off": {}, "on": NOISES}),
    "penalties": lambda: lab_of(SEEDS, {"off": {}, "on": PENALTIES}),
    "steps": lambda: lab_of({**SEEDS, "training.optimizer": "adam"}, {"off": {}, "on": STEPS}),
    "batch norm": lambda: lab_of({**SEEDS, "model.norm": "batch"}, {"off": {}, "on": STEPS}),
    "images": lambda: image_lab_of(SEEDS, {"off": {}, "on": IMAGES}),
    "residual": lambda: image_lab_of({**SEEDS, "model.kind": "resnet"}, {"on": {"regularization.drop_path": 0.2}}),
}


@pytest.mark.parametrize("name", LABS)
def test_a_step_reads_nothing_back_and_an_epoch_only_its_numbers_at_once(name: str) -> None:
    lab: Lab = LABS[name]()
    lab.run_epoch()
    (stack,) = lab.stacks
    for _ in range(stack.steps_per_epoch - 1):
        launches, reads = counted(lab.advance)
        assert not launches.shaped_by_values
        assert not reads.counts
    launches, reads = counted(lab.advance)
    assert lab.epoch == 2
    assert not launches.shaped_by_values
    # One copy to the host, of all the epoch's numbers together.
    assert reads.counts == {"cpu": 1, "tolist": 1}


def launches_of_a_step(seeds: int, arms: int, settings: Settings) -> int:
    lab = lab_of({"training.seeds": list(range(seeds))}, {f"arm {number}": settings for number in range(arms)})
    lab.advance()
    (stack,) = lab.stacks
    assert len(stack.lanes) == seeds * arms
    return counted(lambda: stack.step(1))[0].total


@pytest.mark.parametrize("settings", [{}, NOISES, PENALTIES, STEPS], ids=["plain", "noises", "penalties", "steps"])
def test_as_many_launches_serve_any_number_of_arms(settings: Settings) -> None:
    assert len({launches_of_a_step(2, arms, settings) for arms in (2, 3, 8)}) == 1


# On a CPU a generator draws for one seed at a time: each technique's draw is a launch for each seed, all else is not.
@pytest.mark.parametrize(
    ("settings", "draws"),
    [
        ({}, 0),
        (PENALTIES, 0),
        (STEPS, 0),
        ({"regularization.dropout": 0.3}, 1),
        ({"regularization.gaussian_dropout": 0.3}, 2),
        ({"regularization.mixup": 0.4}, 2),
        (NOISES, 1 + 2 + 1 + 1 + 2),
    ],
)
def test_launches_grow_with_the_seeds_by_the_draws_alone(settings: Settings, draws: int) -> None:
    two, four, eight = (launches_of_a_step(seeds, 2, settings) for seeds in (2, 4, 8))
    assert (four - two, eight - four) == (2 * draws, 4 * draws)


def test_the_counter_sees_what_waits_for_the_device() -> None:
    x = torch.arange(4.0)
    for work in (lambda: x.sum().item(), lambda: x.nonzero(), lambda: x[x > 1], lambda: x.unique()):
        launches, reads = counted(work)
        assert launches.shaped_by_values or reads.counts
    for read in (x.tolist, x.cpu, lambda: bool(x[0]), lambda: float(x[0]), lambda: x.numpy()):
        assert counted(read)[1].counts
