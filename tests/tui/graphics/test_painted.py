"""Promises of the painted pictures: every pixel is a measured one, enlarged."""

from __future__ import annotations

import numpy as np
import pytest

from tui.graphics.painted import plane, strip_of_images

GROUND = (18, 18, 18)
RED, GREEN, BLUE, WHITE = (200, 0, 0), (0, 200, 0), (0, 0, 200), (255, 255, 255)

pytest.importorskip("PIL")


def rgb(picture):
    return np.array(picture.convert("RGB"))


def test_a_plane_has_the_measured_shades_and_no_others():
    pixels = rgb(plane(np.array([[0, 1], [2, 0]]), [RED, GREEN, BLUE], [], 40, 20, GROUND))
    assert pixels.shape == (20, 40, 3)
    assert {tuple(map(int, pixel)) for pixel in pixels.reshape(-1, 3)} == {RED, GREEN, BLUE}
    assert tuple(pixels[0, 0]) == RED
    assert tuple(pixels[0, 39]) == GREEN
    assert tuple(pixels[19, 0]) == BLUE
    assert (pixels[:10, :20] == RED).all(), "the nearest of the measured places, not a mean of them"


def test_points_are_discs_where_they_are_with_a_rim():
    pixels = rgb(plane(np.zeros((4, 8), dtype=int), [RED], [(0.5, 0.5, WHITE), (1.0, 0.0, BLUE)], 361, 181, GROUND))
    assert tuple(pixels[90, 180]) == WHITE
    assert tuple(pixels[0, 360]) == BLUE
    row = [tuple(map(int, pixel)) for pixel in pixels[90, 170:191]]
    assert row == row[::-1]
    assert row.count(GROUND) == 2
    assert row[0] == RED


def test_a_plane_of_more_colours_than_a_palette_has_keeps_them():
    shades = [(number % 256, number // 256, 7) for number in range(400)]
    picture = plane(np.arange(400).reshape(20, 20), shades, [(0.0, 0.0, WHITE)], 20, 20, GROUND)
    assert picture.mode == "RGB"
    assert len(np.unique(rgb(picture).reshape(-1, 3), axis=0)) > 390


@pytest.mark.parametrize("colours", ["few", "many"])
def test_images_are_enlarged_by_a_whole_number_of_pixels(colours):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 4 if colours == "few" else 256, (2, 8, 8, 3)).astype(np.uint8)
    # Rooms of 10 cells, 11 apart, of 10 by 20 pixels: 8 pixels are enlarged 12 times, 2 pixels are left at each side.
    pixels = rgb(strip_of_images(images.tolist(), 11, 10, 210, 100, GROUND))
    for image, left in zip(images, (2, 112), strict=True):
        part = pixels[2:98, left : left + 96]
        assert (part == image.repeat(12, axis=0).repeat(12, axis=1)).all()
        pixels[2:98, left : left + 96] = GROUND
    assert (pixels == GROUND).all()


def test_images_without_room_for_every_pixel_are_made_smaller():
    image = np.arange(64 * 64 * 3).reshape(64, 64, 3) % 256
    pixels = rgb(strip_of_images([image.tolist()], 11, 4, 40, 40, GROUND))
    assert pixels.shape == (40, 40, 3)
    assert (pixels == image[np.arange(40)[:, None] * 64 // 40, np.arange(40) * 64 // 40]).all()
