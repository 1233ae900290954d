"""Mixup: Beta(a, a) by a closed form, one share and one permutation a batch, torch's cross-entropy of soft targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import stats

from engine.regularizers.mixup import beta_share, mixup
from engine.stack.objective import CrossEntropy, Targets
from tests.engine.images import spy_on_steps
from tests.engine.reference import network_of, parameters_of
from tests.engine.small import Settings, lab_of, weights_of

A_L = [0.0, 0.2, 1.0, 4.0]


@pytest.mark.parametrize("a", [0.05, 0.2, 0.5, 1.0, 2.0, 30.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_share_is_distributed_as_beta(a: float, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(5)
    u, v = torch.rand(2, 20_000, generator=generator, dtype=dtype)
    share = beta_share(u, v, torch.full_like(u, a)).double().numpy()
    # Kolmogorov-Smirnov at p = 0.001, away from the ends: much of Beta(0.05, 0.05) is so close to 1 that it rounds.
    points = np.linspace(1e-4, 1 - 1e-4, 2001)
    cdf = np.searchsorted(np.sort(share), points, side="right") / len(share)
    assert np.abs(cdf - stats.beta(a, a).cdf(points)).max() < 1.95 / len(share) ** 0.5
    assert abs(share.var() / stats.beta(a, a).var() - 1) < 0.05


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_share_is_a_number_from_0_to_1_at_every_extreme(dtype: torch.dtype) -> None:
    edge = torch.tensor([0.0, 1e-38, 0.25, 0.5, 0.75, 1 - 6e-8], dtype=dtype)
    a = torch.tensor([1e-6, 1e-3, 0.5, 1.0, 100.0], dtype=dtype)
    u, v, a = (values.flatten() for values in torch.meshgrid(edge, edge, a, indexing="ij"))
    share = beta_share(u, v, a)
    assert ((share >= 0) & (share <= 1)).all()


def test_the_inputs_are_those_of_the_formula() -> None:
    x, partner = torch.randn(2, 3, 4, 5)
    result = mixup(x, partner, torch.tensor([1.0, 0.25, 0.0]))
    torch.testing.assert_close(result, torch.stack([x[0], 0.25 * x[1] + 0.75 * partner[1], partner[2]]))


def test_a_batch_is_mixed_with_one_permutation_of_itself_shared_by_all_arms_of_a_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = spy_on_steps(monkeypatch)
    arms: dict[str, Settings] = {str(a): {"regularization.mixup": a} for a in [*A_L, 1.0 + 1e-9]}
    lab = lab_of({"training.seeds": [0, 1]}, arms)
    while not lab.finished:
        lab.advance()
    shares, partners = [], []
    for x_LBI, targets in seen:
        assert targets.other_LB is not None
        assert targets.share_L is not None
        shares.append(targets.share_L)
        for seed in range(2):
            plain, own = x_LBI[5 * seed], targets.y_LB[5 * seed]
            assert targets.share_L[5 * seed] == 1
            partners_of_arms = []
            for lane in range(5 * seed + 1, 5 * seed + 5):
                share = targets.share_L[lane]
                if not 0.001 < share < 0.999:
                    continue
                other = (x_LBI[lane] - share * plain) / (1 - share)
                distance, partner = torch.cdist(other, plain).min(dim=1)
                assert distance.max() < 1e-6
                assert torch.equal(partner.sort().values, torch.arange(len(partner)))
                assert torch.equal(targets.other_LB[lane], own[partner])
                partners_of_arms.append(partner)
            assert all(torch.equal(partners_of_arms[0], other) for other in partners_of_arms)
            partners.append(tuple(partners_of_arms[0].tolist()))
    assert len(set(partners)) == len(partners) == 30
    shares_SL = torch.stack(shares)
    # of one draw: nearly the same a, nearly the same share
    assert (shares_SL[:, 2] - shares_SL[:, 4]).abs().max() < 1e-6
    assert not torch.allclose(shares_SL[:, 2], shares_SL[:, 7])  # another seed, another draw
    assert shares_SL[:, 1:4].unique().numel() == 3 * len(shares_SL)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_training_is_training_on_torchs_cross_entropy_of_the_mixed_targets(
    smoothing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms: dict[str, Settings] = {str(a): {"regularization.mixup": a} for a in A_L}
    lab = lab_of({"regularization.label_smoothing": smoothing}, arms)
    networks = [network_of(lab._stacks[0].layout, weights_of(lab, arm)) for arm in arms]
    seen = spy_on_steps(monkeypatch)
    for _ in range(4):
        lab.run_epoch()
    for lane, (arm, network) in enumerate(zip(arms, networks, strict=True)):
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for x_LBI, targets in seen:
            assert targets.other_LB is not None
            assert targets.share_L is not None
            own, other = (F.one_hot(y[lane], 3).double() for y in (targets.y_LB, targets.other_LB))
            soft = targets.share_L[lane] * own + (1 - targets.share_L[lane]) * other
            optimizer.zero_grad()
            F.cross_entropy(network(x_LBI[lane]), soft, label_smoothing=smoothing).backward()
            optimizer.step()
        torch.testing.assert_close(weights_of(lab, arm), parameters_of(network), rtol=0, atol=1e-12)


def test_a_lane_that_does_not_mix_never_meets_the_other_targets() -> None:
    outputs = torch.tensor([[[0.0, -torch.inf]], [[1.0, 1.0]]])
    own, other = torch.tensor([[0], [0]]), torch.tensor([[1], [1]])
    loss = CrossEntropy().loss(outputs, Targets(own, other, torch.tensor([1.0, 0.5])), torch.zeros(2))
    assert loss[0] == 0.0
    assert loss.isfinite().all()
