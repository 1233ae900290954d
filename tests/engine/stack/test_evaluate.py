"""Evaluation in groups of lanes, as large stacks have it, beside all lanes at once."""

from __future__ import annotations

import pytest
import torch

from engine.events import Finished
from engine.lab import Lab
from engine.stack.evaluate import lane_groups
from tests.engine.small import Settings, epochs_by_lane, lab_of, only, preset_of

ARMS: dict[str, Settings] = {name: {"regularization.dropout": p} for name, p in (("a", 0.0), ("b", 0.2), ("c", 0.5))}


@pytest.mark.parametrize("seeds", [1, 2, 7, 64])
@pytest.mark.parametrize("arms", [1, 2, 5, 40])
@pytest.mark.parametrize("widest", [10, 100, 512, 4096])
def test_every_lane_is_in_one_group_and_a_group_is_of_one_seed_or_of_whole_ones(
    seeds: int, arms: int, widest: int
) -> None:
    groups = lane_groups("cpu", seeds, arms, widest)
    assert [lane for group in groups for lane in range(group.start, group.stop)] == list(range(seeds * arms))
    sizes = [group.stop - group.start for group in groups]
    assert max(sizes) <= max(2, (1 << 19) // (256 * widest)) or len(groups) == 1
    for group in groups:
        whole = group.start % arms == group.stop % arms == 0
        assert whole or group.start // arms == (group.stop - 1) // arms
    assert lane_groups("cuda", seeds, arms, widest) == [slice(0, seeds * arms)]


@pytest.mark.parametrize("seeds", [(0, 3, 5), (4,)])
@pytest.mark.parametrize(
    "base",
    [
        {"regularization.dropout_style": "book"},
        {"model.norm": "batch", "data.split": "first"},
        {"training.ema": 0.9},
        {"regularization.activity_l2": 0.1},
    ],
)
def test_lanes_are_measured_alike_in_groups_and_all_at_once(
    base: Settings, seeds: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measured() -> tuple[Lab, list[dict[str, float]], list[float]]:
        lab = lab_of({**base, "training.seeds": [*seeds], "training.epochs": 2}, ARMS)
        events = list(lab.run())
        curves = [event.metrics for lane in epochs_by_lane(events).values() for event in lane]
        return lab, curves, [event.test_loss for event in only(events, Finished)]

    together, curves, tests = measured()
    monkeypatch.setattr("engine.stack.evaluate._FEW_ROWS", 1 << 19)  # two lanes of one seed at a time, or one
    in_groups, own_curves, own_tests = measured()
    assert len(lane_groups("cpu", len(seeds), 3, 8)) == 2 * len(seeds)
    for one, other in zip(curves, own_curves, strict=True):
        assert other == pytest.approx(one, rel=1e-9)
    assert own_tests == pytest.approx(tests, rel=1e-9)
    for lane in range(3 * len(seeds)):
        for counted in ("confusion", "test_confusion"):
            one, other = (getattr(lab.stacks[0], counted)(lane) for lab in (together, in_groups))
            assert torch.equal(one, other)


@pytest.mark.parametrize("split", ["random", "first"])
def test_the_training_loss_is_that_of_the_examples_that_are_measured(split: str) -> None:
    base: Settings = {
        "data.source": "moons", "data.samples": 300, "data.split": split, "data.train_eval": 40,
        "training.seeds": [0, 3], "training.epochs": 2, "model.hidden": [8], "regularization.l2": 0.01,
    }  # fmt: skip
    lab = Lab(preset_of(base), "cpu", torch.float64)
    last = epochs_by_lane(list(lab.run()))
    stack = lab.stacks[0]
    for row, seed in enumerate((0, 3)):
        group = row if split == "random" else 0
        assert stack.task.measured_SM is not None
        places_M = stack.task.measured_SM[group]
        assert len(places_M) == 40
        outputs_MC = stack.outputs(stack.task.train_x_SNI[group, places_M].expand(2, -1, -1))[row]
        expected = torch.nn.functional.cross_entropy(outputs_MC, stack.task.train_y_SN[group, places_M])
        assert last["base", seed][-1].train_loss == pytest.approx(expected.item(), rel=1e-12)


def test_where_all_are_measured_nothing_changes() -> None:
    base: Settings = {"data.source": "moons", "data.samples": 200, "training.epochs": 2, "model.hidden": [8]}
    few, all_ = (
        epochs_by_lane(list(Lab(preset_of({**base, "data.train_eval": most}), "cpu").run())) for most in (120, 10_000)
    )
    assert few == all_
