"""CutMix: the paper's box, the partner's pixels inside it, and the share of the pixels that are left."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from engine.regularizers.cutmix import cutmix, cutmix_box
from tests.engine.images import CHANNELS, HEIGHT, SHAPE, WIDTH, image_lab, spy_on_steps
from tests.engine.small import Settings


def box(share: float, row: int, column: int, height: int, width: int) -> tuple[int, int, int, int]:
    """`rand_bbox` of the paper's code, as torchvision writes it."""
    r = 0.5 * math.sqrt(1.0 - share)
    tall, wide = int(r * height), int(r * width)
    return max(row - tall, 0), min(row + tall, height), max(column - wide, 0), min(column + wide, width)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (9, 14), (32, 32)])
def test_the_box_and_the_share_are_the_papers(height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(1)
    share = torch.rand(300, generator=generator, dtype=torch.float64)
    share[:2] = torch.tensor([0.0, 1.0])
    u = torch.rand(300, 2, generator=generator, dtype=torch.float64)
    inside, left = cutmix_box(share, u, height, width)
    for lane in range(300):
        row, column = int(u[lane, 0] * height), int(u[lane, 1] * width)
        top, bottom, first, last = box(share[lane].item(), row, column, height, width)
        expected = np.zeros((height, width), dtype=bool)
        expected[top:bottom, first:last] = True
        np.testing.assert_array_equal(inside[lane].numpy(), expected)
        assert left[lane].item() == pytest.approx(1 - (bottom - top) * (last - first) / (height * width))
    assert not inside[1].any()
    assert left[1] == 1


def test_pixels_inside_the_box_are_the_partners_and_no_other_bit_changes() -> None:
    x, partner = torch.randn(2, 3, 4, 2, 5, 6)
    inside = torch.rand(3, 5, 6) < 0.4
    inside[1] = False
    result = cutmix(x, partner, inside)
    assert torch.equal(result[1], x[1])
    for lane in range(3):
        assert torch.equal(result[lane][..., inside[lane]], partner[lane][..., inside[lane]])
        assert torch.equal(result[lane][..., ~inside[lane]], x[lane][..., ~inside[lane]])


def test_every_image_of_a_batch_has_the_same_box_and_the_targets_share_is_that_of_its_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = spy_on_steps(monkeypatch)
    arms: dict[str, Settings] = {str(a): {"regularization.cutmix": a} for a in (0.0, 0.5, 1.0, 3.0)}
    lab = image_lab({"training.epochs": 12}, arms)
    while not lab.finished:
        lab.advance()
    replaced = 0
    for x_LBI, targets in seen:
        assert targets.share_L is not None
        assert targets.other_LB is not None
        x = x_LBI.unflatten(2, SHAPE)
        plain = x[0]
        partners = []
        for lane in range(1, 4):
            changed_BCHW = x[lane] != plain
            share = targets.share_L[lane].item()
            moved_HW = changed_BCHW.flatten(0, 1).any(0)
            assert share == pytest.approx(1 - moved_HW.double().mean().item())
            replaced += share < 1
            if share == 1:
                continue
            rows, columns = moved_HW.any(1).nonzero().flatten(), moved_HW.any(0).nonzero().flatten()
            assert moved_HW[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
            patch, patches = x[lane][..., moved_HW].flatten(1), plain[..., moved_HW].flatten(1)
            distance, partner = torch.cdist(patch, patches).min(dim=1)
            assert distance.max() == 0
            assert torch.equal(partner.sort().values, torch.arange(len(partner)))
            assert torch.equal(targets.other_LB[lane], targets.y_LB[lane][partner])
            partners.append(partner)
        assert all(torch.equal(partners[0], partner) for partner in partners)
    assert replaced > 40
    assert (CHANNELS, HEIGHT, WIDTH) == SHAPE
