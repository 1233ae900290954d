"""The exported page as a real browser shows it: drawn, whole, and asking nobody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.export.curves import COLOURS
from engine.export.page import ON_DARK
from tests.browser import CHROMIUM, Browser, Network, browsing
from tests.tui.dashboard import experiment
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

# Of each curve: how long it is and its colour, both as drawn, and a point of it every few pixels, of the whole page.
CURVES = """
Array.from(document.querySelectorAll("path.curve"), path => {
  const matrix = path.getScreenCTM(), length = path.getTotalLength(), frame = path.ownerSVGElement
  const points = Array.from({length: 200}, (_, at) => path.getPointAtLength(length * at / 199).matrixTransform(matrix))
  return {
    length: length * matrix.a, frame: frame.getBoundingClientRect().width, colour: getComputedStyle(path).stroke,
    points: points.map(point => [point.x + scrollX, point.y + scrollY]),
  }
})
"""


@pytest.fixture(scope="module")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Browser, Network]]:
    with browsing(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def browser(browsed: tuple[Browser, Network]) -> Browser:
    return browsed[0]


def exported(path: Path, target: Path) -> Path:
    assert main(["export", str(path), "--html", "-o", str(target)]) == 0
    return target


def turned(folder: Path) -> Path:
    """A run of two arms under two seeds with a turned knob."""
    writer, lab = recording(folder, preset_of(40))
    train(writer, lab, 20)
    writer.take(lab.turn("training.lr", 0.02, "plain"))
    train(writer, lab, 20)
    assert writer.close("finished")
    return writer.path


def numbers(colour: str) -> tuple[int, ...]:
    """`rgb(1, 2, 3)` or `#010203`."""
    if colour.startswith("#"):
        return tuple(bytes.fromhex(colour[1:]))
    return tuple(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_curve_is_drawn_in_the_colour_of_its_arm(browsed, folder, tmp_path, dark):
    browser, network = browsed
    page = exported(turned(folder), tmp_path / "page.html")
    browser.look(dark=dark)
    browser.open(page)
    assert (browser.requests, browser.complaints, network.asked) == ([page.as_uri()], [], [])
    curves, picture = browser.value(CURVES), browser.picture()
    # Losses and accuracies of two arms; gaps, norms, rates.
    assert len(curves) == 2 * (2 + 2 + 1 + 1 + 1)
    assert browser.value("document.querySelectorAll('[clip-path] .best').length") == 0  # also the last epoch's is whole
    palette = [numbers(colour) for colour in (ON_DARK if dark else COLOURS)[:2]]
    assert {numbers(curve["colour"]) for curve in curves} == set(palette)
    background = picture[2, 2].astype(int)
    assert background.mean() < 60 if dark else background.mean() > 200
    for curve in curves:
        assert curve["length"] > 0.7 * curve["frame"] > 300
        # A dashed line has gaps, and another arm's curve may lie over it.
        assert np.mean([shows(picture, x, y, numbers(curve["colour"])) for x, y in curve["points"]]) > 0.2


def shows(picture: NDArray[np.uint8], x: float, y: float, colour: tuple[int, ...]) -> bool:
    """Whether there is something of that colour about that place."""
    near = picture[int(y) - 1 : int(y) + 2, int(x) - 1 : int(x) + 2].astype(int)
    return bool(np.abs(near - np.array(colour)).max(axis=2).min() < 60)


@pytest.mark.parametrize("width", [360, 700, 2000])
def test_nothing_stands_out_of_a_window_however_wide(browser, folder, tmp_path, width):
    long = "a-name-that-goes-on-" * 6
    preset = experiment({"training.epochs": 30}, {long: {}, "plain": {}}, lesson="word " * 100 + long)
    browser.look(width)
    browser.open(exported(recorded(folder, preset, name=long), tmp_path / "page.html"))
    assert browser.value("document.documentElement.scrollWidth") <= width
    places = "Array.from(document.querySelectorAll('text, path.best'), part => part.getBoundingClientRect())"
    assert browser.value(f"{places}.filter(place => place.left < 0 || place.right > {width}).length") == 0


def test_columns_of_a_lesson_stand_below_one_another(browser, folder, tmp_path):
    preset = experiment({"training.epochs": 3}, lesson="Before.\n\n        val   test\nplain   0.1   87\n\nBehind.")
    browser.open(exported(recorded(folder, preset), tmp_path / "page.html"))
    assert browser.value("document.querySelector('.lesson pre').textContent") == "        val   test\nplain   0.1   87"
    assert browser.value("Array.from(document.querySelectorAll('.lesson p'), p => p.textContent)") == [
        "Before.", "Behind."
    ]  # fmt: skip


def test_whatever_slips_into_the_page_the_browser_asks_nobody(browsed, folder, tmp_path):
    browser, network = browsed
    evil = (
        '<img src="http://evil.test/a.png"><script src="http://evil.test/b.js"></script>'
        '<script>fetch("http://evil.test/c")</script><link rel="stylesheet" href="http://evil.test/d.css">'
        '<iframe src="http://evil.test/e"></iframe><style>body { background: url(http://evil.test/f) }</style>'
    )
    page = exported(recorded(folder), tmp_path / "page.html")
    page.write_text(page.read_text().replace("</body>", f"{evil}</body>"))
    browser.open(page)
    assert len(browser.complaints) >= 6  # each was kept from it
    assert network.asked == []
    assert browser.value("document.querySelectorAll('path.curve').length") > 0


def test_the_browser_would_have_told(browsed, tmp_path):
    """What the tests above hear nothing of is heard where it is."""
    browser, network = browsed
    page = tmp_path / "page.html"
    page.write_text('<img src="http://evil.test/a.png"><script>console.error("oh")</script>')
    browser.open(page)
    assert browser.requests == [page.as_uri(), "http://evil.test/a.png"]
    assert any("oh" in complaint for complaint in browser.complaints)
    assert network.asked == ["GET http://evil.test/a.png HTTP/1.1"]
    network.asked.clear()
