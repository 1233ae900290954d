"""The light and the dark theme: Textual's own, but for colours in which words cannot be read on their background.

Textual takes the named colours of Rich (`green`, `red`) from a palette of its own for each theme; so they are here too.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from rich.terminal_theme import TerminalTheme
from textual.app import App
from textual.theme import BUILTIN_THEMES

# The chosen line of a list, on which dim words must be legible as well; and what cannot be chosen is still read.
_LISTS = {"block-cursor-background": "#00375F", "text-disabled": "auto 72%"}
DARK = dataclasses.replace(BUILTIN_THEMES["textual-dark"], variables=_LISTS)
LIGHT = dataclasses.replace(
    BUILTIN_THEMES["textual-light"],
    accent="#8A4700",
    variables={
        **_LISTS,
        "footer-key-foreground": "#004F8C",
        "block-cursor-blurred-background": "#FFFFFF90",
    },
)
# Lists in focus keep the background on which the arms' colours are legible.
STYLE = """
ToastRack { align-horizontal: right; }
* { scrollbar-size-vertical: 1; }
OptionList:focus { background-tint: $foreground 0%; }
"""
_BLACK, _WHITE = (26, 26, 26), (217, 217, 217)
# Black, red, green, yellow, blue, magenta, cyan, white.
ON_DARK = TerminalTheme(
    (12, 12, 12),
    _WHITE,
    [_BLACK, (255, 92, 122), (152, 224, 36), (253, 151, 31), (128, 160, 255), (255, 120, 200), (88, 209, 235), _WHITE],
)
ON_LIGHT = TerminalTheme(
    (247, 247, 247),
    (0, 0, 0),
    [(0, 0, 0), (160, 0, 24), (26, 92, 0), (118, 72, 0), (0, 70, 150), (122, 0, 110), (0, 84, 104), (66, 66, 66)],
)


def use_themes(app: App[Any]) -> None:
    """Let an app draw in these colours."""
    app.register_theme(DARK)
    app.register_theme(LIGHT)
    app.ansi_theme_dark, app.ansi_theme_light = ON_DARK, ON_LIGHT
