"""Spatial dropout and drop-path are torch's and torchvision's, and nested across arms."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import stochastic_depth

from engine.regularizers.drop_path import drop_path
from engine.regularizers.dropout import Threshold, threshold
from engine.regularizers.spatial_dropout import spatial_dropout
from engine.stack.randomness import Streams
from tests.engine.convolved import image_lab_of
from tests.engine.small import CPU, Settings, weights_of

P_A = [0.0, 0.2, 0.5, 0.9]
KEYS = ["regularization.spatial_dropout", "regularization.drop_path"]


def bits_that_keep(kept: Tensor) -> Tensor:
    """A draw of u = 1 where something is kept and u = 0 where it is not."""
    return torch.where(kept, 32767, -32768).to(torch.int16)


@pytest.mark.parametrize("p", P_A)
def test_drop_path_is_torchvisions_stochastic_depth_of_rows(p: float) -> None:
    torch.manual_seed(3)
    x = torch.randn(50, 4, 3, 2, dtype=torch.float64, requires_grad=True)
    theirs = stochastic_depth(x, p, "row", training=True)
    bits_SB = bits_that_keep(theirs.flatten(1).ne(0).any(dim=1)).unsqueeze(0)
    ours = drop_path(x[None, None], bits_SB, threshold(torch.tensor([p], dtype=torch.float64), 1))[0, 0]
    torch.testing.assert_close(ours, theirs, rtol=1e-14, atol=0)
    (expected,) = torch.autograd.grad(theirs.square().sum(), x)
    torch.testing.assert_close(torch.autograd.grad(ours.square().sum(), x)[0], expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("p", P_A)
def test_spatial_dropout_is_torchs_dropout2d(p: float) -> None:
    torch.manual_seed(3)
    x = torch.randn(20, 6, 3, 2, dtype=torch.float64)
    theirs = F.dropout2d(x, p, training=True)
    bits_SBC = bits_that_keep(theirs.flatten(2).ne(0).any(dim=2)).unsqueeze(0)
    h_SABHWC = x.permute(0, 2, 3, 1)[None, None]
    thresholds = threshold(torch.tensor([p], dtype=torch.float64), 1)
    ours = spatial_dropout(h_SABHWC, bits_SBC, thresholds)[0, 0].permute(0, 3, 1, 2)
    torch.testing.assert_close(ours, theirs, rtol=1e-14, atol=0)


def test_what_a_weaker_arm_drops_a_stronger_drops_too_and_whole() -> None:
    thresholds = threshold(torch.tensor(P_A * 2, dtype=torch.float64), 2)
    streams = Streams([0, 1], CPU)
    examples = drop_path(torch.ones(2, 4, 400, 3, 3, 2).double(), streams.bits16("drop_path 1", 1, 400), thresholds)
    channels = spatial_dropout(
        torch.ones(2, 4, 40, 3, 3, 10).double(), streams.bits16("spatial_dropout conv 1", 1, 40, 10), thresholds
    )
    for values, wholes in ((examples, examples[..., :1, :1, :1]), (channels, channels[:, :, :, :1, :1, :])):
        assert torch.equal(values == 0, (wholes == 0).expand_as(values))
        dropped_ASX = (wholes == 0).flatten(2).transpose(0, 1)
        assert not torch.equal(*dropped_ASX[2])
        for p, dropped in zip(P_A, dropped_ASX, strict=True):
            assert abs(dropped.double().mean() - p) < 0.07
        for weaker, stronger in pairwise(dropped_ASX):
            assert (stronger | ~weaker).all()
            assert stronger.sum() > weaker.sum()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_0_is_bit_identical_to_none_also_beside_a_lane_that_drops(key: str, dtype: torch.dtype) -> None:
    base: Settings = {"model.kind": "resnet", "model.norm": "batch", "training.seeds": [0, 1], "training.epochs": 3}
    without = image_lab_of(base, {"this": {}, "other": {}}, dtype)
    beside = image_lab_of(base, {"this": {key: 0.0}, "other": {key: 0.4}}, dtype)
    assert [len(lab._stacks) for lab in (without, beside)] == [1, 1]
    for lab in (without, beside):
        list(lab.run())
    for seed in (0, 1):
        assert torch.equal(weights_of(without, "this", seed), weights_of(beside, "this", seed))
        assert not torch.equal(weights_of(without, "other", seed), weights_of(beside, "other", seed))


def test_every_block_and_every_step_draws_anew_and_evaluation_drops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def spy(branch: Tensor, bits_SB: Tensor, p: Threshold) -> Tensor:
        seen.append(bits_SB.clone())
        return drop_path(branch, bits_SB, p)

    monkeypatch.setattr("engine.stack.modules.residual.drop_path", spy)
    lab = image_lab_of({"model.kind": "resnet", "regularization.drop_path": 0.5, "training.batch_size": 20})
    lab.run_epoch()
    assert [bits.shape for bits in seen] == [(1, 20)] * 4
    assert len({tuple(bits.flatten().tolist()) for bits in seen}) == 4
