"""Cutout: one square of zeros of the promised side, its centre anywhere, clipped at the border."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from engine.regularizers.cutout import cutout

N_L = [0, 1, 2, 3, 6, 50]


def test_each_image_loses_the_square_around_its_centre() -> None:
    x = 1 + torch.rand(len(N_L), 30, 2, 7, 9)
    u = torch.rand(30, 2).expand(len(N_L), 30, 2)
    result = cutout(x, u, torch.tensor(N_L, dtype=torch.float32)).numpy()
    for lane, n in enumerate(N_L):
        for image in range(30):
            row, column = int(u[lane, image, 0] * 7), int(u[lane, image, 1] * 9)
            expected = x[lane, image].numpy().copy()
            top, first = row - n // 2, column - n // 2
            expected[:, max(top, 0) : max(top + n, 0), max(first, 0) : max(first + n, 0)] = 0
            np.testing.assert_array_equal(result[lane, image], expected)
    assert np.array_equal(result[0], x[0].numpy())
    assert not result[-1].any()


def test_a_smaller_square_lies_inside_a_larger_one_of_the_same_draw() -> None:
    x, n_L = torch.ones(9, 200, 1, 8, 8), torch.arange(9.0)
    cut = cutout(x, torch.rand(200, 2).expand(9, 200, 2), n_L) == 0
    for smaller, larger in pairwise(cut):
        assert not (smaller & ~larger).any()
        assert larger.sum() > smaller.sum()


def test_every_pixel_is_a_centre_equally_often() -> None:
    u = torch.rand(40_000, 2, generator=torch.Generator().manual_seed(2))
    hit = (cutout(torch.ones(1, 40_000, 1, 5, 4), u.unsqueeze(0), torch.ones(1)) == 0).sum(dim=(0, 1, 2))
    assert hit.sum() == 40_000
    assert (hit / 2000 - 1).abs().max() < 0.1
