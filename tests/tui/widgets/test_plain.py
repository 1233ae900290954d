"""Promises of the filters: nothing that a terminal obeys, letters only, cell for cell, and no colour."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from engine.text import harmful
from tui.widgets.plain import AsciiOnly, Colourless, Printable, harmless, in_ascii

GROUND = Color(0, 0, 0)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cc", "Mn", "Me", "Cf"))))
def test_any_text_becomes_ascii_of_the_same_width(text):
    shown = in_ascii(text)
    assert shown.isascii()
    if "\u200d" not in text:
        assert cell_len(shown) == sum(max(cell_len(sign), 0) for sign in text)


def test_frames_and_signs_become_what_looks_like_them():
    assert in_ascii("╭─ 1 loss ─╮ ▶ █▌░ ±0.1 …") == "+- 1 loss -+ > #|. ~0.1 ."
    assert in_ascii("größer 小") == "gr??er ??"


def test_a_filter_keeps_the_styles_and_the_other_takes_the_colours():
    style = Style(color="red", bgcolor="blue", bold=True, reverse=True)
    (segment,) = AsciiOnly().apply([Segment("─", style)], GROUND)
    assert (segment.text, segment.style) == ("-", style)
    (plain,) = Colourless().apply([Segment("x", style)], GROUND)
    assert (plain.style.color, plain.style.bgcolor) == (None, None)
    assert plain.style.bold
    assert plain.style.reverse


@given(st.text())
def test_no_text_is_a_command_to_the_terminal_and_none_changes_its_width(text):
    shown = harmless(text)
    assert harmful(shown) is None
    if "\u200d" not in text:  # joined signs are narrower than alone
        assert cell_len(shown) == sum(max(cell_len(sign), 0) for sign in text)


def test_what_is_printable_passes_as_it_is():
    segments = [Segment("größer 小 ⠿", Style(bold=True)), Segment("x")]
    assert Printable().apply(segments, GROUND) is segments
    (segment,) = Printable().apply([Segment("a\x1b]52;c;aGk=\x07\x9b31m\udcff", Style(bold=True))], GROUND)
    assert (segment.text, segment.style) == ("a]52;c;aGk=31m?", Style(bold=True))
