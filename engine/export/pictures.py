"""The curves as a picture, drawn by matplotlib, which is imported where it is used: it need not be there."""

from __future__ import annotations

from typing import IO, Any

from engine.export.curves import Drawing, colour, drawings
from engine.preset import title_of
from engine.runs.errors import RunError
from engine.runs.reader import RunReader
from engine.text import printable


def write_svg(reader: RunReader, file: IO[bytes]) -> None:
    """Write the charts as SVG. Raises RunError where the run has none yet, or is damaged."""
    _write(reader, file, "svg")


def write_png(reader: RunReader, file: IO[bytes]) -> None:
    """Write the charts as PNG. Raises RunError where the run has none yet, or is damaged."""
    _write(reader, file, "png")


def _write(reader: RunReader, file: IO[bytes], kind: str) -> None:
    """The charts below one another."""
    from matplotlib.figure import Figure

    charts = drawings(reader)
    if not charts:
        raise RunError(f"{reader.path}: there is nothing to draw yet: no epoch is recorded")
    figure = Figure(figsize=(9, 3.1 * len(charts) + 0.6), layout="constrained")
    # Names are texts of others: no mathematics is to be read in them.
    figure.suptitle(_text(title_of(reader.preset)), fontweight="bold", parse_math=False)
    for axes, chart in zip(figure.subplots(len(charts), squeeze=False).flat, charts, strict=True):
        _draw(axes, chart)
    figure.savefig(file, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else None)


def _draw(axes: Any, chart: Drawing) -> None:
    for curve in chart.curves:
        shade = colour(curve.place)
        axes.plot(curve.epochs, curve.mean, color=shade, linestyle="--" if curve.dashed else "-", linewidth=1.3)
        axes.fill_between(curve.blocks, curve.least, curve.greatest, color=shade, alpha=0.15, linewidth=0)
    for turned in chart.turned:
        axes.axvline(max(1, turned), color="#888888", linewidth=0.6)
    for place, epoch, value in chart.best:
        axes.plot(epoch, value, marker="D", color=colour(place), markersize=5)
    labelled = {curve.place: curve.label for curve in chart.curves}
    for place, label in labelled.items():
        # A label that begins with an underscore would be left out of the legend.
        axes.plot([], [], color=colour(place), label=f"\N{ZERO WIDTH NON-JOINER}{_text(label)}")
    legend = axes.legend(loc="best", fontsize="small")
    for text in legend.get_texts():
        text.set_parse_math(False)
    dashed = any(curve.dashed for curve in chart.curves)
    axes.set_title(f"{chart.title}{' (solid: train, dashed: validation)' if dashed else ''}", fontsize="medium")
    axes.set_xlabel("epoch")
    axes.grid(alpha=0.25)
    if chart.limits is not None:
        axes.set_ylim(*chart.limits)


def _text(words: str) -> str:
    return printable(words)
