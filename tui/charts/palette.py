"""The colours of the arms: Okabe and Ito's palette, shifted until each is legible on the background at hand.

Source: M. Okabe, K. Ito, "Color Universal Design" (2008). Its yellow, sky blue and orange drown on a light
background, its black and blue on a dark one, so each hue has a light and a dark twin.
"""

from __future__ import annotations

Rgb = tuple[int, int, int]

# One row an arm: (on a dark background, on a light background). The first two differ most: most presets have two arms.
_ARMS: tuple[tuple[Rgb, Rgb], ...] = (
    ((230, 159, 0), (158, 84, 0)),  # orange
    ((86, 180, 233), (0, 108, 170)),  # sky blue
    ((0, 178, 130), (0, 116, 78)),  # bluish green
    ((219, 138, 184), (160, 62, 116)),  # reddish purple
    ((240, 228, 66), (108, 100, 0)),  # yellow
    ((245, 118, 60), (186, 44, 0)),  # vermillion
    ((104, 142, 255), (34, 52, 160)),  # blue
    ((208, 208, 208), (44, 44, 44)),  # white, black
)


def colour(index: int, dark: bool) -> Rgb:
    """Return the colour of the arm `index` (any integer, cycling) on a dark or light background."""
    on_dark, on_light = _ARMS[index % len(_ARMS)]
    return on_dark if dark else on_light


def blend(top: Rgb, ground: Rgb, share: float) -> Rgb:
    """Return `top` painted over `ground` with opacity `share` (0 to 1)."""
    r, g, b = (round(t * share + u * (1.0 - share)) for t, u in zip(top, ground, strict=True))
    return (r, g, b)
