"""How the main screen fits the terminal: large, small with pages, or too small."""

from __future__ import annotations

from textual.screen import Screen
from textual.widgets import Static

from tui.panes.losses import PANE_WIDTH
from tui.widgets.key_line import KeyLine
from tui.widgets.run_plots import MANY

SMALLEST = (60, 18)
COMPACT = (110, 34)
SIDE = 46
WIDE = 120  # columns from which on there are curves beside a ranking
PAGES = 3

# The style of the main screen.
LAYOUT = """
MainScreen { layout: vertical; }
MainScreen #body { height: 1fr; }
MainScreen #curves { width: 1fr; }
MainScreen #charts { height: 1fr; }
MainScreen #trends { height: 2fr; }
MainScreen #side { width: 46; }
MainScreen #tiny { display: none; width: 100%; height: 1fr; content-align: center middle; text-align: center; }
MainScreen.-tiny #tiny { display: block; }
MainScreen.-tiny #header, MainScreen.-tiny #guide, MainScreen.-tiny #body, MainScreen.-tiny #keys { display: none; }

/* Small screens: the curves on top, one page of the other panes below. */
MainScreen.-compact #body { layout: vertical; }
MainScreen.-compact #trends, MainScreen.-compact #below { height: 1fr; display: none; }
MainScreen.-compact #side { width: 100%; height: 9fr; layout: horizontal; }
MainScreen.-compact #curves { height: 11fr; }
MainScreen.-compact.-page-1 #side, MainScreen.-compact.-page-2 #side { display: none; }
MainScreen.-compact.-page-1 #trends, MainScreen.-compact.-page-2 #below { display: block; }
MainScreen #below { height: auto; }
"""


def arrange(screen: Screen[None], arms: int, overlay: bool | None, ranking: bool = True) -> None:
    """Set the screen's classes for its size, and for so many arms; `overlay` is what the user has chosen, or None.

    With `ranking` the overlay of many arms is their ranking.
    """
    width, height = screen.size
    tiny = width < SMALLEST[0] or height < SMALLEST[1]
    compact = width < COMPACT[0] or height < COMPACT[1]
    screen.set_class(tiny, "-tiny")
    screen.set_class(compact, "-compact")
    if tiny:
        screen.query_one("#tiny", Static).update(
            f"regtui needs a terminal of {SMALLEST[0]}x{SMALLEST[1]}.\n"
            f"This one is {width}x{height}: please enlarge it.\n"
            "Training goes on; q quits."
        )
    screen.query_one(KeyLine).show(compact)
    fits = arms * PANE_WIDTH <= (width if compact else width - SIDE)
    screen.set_class(not fits, "-many")
    many = arms > MANY
    overlaid = many or not fits if overlay is None else overlay
    screen.set_class(overlaid, "-overlay")
    screen.set_class(overlaid and ranking and many, "-ranking")
    screen.set_class(width >= WIDE, "-wide")


def show_page(screen: Screen[None], page: int) -> None:
    """On a small screen: 0 what stands at the side, 1 the trends, 2 what stands below."""
    for number in range(PAGES):
        screen.set_class(number == page, f"-page-{number}")
