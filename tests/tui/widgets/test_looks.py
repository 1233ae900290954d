"""Closer looks as lines: they fit the room there is, and say in words what shades cannot."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.text import Text

from engine.probes import Confusion, LayerActivity, LayerWeights, Picture, Pictures
from engine.view import Look, View
from tests.tui.views import moment
from tui.widgets import blocks, looks, pictures
from tui.widgets.look import wanted

COUNTS = tuple(tuple(9 if at == row else int(row == 3 and at == 5) * 4 for at in range(10)) for row in range(10))
CONFUSION = Confusion(COUNTS, tuple("0123456789"), "validation")
DIGIT = Picture(tuple(tuple((x, y, 0) for x in range(8)) for y in range(8)), "8 not 3")
LAYER = LayerActivity("hidden 1", 0.0, 1.0, (64, *[1] * 23), 0.1, 0.2, 0.5, 0.0)


WEIGHTS = LayerWeights("hidden 1", 3.0, 0.001, 0.5)
ARMS = ("plain", "dropped", "a third one")


def stack(view: View, kind: str, width: int, height: int, ascii_only: bool, arms: Sequence[str] = ARMS) -> list[Text]:
    """All arms' blocks of one look, as the pane lays them out."""
    columns = 2 if kind == "fed" else 1

    def block(arm: str, lines: int) -> list[Text]:
        if kind == "activity":
            return looks.activity_lines(view, arm, width, lines, ascii_only, Text(arm))
        if kind == "weights":
            return looks.weight_lines(view, arm, width, ascii_only, Text(arm))
        return pictures.fed_lines(view, arm, width // columns, lines, ascii_only, Text(arm))

    return blocks.stacked(arms, len(arms), width, height, columns, block)


def test_with_all_arms_selected_each_has_its_block_and_who_is_left_out_is_counted() -> None:
    seen = {("weights", arm, 0): (WEIGHTS,) * 3 for arm in ARMS}
    view = moment(seen=seen, arms={arm: {} for arm in ARMS})
    told = [line.plain for line in stack(view, "weights", 80, 12, False)]
    assert [line.partition("  ")[0] for line in told[::4]] == list(ARMS)
    told = [line.plain for line in stack(view, "weights", 80, 9, False)]
    assert len(told) == 9
    assert told[-1].startswith("1 more arm")
    assert stack(view, "weights", 80, 3, False)[0].plain.startswith("plain")


@pytest.mark.parametrize(("arm", "probes"), [("dropped", {("pictures", "dropped", 0)}),
                                             (None, {("fed", arm, 0) for arm in ARMS})])  # fmt: skip
def test_only_what_is_shown_is_asked_of_the_worker(arm: str | None, probes: set[Look]) -> None:
    assert set(wanted("pictures", ARMS, arm, 0)) == probes
    assert {each for _, each, _ in wanted("penalty", ARMS, arm, 0)} == set()
    many = [f"arm {number}" for number in range(32)]
    assert len(wanted("weights", many, None, 0)) == 8
    assert wanted("weights", ["one"], None, 0) == [("weights", "one", 0)]


@pytest.mark.parametrize(("width", "height"), [(78, 8), (74, 9), (110, 14)])
def test_looks_fit_their_pane(width: int, height: int) -> None:
    seen = {
        ("confusion", "plain", 0): CONFUSION,
        ("pictures", "plain", 0): Pictures((DIGIT,) * 16, (DIGIT,) * 16),
        **{("activity", arm, 0): (LAYER,) * 3 for arm in ARMS},
        **{("weights", arm, 0): (WEIGHTS,) * 3 for arm in ARMS},
        **{("fed", arm, 0): Pictures((DIGIT,) * 16, ()) for arm in ARMS},
    }
    view = moment(seen=seen, arms={arm: {} for arm in ARMS})
    for ascii_only in (False, True):
        for lines in (
            looks.confusion_lines(view, "plain", width, height, True, ascii_only),
            pictures.picture_lines(view, "plain", width, height, ascii_only),
            looks.activity_lines(view, "plain", width, height, ascii_only),
            *(stack(view, kind, width, height, ascii_only) for kind in ("activity", "weights", "fed")),
        ):
            assert 0 < len(lines) <= height
            assert all(line.cell_len <= width for line in lines)
            assert not ascii_only or all(line.plain.isascii() for line in lines)


def test_a_confusion_too_large_for_numbers_tells_the_commonest_mistakes() -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    lines = looks.confusion_lines(view, "plain", 78, 8, True, False)
    assert any("4 x 3 taken for 5" in line.plain for line in lines)
