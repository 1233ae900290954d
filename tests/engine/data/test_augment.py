"""Flips are exact, and everything else is torchvision's and scipy's affine transform, image by image."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import affine

from engine.data.augment import flip, warp


@pytest.mark.parametrize("axis", [3, 4])
def test_a_flip_is_torchs_and_touches_only_the_images_that_are_to_be_flipped(axis: int) -> None:
    x = torch.randn(2, 3, 2, 4, 5)
    flipped = torch.tensor([[True, False, True], [False, False, True]])
    result = flip(x, flipped, axis)
    for lane in range(2):
        for image in range(3):
            expected = torch.flip(x[lane, image], [axis - 2]) if flipped[lane, image] else x[lane, image]
            assert torch.equal(result[lane, image], expected)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 12), (11, 6)])
def test_every_image_is_warped_as_torchvision_would_warp_it_alone(height: int, width: int) -> None:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(20, 3, height, width, generator=generator, dtype=torch.float64)
    shift = 6 * torch.rand(20, 2, generator=generator, dtype=torch.float64) - 3
    angle = 360 * torch.rand(20, generator=generator, dtype=torch.float64) - 180
    scale = 0.3 + 1.6 * torch.rand(20, generator=generator, dtype=torch.float64)
    result = warp(x, shift, angle, scale)
    for image in range(20):
        expected = affine(
            x[image],
            angle[image].item(),
            shift[image].tolist(),
            scale[image].item(),
            [0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
        )
        torch.testing.assert_close(result[image], expected, rtol=0, atol=1e-10)


def test_a_warp_is_scipys_affine_transform_with_zeros_around_the_image() -> None:
    x = torch.rand(6, 1, 9, 7, dtype=torch.float64)
    shift = torch.tensor([[0, 0], [2, 0], [0, -1.5], [1, 2], [0, 0], [-0.5, 0.25]], dtype=torch.float64)
    angle = torch.tensor([30, 0, 0, 90, 0, -20], dtype=torch.float64)
    scale = torch.tensor([1, 1, 1, 1, 1.5, 0.7], dtype=torch.float64)
    result = warp(x, shift, angle, scale)
    centre = np.array([4.0, 3.0])
    for image in range(6):
        radians, size = math.radians(angle[image]), scale[image].item()
        # In rows and columns: clockwise on a screen whose rows go down.
        turn = np.array([[math.cos(radians), math.sin(radians)], [-math.sin(radians), math.cos(radians)]]) * size
        back = np.linalg.inv(turn)
        moved = shift[image].numpy()[::-1]
        expected = ndimage.affine_transform(
            x[image, 0].numpy(), back, centre - back @ (centre + moved), order=1, mode="grid-constant"
        )
        np.testing.assert_allclose(result[image, 0].numpy(), expected, atol=1e-12)


def test_a_whole_pixel_shift_moves_right_and_down_and_lets_zeros_in() -> None:
    x = torch.rand(1, 1, 4, 4, dtype=torch.float64)
    zero, one = torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    result = warp(x, torch.tensor([[1.0, 2.0]], dtype=torch.float64), zero, one)[0, 0]
    torch.testing.assert_close(result[2:, 1:], x[0, 0, :2, :3], rtol=0, atol=1e-14)
    assert result[:2].abs().max() < 1e-14
    assert result[:, 0].abs().max() < 1e-14
