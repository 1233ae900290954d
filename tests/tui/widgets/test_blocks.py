"""Promises of blocks beside one another: as many as fit are there, none is too small, and the room is used."""

from __future__ import annotations

import pytest
from rich.text import Text

from tui.widgets.blocks import append_half_blocks, grid, stacked


@pytest.mark.parametrize("count", range(1, 13))
@pytest.mark.parametrize(("width", "height"), [(74, 10), (110, 16), (156, 40), (40, 30), (20, 6)])
def test_a_grid_holds_as_many_as_fit_and_each_has_the_least_size(count: int, width: int, height: int) -> None:
    columns, rows, shown = grid(count, width, height, 16, 6)
    room = height - (shown < count)
    assert (columns - 1) * rows < shown <= columns * rows
    assert (width // columns >= 16 and room // rows >= 6) or shown == 1
    if shown < count:  # nor would one more fit in any layout
        assert all(width // c < 16 or (height - (shown + 1 < count)) // -(-(shown + 1) // c) < 6
                   for c in range(1, shown + 2))  # fmt: skip


def test_planes_are_laid_out_as_squares() -> None:
    assert grid(4, 80, 10, 16, 6) == (4, 1, 4)
    assert grid(4, 80, 40, 16, 6) == (2, 2, 4)
    assert grid(6, 112, 18, 16, 6) == (3, 2, 6)
    assert grid(12, 74, 13, 16, 6) == (4, 2, 8)


def test_of_arms_that_have_no_room_it_is_said_how_many_are_shown_and_no_line_is_left_empty() -> None:
    arms = [f"arm {place}" for place in range(8)]

    def block(arm: str, width: int, height: int) -> list[Text]:
        return [Text(f"{arm:{width}}"), *(Text("x" * width) for _ in range(height - 1))]

    lines = stacked(arms, 12, 60, 13, (28, 6), block)
    assert lines[-1].plain.startswith("4 of 12 arms")
    assert len(lines) == 13
    assert [arm for arm in arms if any(arm in line.plain for line in lines)] == arms[:4]
    lines = stacked(arms[:2], 2, 60, 13, (28, 6), block)
    assert len(lines) == 13
    assert "arms" not in lines[-1].plain


def test_equal_cells_beside_one_another_are_one_piece() -> None:
    line = Text()
    append_half_blocks(line, [(1, 2, 3)] * 5 + [(9, 9, 9)], [(0, 0, 0)] * 6, ascii_only=False)
    assert line.plain == "▀" * 6
    assert [(span.start, span.end) for span in line.spans] == [(0, 5), (5, 6)]
    signed = Text()
    append_half_blocks(signed, [(1, 2, 3)] * 4, [(0, 0, 0)] * 4, ascii_only=True, signs={2: "o"})
    assert signed.plain == "  o "
