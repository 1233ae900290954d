"""The colours of arms and of classes, each with a twin for a dark and for a light background.

The arms have Okabe and Ito's palette, shifted until each is legible on the background at hand.

Source: M. Okabe, K. Ito, "Color Universal Design" (2008). Its yellow, sky blue and orange drown on a light
background, its black and blue on a dark one, so each hue has a light and a dark twin.
"""

from __future__ import annotations

Rgb = tuple[int, int, int]

# One row an arm: (on a dark background, on a light background). The first two differ most: most presets have two arms.
# Any two differ visibly under every kind of colour blindness (tests/tui/charts/test_palette.py simulates three): those
# of like hue differ in lightness.
_ARMS: tuple[tuple[Rgb, Rgb], ...] = (
    ((230, 159, 0), (140, 78, 0)),  # orange
    ((86, 180, 233), (0, 92, 160)),  # sky blue
    ((0, 168, 110), (0, 84, 60)),  # bluish green
    ((219, 138, 184), (136, 20, 110)),  # reddish purple
    ((240, 228, 66), (58, 60, 0)),  # yellow
    ((245, 118, 60), (180, 0, 72)),  # vermillion
    ((112, 128, 255), (40, 10, 150)),  # blue
    ((208, 208, 208), (10, 10, 10)),  # white, black
)
COLOURS = len(_ARMS)

# The classes of a decision boundary, which stands among the arms' curves: a class in the colour of an arm would look as
# if it belonged to it. The first two, and their tints, are apart under every kind of colour blindness as well.
_CLASSES: tuple[tuple[Rgb, Rgb], ...] = (
    ((200, 232, 90), (88, 112, 0)),  # lime
    ((224, 80, 180), (160, 0, 140)),  # magenta
    ((153, 102, 255), (0, 0, 13)),  # violet, black
    ((0, 255, 170), (96, 0, 191)),  # mint, violet
    ((140, 140, 56), (76, 13, 0)),  # olive, brown
    ((166, 240, 255), (66, 11, 76)),  # ice, plum
    ((178, 178, 178), (0, 0, 115)),  # grey, navy
    ((91, 140, 132), (191, 0, 96)),  # sage, crimson
)


def colour(index: int, dark: bool) -> Rgb:
    """Return the colour of the arm `index` (any integer, cycling) on a dark or light background."""
    on_dark, on_light = _ARMS[index % len(_ARMS)]
    return on_dark if dark else on_light


def class_colour(label: int, dark: bool) -> Rgb:
    """Return the colour of the class `label` (from 0, cycling) on a dark or light background."""
    on_dark, on_light = _CLASSES[label % len(_CLASSES)]
    return on_dark if dark else on_light


def blend(top: Rgb, ground: Rgb, share: float) -> Rgb:
    """Return `top` painted over `ground` with opacity `share` (0 to 1)."""
    r, g, b = (round(t * share + u * (1.0 - share)) for t, u in zip(top, ground, strict=True))
    return (r, g, b)


def legible_on(ground: Rgb) -> Rgb:
    """Black or white, whichever of them stands out more from a background."""
    r, g, b = ground
    # The relative luminance of WCAG 2, whose contrast with both is equal at 0.18, by its square: within a shade of it.
    return (0, 0, 0) if 0.2126 * r**2 + 0.7152 * g**2 + 0.0722 * b**2 > 0.18 * 255**2 else (255, 255, 255)
