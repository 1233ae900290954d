"""Closer looks as lines: they fit the room there is, and say in words what shades cannot."""

from __future__ import annotations

import pytest

from engine.probes import Confusion, LayerActivity, Picture, Pictures
from tests.tui.views import moment
from tui.widgets import looks

COUNTS = tuple(tuple(9 if at == row else int(row == 3 and at == 5) * 4 for at in range(10)) for row in range(10))
CONFUSION = Confusion(COUNTS, tuple("0123456789"), "validation")
DIGIT = Picture(tuple(tuple((x, y, 0) for x in range(8)) for y in range(8)), "8 not 3")
LAYER = LayerActivity("hidden 1", 0.0, 1.0, (64, *[1] * 23), 0.1, 0.2, 0.5, 0.0)


@pytest.mark.parametrize(("width", "height"), [(78, 8), (74, 9), (110, 14)])
def test_looks_fit_their_pane(width: int, height: int) -> None:
    seen = {
        ("confusion", "plain", 0): CONFUSION,
        ("pictures", "plain", 0): Pictures((DIGIT,) * 16, (DIGIT,) * 16),
        ("activity", "plain", 0): (LAYER,) * 3,
    }
    view = moment(seen=seen)
    for ascii_only in (False, True):
        for lines in (
            looks.confusion_lines(view, "plain", width, height, True, ascii_only),
            looks.picture_lines(view, "plain", width, height, ascii_only),
            looks.activity_lines(view, "plain", width, height, ascii_only),
        ):
            assert 0 < len(lines) <= height
            assert all(line.cell_len <= width for line in lines)
            assert not ascii_only or all(line.plain.isascii() for line in lines)


def test_a_confusion_too_large_for_numbers_tells_the_commonest_mistakes() -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    lines = looks.confusion_lines(view, "plain", 78, 8, True, False)
    assert any("4 x 3 taken for 5" in line.plain for line in lines)
