"""Promises of the palette."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from engine.export.curves import colour as picture_colour
from tests.tui.vision import VISION, contrast, lab
from tui.charts.bands import OPACITY
from tui.charts.curves import FAINT
from tui.charts.drawing import MUTED
from tui.charts.palette import COLOURS, blend, class_colour, colour, legible_on

# Background and surface of Textual's default dark and light themes.
GROUNDS = [
    (True, (0x12, 0x12, 0x12)),
    (True, (0x1E, 0x1E, 0x1E)),
    (False, (0xE0, 0xE0, 0xE0)),
    (False, (0xD8, 0xD8, 0xD8)),
]


@pytest.mark.parametrize(("dark", "ground"), GROUNDS)
@pytest.mark.parametrize("index", range(COLOURS))
def test_every_arm_is_legible_as_text_and_stands_out_as_a_curve_on_its_tint_and_where_it_is_faint(index, dark, ground):
    rgb = colour(index, dark)
    assert contrast(rgb, ground) >= 4.5
    assert contrast(rgb, blend(rgb, ground, OPACITY[dark])) >= 3
    assert contrast(blend(rgb, ground, FAINT[dark]), ground) >= 3


@pytest.mark.parametrize(("dark", "ground"), GROUNDS)
def test_the_words_of_the_axes_are_legible(dark, ground):
    foreground = (0xE0, 0xE0, 0xE0) if dark else (0x1F, 0x1F, 0x1F)
    assert contrast(blend(foreground, ground, MUTED), ground) >= 4.5


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("vision", VISION)
def test_no_two_arms_look_alike_however_colours_are_seen(vision, dark):
    seen = [lab(colour(index, dark), vision) for index in range(COLOURS)]
    for a, b in combinations(range(COLOURS), 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 14, (a, b)  # 2.3 is just noticeable


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("vision", VISION)
def test_classes_are_told_apart_in_their_points_and_in_their_tints_however_colours_are_seen(vision, dark):
    points = [class_colour(label, dark) for label in range(8)]
    assert len(set(points)) == 8
    seen = [lab(rgb, vision) for rgb in points]
    assert all(np.linalg.norm(a - b) > 14 for a, b in combinations(seen, 2))
    # Two classes, as in most lessons: the plane is tinted between these shares, from unsure to sure.
    ground = (18, 18, 18) if dark else (245, 245, 245)
    for share, least in ((0.15, 9), (0.6, 40), (1.0, 60)):
        one, other = (lab(blend(rgb, ground, share), vision) for rgb in points[:2])
        assert np.linalg.norm(one - other) > least


@pytest.mark.parametrize("dark", [True, False])
def test_a_class_does_not_look_as_if_it_belonged_to_one_of_the_first_arms(dark):
    for label in range(2):
        for arm in range(3):
            one, other = lab(class_colour(label, dark), "usual"), lab(colour(arm, dark), "usual")
            assert np.linalg.norm(one - other) > 40


def test_pictures_of_a_run_have_the_colours_of_the_light_theme():
    assert [picture_colour(index) for index in range(9)] == [
        "#{:02x}{:02x}{:02x}".format(*colour(index, dark=False)) for index in range(9)
    ]


@pytest.mark.parametrize("ground", [(0, 0, 0), (30, 60, 90), (119, 119, 119), (166, 117, 5), (230, 159, 0), (255,) * 3])
def test_black_or_white_is_legible_on_any_ground(ground):
    assert contrast(legible_on(ground), ground) >= 4.4


def test_the_ninth_arm_begins_again():
    assert colour(8, True) == colour(0, True)
    assert colour(-1, False) == colour(7, False)


def test_a_blend_runs_from_ground_to_top():
    assert blend((200, 100, 0), (0, 0, 0), 0.5) == (100, 50, 0)
    assert blend((200, 100, 0), (7, 8, 9), 0.0) == (7, 8, 9)
