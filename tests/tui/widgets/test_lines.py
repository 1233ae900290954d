"""Promises of prepared lines: cropped, styled, and only what changed is sent."""

from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from tests.tui.views import shown
from tui.widgets.lines import Lines, changed_span


async def test_lines_are_cropped_to_the_widget_and_what_is_missing_is_blank():
    lines = Lines(id="it")
    async with shown(lines, 10, 4) as text:
        lines.show([Text("short"), Text("much too long for it")])
        await lines.app.animator.wait_until_complete()
        lines.app.screen._on_timer_update()
        assert [strip.text for strip in lines._strips] == ["short     ", "much too l", " " * 10, " " * 10]
        assert len(text()) == 4


async def test_only_the_cells_that_changed_are_sent():
    lines = Lines(id="it")
    async with shown(lines, 20, 3):
        lines.show([Text("epoch 10 of 20"), Text("same")])
        sent = []
        lines.refresh = lambda *regions, **_: sent.extend(regions)
        lines.show([Text("epoch 11 of 20"), Text("same")])
        assert [(region.x, region.y, region.width, region.height) for region in sent] == [(7, 0, 1, 1)]
        lines.show([Text("epoch 11 of 20"), Text("same")])
        assert len(sent) == 1


async def test_a_word_that_changes_its_style_alone_is_sent():
    lines = Lines(id="it")
    async with shown(lines, 20, 2):
        lines.show([Text("one two")])
        sent = []
        lines.refresh = lambda *regions, **_: sent.extend(regions)
        bold = Text("one two")
        bold.stylize("bold", 4, 7)
        lines.show([bold])
        (region,) = sent
        assert region.x <= 4 < 7 <= region.right
        assert any(segment.style.bold for segment in lines._strips[0] if segment.style)


async def test_a_line_keeps_the_style_of_its_text_also_where_no_span_has_one():
    lines = Lines(id="it")
    async with shown(lines, 20, 2):
        lines.show([Text("refused", style="bold red")])
        (segment,) = [segment for segment in lines._strips[0] if "refused" in segment.text]
        assert segment.style.bold
        assert segment.style.color.name == "red"


def test_a_span_is_the_first_to_the_last_changed_cell():
    from rich.segment import Segment

    def of(text, style=None):
        return Strip([Segment(text, style)])

    assert changed_span(None, of("abc"), 3) == (0, 3)
    assert changed_span(of("abc"), of("abc"), 3) is None
    assert changed_span(of("abcde"), of("aXcXe"), 5) == (1, 4)
    assert changed_span(of("abc"), of("abc", Style(bold=True)), 3) == (0, 3)
    assert changed_span(of("ab"), of("abc"), 3) == (0, 3)
