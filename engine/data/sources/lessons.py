"""Small sets that each teach one thing, generated: truth tables, a noisy curve, exam scores, a thumbtack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.preset.sources import source

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.data.pool import Pool
    from engine.events import Loading
    from engine.preset.data import Data


@source("and", "or", "xor4", family="truth_table", place=20)
def truth_table(data: Data, report: Callable[[Loading], None]) -> Pool:
    """The four rows of a logical function."""
    from engine.data.lessons import load_truth_table

    return load_truth_table(data.source)


@source("curve", family="measured", place=30)
def curve(data: Data, report: Callable[[Loading], None]) -> Pool:
    """Points of a sine, moved by `data.noise`."""
    from engine.data.lessons import load_curve

    return load_curve(data.samples, data.noise)


@source("exam", family="measured", place=31)
def exam(data: Data, report: Callable[[Loading], None]) -> Pool:
    """Exam scores on unlike scales, and the final mark."""
    from engine.data.lessons import load_exam

    return load_exam(data.samples, data.noise)


@source("thumbtack", family="tossed", place=32)
def thumbtack(data: Data, report: Callable[[Loading], None]) -> Pool:
    """Tosses, up with probability `data.p_up`."""
    from engine.data.lessons import load_thumbtack

    return load_thumbtack(data.samples, data.p_up)
