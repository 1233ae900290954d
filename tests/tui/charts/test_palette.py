"""Promises of the palette."""

from __future__ import annotations

from itertools import combinations

import pytest

from tui.charts.palette import blend, colour

# Background and surface of Textual's default dark and light themes.
GROUNDS = [
    (True, (0x12, 0x12, 0x12)),
    (True, (0x1E, 0x1E, 0x1E)),
    (False, (0xE0, 0xE0, 0xE0)),
    (False, (0xD8, 0xD8, 0xD8)),
]


def luminance(rgb: tuple[int, int, int]) -> float:
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("dark", "ground"), GROUNDS)
@pytest.mark.parametrize("index", range(8))
def test_every_arm_stands_out_from_the_background(index, dark, ground):
    light, deep = sorted((luminance(colour(index, dark)), luminance(ground)), reverse=True)
    assert (light + 0.05) / (deep + 0.05) >= 3.0


@pytest.mark.parametrize("dark", [True, False])
def test_no_two_arms_look_alike(dark):
    for a, b in combinations(range(8), 2):
        assert sum(abs(x - y) for x, y in zip(colour(a, dark), colour(b, dark), strict=True)) > 60


def test_the_ninth_arm_begins_again():
    assert colour(8, True) == colour(0, True)
    assert colour(-1, False) == colour(7, False)


def test_a_blend_runs_from_ground_to_top():
    assert blend((200, 100, 0), (0, 0, 0), 0.5) == (100, 50, 0)
    assert blend((200, 100, 0), (7, 8, 9), 0.0) == (7, 8, 9)
