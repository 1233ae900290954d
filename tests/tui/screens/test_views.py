"""The views of the main screen: what is enlarged, drawn another way, or in other colours."""

from __future__ import annotations

import pytest
from textual.color import Color

from tests.tui.dashboard import LARGE, SMALL, USUAL, Person, braille, dashboard, experiment, plot_of
from tui.charts.palette import colour
from tui.screens.main import MainScreen
from tui.widgets.pane import Pane


async def test_the_views_switch_and_switch_back():
    async with dashboard() as person:
        await person.sees(lambda: person.view.record.epoch > 2)
        for key, there, back in (
            ("l", "log loss: plain", "loss: plain"),
            ("o", "1 loss: plain  dropped", "1 loss: plain"),
            ("g", "2 gap: validation - train", "2 accuracy"),
            ("n", "3 weight norm by layer: dropped", "3 weight norm"),
        ):
            await person.press(key)
            await person.sees(there)
            await person.press(key)
            await person.sees(lambda there=there, back=back: back in person.text and there not in person.text)


async def test_layers_are_drawn_one_by_one():
    async with dashboard(experiment({"model.hidden": [8, 6]}), paused=True) as person:
        await person.press("n", "full_stop")
        await person.sees(lambda: person.view.record.epoch == 1 and len(plot_of(person, "norms").series) == 3)


@pytest.mark.parametrize(("size", "panes"), [(SMALL, range(1, 7)), (LARGE, (1, 4))])
async def test_every_pane_can_be_enlarged_and_made_small_again(size, panes):
    async with dashboard(size=size, paused=True) as person:
        for pane in panes:
            await person.press("escape", str(pane))
            await person.sees(lambda: person.main.focused is not None)
            await person.press("z")
            await person.sees(lambda: person.main.maximized is person.main.focused)
            await person.sees(lambda: person.main.maximized.size.width >= size[0] - 4)
            # How far the run is can be seen, and so can the whole pane.
            assert "paused" in person.text.splitlines()[1]
            assert person.main.maximized.region.bottom <= size[1] - 1
            await person.press("z")
            await person.sees(lambda: person.main.maximized is None)


async def test_the_line_of_keys_is_the_last_and_a_click_on_an_entry_does_it():
    async with dashboard(size=(80, 24), paused=True) as person:
        await person.sees(lambda: person.text.splitlines()[-1].startswith(" ? help  space pause  tab arm  L looks"))
        assert person.text.splitlines()[-1].rstrip().endswith("q quit")
        await person.pilot.click("#keys", offset=(1 + person.text.splitlines()[-1].index("i lesson"), 0))
        await person.sees("Look at the gap.")


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_the_lesson_stands_below_the_knobs_where_these_leave_room_and_in_their_place_where_it_is_asked_for(
    ascii_only,
):
    # As on a large screen, which has room for both.
    async with dashboard(size=LARGE, paused=True, ascii_only=ascii_only) as person:
        for size in (LARGE, (120, 36), (80, 24), (60, 20)):
            await person.pilot.resize_terminal(*size)
            both = size[0] >= 110
            await person.sees(
                lambda both=both: "5 knobs" in person.text and ("Look at the gap." in person.text) == both
            )
            side = [pane for pane in person.main.query_one("#side").children if pane.display]
            if both:  # with no line between them that belongs to none, and no knob out of sight
                assert [pane.region.y for pane in side[1:]] == [pane.region.bottom for pane in side[:-1]]
                await person.sees("more knobs")
                await person.press("M")  # all knobs need all lines
                await person.sees(lambda: "Look at the gap." not in person.text)
                await person.press("M")
                await person.sees("Look at the gap.")
            await person.press("i")
            await person.sees(lambda: "Look at the gap." in person.text and "5 knobs" not in person.text)
            assert "1 loss: plain" in person.text
            await person.press("i")
            await person.sees("5 knobs")


async def test_a_small_screen_gives_the_losses_the_larger_share_and_the_knobs_enough():
    async with dashboard(size=(80, 24), paused=True) as person:
        await person.press("full_stop")
        await person.sees(lambda: person.view.record.epoch == 1)
        for size, lines in (((80, 24), 8), ((60, 20), 5)):
            await person.pilot.resize_terminal(*size)

            def axis(lines=lines):
                """How many lines of the first chart lie above its x axis."""
                rows = person.text.splitlines()
                first = next((row for row, line in enumerate(rows) if "1 loss: " in line), -1)
                below = next((row for row, line in enumerate(rows) if "└" in line[:12]), -1)
                return below - first - 1 == lines

            await person.sees(axis)
            # Two rows of the list at least, with what the chosen one does below them.
            await person.sees(lambda: "more knobs" in person.knobs or len(person.knobs.splitlines()) >= 2)
            assert person.note


def curves_of(person: Person) -> dict[tuple[int, ...], float]:
    """The colours of all curves on the screen, with the contrast of each to what it stands on (WCAG: 1 to 21)."""
    found = {}
    for strip in person.app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            if braille(segment.text) and style is not None and style.color is not None and style.bgcolor is not None:
                top, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
                found[top.rgb] = contrast(top, ground)
    return found


def key_of(person: Person) -> dict[str, tuple[int, ...]]:
    """The arms' names in the title of the pane of all arms, each with its colour."""
    pane = person.main.query_one("#overlay", Pane)
    cells = {}
    for segment in person.app.screen._compositor.render_strips()[pane.region.y]:
        if (name := segment.text.strip()) in ("plain", "dropped") and segment.style and segment.style.color:
            cells[name] = Color.from_rich_color(segment.style.color).rgb
    return cells


def contrast(one: Color, other: Color) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(shown: Color) -> float:
    """Relative luminance by WCAG 2.1."""
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (part / 255 for part in shown.rgb)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


async def test_in_each_theme_the_arms_are_drawn_in_colours_that_stand_out_from_its_ground():
    async with dashboard() as person:
        for dark in (True, False):
            await person.sees(lambda dark=dark: person.app.current_theme.dark is dark)
            arms = {colour(place, dark) for place in range(2)}
            await person.sees(lambda arms=arms: arms <= curves_of(person).keys())
            drawn = curves_of(person)
            assert all(drawn[arm] >= 3 for arm in arms), drawn  # WCAG 2.1 for what is no text
            # Their names above the curves of all are in the same colours.
            await person.press("o")
            expected = {"plain": colour(0, dark), "dropped": colour(1, dark)}
            await person.sees(lambda expected=expected: key_of(person) == expected)
            await person.press("o")
            assert (luminance(person.main.query_one("#loss-0").background_colors[1]) < 0.2) == dark
            await person.press("t")


async def test_in_ascii_nothing_else_is_drawn_whatever_the_preset_is_called():
    arms = {"größer": {}, "小さい": {"training.lr": 0.2}}
    preset = experiment({"training.seeds": [0, 1]}, arms, title="Über — “Bögen” 🌙", lesson="naïve…")
    async with dashboard(preset, ascii_only=True) as person:
        await person.sees(lambda: person.view.record.epoch > 3)
        await person.sees("+-")
        for keys in ((), ("i",), ("question_mark",), ("escape", "p"), ("escape", "w"), ("escape", "q"), ("escape",)):
            await person.press(*keys)
            await person.pilot.pause()
            assert person.text.isascii(), person.text
            assert [line for line in person.text.splitlines() if len(line) != USUAL[0]] == []
        await person.press("ctrl+p")
        await person.sees(lambda: not isinstance(person.app.screen, MainScreen))
        assert person.text.isascii()
