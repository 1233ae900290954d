"""Dropout keeps where `u >= p`, keeps the expectation, and is nested across arms."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from engine.regularizers.dropout import Threshold, dropout, dropout_evaluation, kept_share, threshold
from engine.stack.randomness import Streams
from tests.engine.reference import network_of
from tests.engine.small import CPU, lab_of, task_of, weights_of

BATCH, UNITS = 500, 400


def random_bits(seeds: int = 1) -> Tensor:
    return Streams(range(seeds), CPU).bits16("dropout", 1, BATCH, UNITS)


def dropped_at(p: list[float], inverted: bool = True, dtype: torch.dtype = torch.float64) -> Tensor:
    """What dropout makes of ones, one seed, an arm for each p: [A, B, H]."""
    ones = torch.ones(1, len(p), BATCH, UNITS, dtype=dtype)
    return dropout(ones, random_bits(), threshold(torch.tensor(p, dtype=dtype), 1), inverted)[0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("inverted", [True, False])
def test_a_unit_is_kept_exactly_where_its_u_is_at_least_p(dtype: torch.dtype, inverted: bool) -> None:
    p_A = [0.0, 0.125, 0.25, 0.5, 0.75]
    u_BH = (random_bits()[0].double() + 32768) / 65536
    for p, kept in zip(p_A, dropped_at(p_A, inverted, dtype), strict=True):
        expected = (u_BH >= p).to(dtype) / (1 - p if inverted else 1)
        torch.testing.assert_close(kept, expected)


@pytest.mark.parametrize("p", [0.05, 0.1, 0.2, 0.3, 0.5, 0.9])
def test_inverted_dropout_keeps_the_expectation(p: float) -> None:
    (kept,) = dropped_at([p])
    std = (p / (1 - p) / kept.numel()) ** 0.5
    assert abs(kept.mean().item() - 1) < 4 * std
    assert ((kept == 0) | (kept == 1 / (1 - p))).all()
    (book,) = dropped_at([p], inverted=False)
    assert ((book == 0) | (book == 1)).all()
    assert torch.equal(book == 0, kept == 0)


def test_what_a_weaker_dropout_drops_a_stronger_drops_too() -> None:
    p_A = [0.0, 0.1, 0.2, 0.2001, 0.5, 0.99]
    dropped = dropped_at(p_A) == 0
    assert not dropped[0].any()
    for weaker, stronger in pairwise(dropped):
        assert (stronger | ~weaker).all()
    assert dropped[1].sum() < dropped[2].sum() < dropped[4].sum() < dropped[5].sum()


@pytest.mark.parametrize("p", [0.9999, 0.99999, 1 - 2**-17, 1 - 1e-6, 1 - 1e-9])
def test_dropout_close_to_1_drops_nearly_everything(p: float) -> None:
    (kept,) = dropped_at([p], inverted=False)
    assert kept.mean() < 0.001


def test_a_unit_of_one_lane_is_dropped_with_that_unit_of_every_lane_of_the_seed_and_of_no_other_seed() -> None:
    bits = random_bits(2)
    kept = dropout(torch.ones(2, 3, BATCH, UNITS), bits, threshold(torch.full((6,), 0.5), 2), True)
    assert torch.equal(kept[0, 0], kept[0, 2])
    assert torch.equal(kept[1, 0], kept[1, 1])
    agree = (kept[0, 0] == kept[1, 0]).double().mean()
    assert abs(agree - 0.5) < 0.01


def test_p_0_gives_the_activations_bit_for_bit() -> None:
    h = torch.randn(1, 2, BATCH, UNITS)
    assert torch.equal(dropout(h, random_bits(), threshold(torch.tensor([0.0, 0.5]), 1), True)[0, 0], h[0, 0])
    assert torch.equal(dropout_evaluation(h[0], torch.tensor([0.0, 0.5]))[0], h[0, 0])


def test_no_gradient_passes_a_dropped_unit() -> None:
    h = torch.randn(1, 1, BATCH, UNITS, dtype=torch.float64, requires_grad=True)
    kept = dropout(h, random_bits(), threshold(torch.tensor([0.3], dtype=torch.float64), 1), True)
    kept.sum().backward()
    mask = dropped_at([0.3])
    assert h.grad is not None
    torch.testing.assert_close(h.grad[0], mask)


def test_every_step_and_every_layer_drops_other_units(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Tensor] = []

    def spy(bits: Tensor, p: Threshold, inverted: bool, out: Tensor) -> Tensor:
        seen.append(bits.clone())
        return kept_share(bits, p, inverted, out)

    monkeypatch.setattr("engine.stack.dense_gradient.kept_share", spy)
    lab = lab_of({"model.hidden": [6, 6], "regularization.dropout": 0.5, "training.batch_size": 20})
    lab.run_epoch()
    assert [bits.shape for bits in seen] == [(1, 20, 6)] * 4
    assert len({tuple(bits.flatten().tolist()) for bits in seen}) == 4


@pytest.mark.parametrize("style", ["inverted", "book"])
def test_evaluation_is_untouched_when_inverted_and_scaled_by_1_minus_p_in_the_books_style(style: str) -> None:
    p = 0.4
    lab = lab_of({"regularization.dropout_style": style}, {"off": {}, "on": {"regularization.dropout": p}})
    events = lab.run_epoch()
    task, layout = task_of(), lab._stacks[0].layout
    for arm, event in zip(("off", "on"), events, strict=True):
        network = network_of(layout, weights_of(lab, arm))
        keep = 1 - p if style == "book" and arm == "on" else 1.0
        h = task.val_x_SNI[0]
        for part in network:
            h = part(h) * keep if isinstance(part, torch.nn.ReLU) else part(h)
        loss = torch.nn.functional.cross_entropy(h, task.val_y_SN[0])
        assert event.val_loss == pytest.approx(loss.item(), rel=1e-12)  # type: ignore[attr-defined]


def test_without_hidden_layers_there_is_nothing_to_drop() -> None:
    lab = lab_of({"model.hidden": []}, {"off": {}, "on": {"regularization.dropout": 0.5}})
    list(lab.run())
    assert torch.equal(weights_of(lab, "off"), weights_of(lab, "on"))


def test_a_turned_knob_is_heeded_by_the_very_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def spy(bits: Tensor, p: Threshold, inverted: bool, out: Tensor) -> Tensor:
        seen.extend((1 - 1 / p.kept.flatten()).tolist())
        return kept_share(bits, p, inverted, out)

    monkeypatch.setattr("engine.stack.dense_gradient.kept_share", spy)
    lab = lab_of({"model.hidden": [6]}, {"one": {"regularization.dropout": 0.5}, "other": {}})
    lab.advance()
    lab.turn("regularization.dropout", 0.25, "other")
    lab.advance()
    # An arm that drops nothing is not touched.
    assert seen == [pytest.approx(p, abs=1e-7) for p in (0.5, 0.5, 0.25)]
