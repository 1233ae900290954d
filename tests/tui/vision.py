"""How colours are seen: their contrast, and what three kinds of colour blindness leave of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rgb = Sequence[int]
Array = NDArray[np.float64]

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision
# Deficiency" (2009), at full severity, on linear RGB.
VISION: dict[str, Array] = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# From linear sRGB to CIE XYZ, and the white of D65.
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(rgb: Rgb) -> Array:
    """Linear RGB, 0 to 1."""
    c = np.asarray(rgb) / 255
    values: Array = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return values


def lab(rgb: Rgb, vision: str) -> Array:
    """CIE 1976 L*a*b* as it is seen."""
    seen = np.clip(VISION[vision] @ linear(rgb), 0, 1)
    t = XYZ @ seen / WHITE
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one: Rgb, other: Rgb) -> float:
    """Of WCAG 2: 4.5 for text and 3 for lines are AA."""
    dark, light = sorted(float(XYZ[1] @ linear(rgb)) for rgb in (one, other))
    return (light + 0.05) / (dark + 0.05)
