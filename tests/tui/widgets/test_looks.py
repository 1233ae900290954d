"""Closer looks as lines: they fit the room there is, and say in words what shades cannot."""

from __future__ import annotations

import dataclasses

import pytest
from rich.style import Style
from rich.text import Text

from engine.events import Found, Stopped
from engine.looks.activity import LayerActivity
from engine.looks.confusion import Confusion
from engine.looks.fit import Fit
from engine.looks.pictures import Picture, Pictures
from engine.looks.surface import Surface
from engine.looks.weights import LayerWeights
from engine.view import View
from tests.tui.views import lane, moment
from tests.tui.vision import contrast
from tui.charts.curves import Skin
from tui.charts.drawing import draw
from tui.charts.plot import Plot
from tui.looks import LOOKS, Look, Moment, register

COUNTS = tuple(tuple(9 if at == row else int(row == 3 and at == 5) * 4 for at in range(10)) for row in range(10))
CONFUSION = Confusion(COUNTS, tuple("0123456789"), "validation")
DIGIT = Picture(tuple(tuple((x, y, 0) for x in range(8)) for y in range(8)), "8 not 3")
LAYER = LayerActivity("hidden 1", 0.0, 1.0, (64, *[1] * 23), 0.1, 0.2, 0.5, 0.0)


WEIGHTS = LayerWeights("hidden 1", 3.0, 0.001, 0.5)
ARMS = ("plain", "dropped", "a third one")


def drawn(
    view: View, look: str, width: int, height: int, arm: str | None = None, ascii_only: bool = False
) -> list[Text]:
    """A look's lines; of all arms where none is selected."""
    lines = LOOKS[look].draw(Moment(view, arm, width, height, True, ascii_only))
    assert isinstance(lines, list)
    return lines


def test_with_all_arms_selected_each_has_its_block_and_who_is_left_out_is_counted() -> None:
    seen = {("weights", arm, 0): (WEIGHTS,) * 3 for arm in ARMS}
    view = moment(seen=seen, arms={arm: {} for arm in ARMS})
    told = [line.plain for line in drawn(view, "weights", 80, 12)]
    assert [line.partition("  ")[0] for line in told[::4]] == list(ARMS)
    told = [line.plain for line in drawn(view, "weights", 80, 9)]
    assert len(told) == 9
    assert told[-1].startswith("2 of 3 arms")
    assert drawn(view, "weights", 80, 3)[0].plain.startswith("plain")


@pytest.mark.parametrize(("arm", "asked"), [("dropped", {("pictures", "dropped", 0)}),
                                            (None, {("fed", arm, 0) for arm in ARMS})])  # fmt: skip
def test_only_what_is_shown_is_asked_of_the_engine(arm: str | None, asked: set[tuple[str, str, int]]) -> None:
    assert set(LOOKS["pictures"].requests(ARMS, arm, 0)) == asked
    assert LOOKS["penalty"].requests(ARMS, arm, 0) == []
    many = [f"arm {number}" for number in range(32)]
    assert len(LOOKS["weights"].requests(many, None, 0)) == 8
    assert LOOKS["weights"].requests(["one"], None, 0) == [("weights", "one", 0)]


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
            *(drawn(view, look, width, height, "plain", ascii_only) for look in ("confusion", "pictures", "activity")),
            *(drawn(view, look, width, height, None, ascii_only) for look in ("activity", "weights", "pictures")),
        ):
            # Numbers stand in for shades where there are none, and are scrolled.
            most = (
                max(height, 1 + len(COUNTS)) if ascii_only and lines[0].plain.split() == list("0123456789") else height
            )
            assert 0 < len(lines) <= most
            assert all(line.cell_len <= width for line in lines)
            assert not ascii_only or all(line.plain.isascii() for line in lines)


def test_a_confusion_too_large_for_numbers_tells_the_commonest_mistakes() -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    lines = drawn(view, "confusion", 78, 8, "plain")
    assert any("4 times: 3 taken for 5" in line.plain for line in lines)


def test_the_confusion_of_ten_classes_is_in_numbers_in_eleven_lines_and_where_there_are_no_shades() -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    seen = {
        (height, ascii_only, colourless): [line.plain for line in LOOKS["confusion"].draw(  # type: ignore[union-attr]
            Moment(view, "plain", 78, height, True, ascii_only, colourless=colourless))]
        for height in (8, 11) for ascii_only in (False, True) for colourless in (False, True)
    }  # fmt: skip
    numbers = seen.pop((11, False, False))
    assert numbers[0].split() == list("0123456789")
    assert numbers[4].split() == ["3", ".", ".", ".", "9", ".", "4", ".", ".", ".", "."]
    assert "▀" in seen.pop((8, False, False))[0]
    assert all(lines == numbers for lines in seen.values())
    # Where not even the numbers have room, the mistakes in words.
    narrow = LOOKS["confusion"].draw(Moment(view, "plain", 20, 8, colourless=True))
    assert [line.plain for line in narrow] == ["   4 times: 3 taken for 5"]  # type: ignore[union-attr]


@pytest.mark.parametrize("width", [78, 112])
def test_six_arms_are_fed_the_same_image_side_by_side(width: int) -> None:
    arms = ("as they are", "shift 1", "rotate 15", "all three", "rotate 180", "flips")
    seen = {("fed", arm, 0): Pictures((DIGIT,) * 4, ()) for arm in arms}
    seen |= {("pictures", "flips", 0): Pictures((DIGIT,) * 4, (DIGIT,) * 4)}
    view = moment(seen=seen, arms={arm: {} for arm in arms})
    assert " ".join(drawn(view, "pictures", width, 9)[0].plain.split()) == " ".join(arms)
    assert LOOKS["pictures"].heading(Moment(view, None, width, 9)).startswith("what each arm is fed")
    assert LOOKS["pictures"].heading(Moment(view, "flips", width, 9)).startswith("images: flips")


def test_without_half_blocks_no_row_of_an_image_is_lost_and_without_colours_letters_are_as_bright() -> None:
    stripes = tuple(((255,) * 3 if y % 2 else (0,) * 3,) * 8 for y in range(8))
    seen = {("fed", "plain", 0): Pictures((Picture(stripes, "8"),), ())}
    seen |= {("fed", "dropped", 0): Pictures((Picture(stripes, "8"),), ())}
    view = moment(seen=seen)
    ascii_lines = drawn(view, "pictures", 78, 6, None, ascii_only=True)
    grounds = {Style.parse(str(span.style)).bgcolor for span in ascii_lines[1].spans} - {None}
    assert {ground.get_truecolor() for ground in grounds if ground} == {(127, 127, 127)}
    letters = LOOKS["pictures"].draw(Moment(view, None, 78, 6, colourless=True))
    assert isinstance(letters, list)
    assert letters[1].plain.startswith("=" * 8 + " ")


def test_without_colours_the_boundary_has_a_fill_for_each_class_and_its_number_at_each_point() -> None:
    classes = tuple((0,) * 4 + (1,) * 4 for _ in range(4))
    points = ((-1.0, 1.0, 0, "train"), (1.0, 1.0, 1, "validation"))
    half = Surface(-1.0, 1.0, -1.0, 1.0, classes, tuple((0.9,) * 8 for _ in range(4)), points)
    view = moment(seen={("surface", "plain", 0): half, ("fit", "plain", 0): None}, arms={"plain": {}})
    for ascii_only, fill in ((False, "░"), (True, ":")):
        lines = LOOKS["surface"].draw(Moment(view, "plain", 8, 4, True, ascii_only, colourless=True))
        assert isinstance(lines, list)
        assert [line.plain for line in lines[1:]] == ["0   " + fill * 3 + "1", *["    " + fill * 4] * 2]
        assert [str(span.style) for span in lines[1].spans] == ["bold"], "of the point of training alone"


def test_without_half_blocks_every_point_of_the_boundary_has_the_colour_of_its_class() -> None:
    classes = tuple((0,) * 8 for _ in range(4))
    for line in range(16):
        point = (0.0, 1.0 - 2 * line / 15, 1, "train")
        one = Surface(-1.0, 1.0, -1.0, 1.0, classes, tuple((0.9,) * 8 for _ in range(4)), (point,))
        view = moment(seen={("surface", "plain", 0): one, ("fit", "plain", 0): None}, arms={"plain": {}})
        lines = LOOKS["surface"].draw(Moment(view, "plain", 8, 9, True, ascii_only=True))
        assert isinstance(lines, list)
        grounds = [{str(span.style) for span in text.spans} for text in lines[1:]]
        assert [len(styles) for styles in grounds].count(2) == 1, line


@pytest.mark.parametrize("dark", [True, False])
def test_the_examples_that_a_curve_was_fitted_to_are_larger_and_stand_out_from_the_others(dark: bool) -> None:
    fit = Fit((0.0, 1.0), (0.0, 1.0), ((0.2, 0.5, "train"), (0.8, 0.5, "validation")))
    seen = {("fit", "plain", 0): fit, ("surface", "plain", 0): None}
    plot = LOOKS["surface"].draw(Moment(moment(seen=seen, arms={"plain": {}}), "plain", 60, 9, dark))
    assert isinstance(plot, Plot)
    ground = (18, 18, 18) if dark else (224, 224, 224)
    held, train = plot.series[:2]
    assert isinstance(train.colour, tuple)
    assert isinstance(held.colour, tuple)
    assert contrast(train.colour, ground) > 3 * contrast(held.colour, ground)
    shown = draw(dataclasses.replace(plot, series=(held, train)), 60, 9, Skin(dark=dark)).texts()
    halves = ("".join(line[part] for line in shown) for part in (slice(0, 30), slice(30, 60)))
    dots = [sum((ord(sign) - 0x2800).bit_count() for sign in half if 0x2800 < ord(sign) < 0x2900) for half in halves]
    assert dots == [4, 1]


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("height", [8, 14])  # in shades, in numbers
def test_the_confusion_is_blue_where_it_is_right_and_orange_where_it_is_not(height: int, dark: bool) -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    lines = LOOKS["confusion"].draw(Moment(view, "plain", 78, height, dark, False))
    assert isinstance(lines, list)
    grounds = {
        style.bgcolor.get_truecolor()
        for line in lines
        for style in (Style.parse(str(span.style)) for span in line.spans)
        if style.bgcolor is not None
    }
    saturated = {rgb for rgb in grounds if max(rgb) - min(rgb) > 30}
    assert {rgb.blue > rgb.red for rgb in saturated} == {True, False}
    assert all(rgb.blue == max(rgb) or rgb.red == max(rgb) for rgb in saturated)  # never green


def test_in_the_confusion_numbers_are_legible_and_hits_bold() -> None:
    view = moment(seen={("confusion", "plain", 0): CONFUSION})
    numbers = [
        span
        for line in drawn(view, "confusion", 78, 14, "plain")[1:]
        for span in line.spans
        if "on rgb" in str(span.style)
    ]
    hits = [span for span in numbers if Style.parse(str(span.style)).bold]
    assert (len(hits), len(numbers)) == (10, 11)
    for span in numbers:
        style = Style.parse(str(span.style))
        assert style.color is not None
        assert style.bgcolor is not None
        assert contrast(style.color.get_truecolor(), style.bgcolor.get_truecolor()) >= 4.5


RATES = tuple(10.0 ** (place / 10 - 4) for place in range(30))


@pytest.mark.parametrize(
    ("losses", "suggestion", "says"),
    [
        (tuple(2.0 - 0.05 * place for place in range(30)), 0.01, ""),
        ((2.3, 2.31, 2.28, *(2.32,) * 27), None, "(none: the loss hardly falls: from 2.30 to 2.28)"),
        ((2.3, 9.0), None, "(none: the loss diverges from 0.00013 on)"),
        ((), None, "(none: the loss diverges at once)"),
    ],
)
def test_the_finder_says_why_it_suggests_nothing(
    losses: tuple[float, ...], suggestion: float | None, says: str
) -> None:
    found = {"plain": Found("plain", RATES[: len(losses)], losses, suggestion)}
    words = LOOKS["finder"].subtitle(Moment(moment(found=found), "plain", 78, 12, True, False))
    assert not isinstance(words, str)
    text = "".join(part for part, _ in words)
    assert says in text
    assert bool(says) == ("none" in text)


def test_shares_of_weights_are_lines_that_do_not_merge_and_an_unknown_update_is_said_to_come() -> None:
    layers = tuple(
        LayerWeights(f"hidden {place}", 3.0, float("nan"), share) for place, share in enumerate((0, 0.01, 1))
    )
    view = moment(seen={("weights", "plain", 0): layers})
    for ascii_only, full, rest in ((False, "━", "─"), (True, "#", ".")):
        lines = [line.plain for line in drawn(view, "weights", 78, 8, "plain", ascii_only)[1:]]
        bars = [line.split()[-1] for line in lines]
        counts = [(bar.count(full), bar.count(rest)) for bar in bars]
        room = counts[0][1]
        # What there is of them is seen, however little.
        assert room > 20
        assert [count[0] for count in counts] == [0, 1, room]
        assert not any("█" in line or "░" in line for line in lines)
    subtitle = LOOKS["weights"].subtitle(Moment(view, "plain", 78, 8))
    assert subtitle == "update: last step's change / norm, known after the next step"
    trained = moment(seen={("weights", "plain", 0): (WEIGHTS,) * 3})
    assert LOOKS["weights"].subtitle(Moment(trained, "plain", 78, 8)) == "update: last step's change / norm"


def test_the_finder_names_first_the_arms_for_which_it_suggests_something() -> None:
    falling = tuple(2.0 - 0.05 * place for place in range(30))
    found = {"plain": Found("plain", RATES, falling, None), "dropped": Found("dropped", RATES, falling, 0.01)}
    words = LOOKS["finder"].subtitle(Moment(moment(found=found), "plain", 78, 12))
    assert "".join(part for part, _ in words).startswith("suggested  dropped: 0.01  plain: none")


def test_the_finders_axis_shows_learning_rates() -> None:
    found = {"plain": Found("plain", RATES, tuple(2.0 - 0.05 * place for place in range(30)), 0.01)}
    plot = LOOKS["finder"].draw(Moment(moment(found=found), "plain", 78, 12, True, False))
    assert isinstance(plot, Plot)
    ticks = draw(plot, 78, 12, Skin()).texts()[-1]
    assert "0.001" in ticks.split()
    assert "-3" not in ticks
    assert ticks.endswith("learning rate")


def test_a_look_has_a_name_and_a_key_of_its_own() -> None:
    class Again(Look):
        name, key = "again", "a"

    with pytest.raises(ValueError, match="taken"):
        register(Again)
    assert "again" not in LOOKS


@pytest.mark.parametrize(
    ("kept", "words"),
    [((), "last weights"), ((7, 7), "last weights"), ((5, 5), "best weights"), ((5, 7), "kept weights")],
)
def test_the_words_for_the_weights_are_of_those_that_ended_lanes_keep(kept: tuple[int, ...], words: str) -> None:
    arms = ("plain", "dropped")
    stopped = {(arm, 0): Stopped(arm, 0, 7, "epochs", 5, 0.4, epoch) for arm, epoch in zip(arms, kept, strict=False)}
    view = moment(*(lane(arm, epoch=7) for arm in arms), stopped=stopped)
    assert Moment(view, None, 78, 20, True, False).weights(["plain", "dropped"]) == words
