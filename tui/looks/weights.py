"""Each layer's weights: norm, the last step's change against it, and the share of weights near zero."""

from __future__ import annotations

import math

from rich.text import Text

from engine.numbers import number, significant
from tui.looks.registry import LookOfEach, Moment, register
from tui.widgets.blocks import headed

# Only a step that is watched is measured, and a look that is opened while a run rests watches none.
_UNKNOWN = ", known after the next step"


@register
class Weights(LookOfEach):
    name, key, shown, place = "weights", "u", "weights", 1
    help = "each layer: norm, size of update, share near zero"
    title = "weights"
    needs = ("weights",)
    least_width = 54

    def least_height(self, moment: Moment, arm: str) -> int:
        return 1 + len(moment.seen("weights", arm) or ())

    def subtitle(self, moment: Moment) -> str:
        layers = moment.seen("weights", moment.arm) or ()
        unknown = bool(layers) and all(math.isnan(layer.update_ratio) for layer in layers)
        return f"update: last step's change / norm{_UNKNOWN if unknown else ''}"

    def draw_one(self, moment: Moment, arm: str, width: int, height: int, name: Text | None) -> list[Text]:
        """One layer a line."""
        layers = moment.seen("weights", arm)
        if not layers:
            return moment.instead(arm, "weights")
        names = min(16, max(*(len(layer.layer) for layer in layers), name.cell_len if name else 0))
        lines = [headed(f"{'':{names}} {'norm':>9} {'update':>9}  below 0.001", name, names + 1)]
        room = max(4, width - names - 30)
        for layer in layers:
            line = Text(no_wrap=True)
            line.append(f"{layer.layer[:names]:{names}} ", style="bold")
            line.append(f"{number(layer.norm):>9} {significant(layer.update_ratio):>9}  {layer.near_zero:>4.0%} ")
            full = min(room, max(round(layer.near_zero * room), int(layer.near_zero > 0)))
            line.append(("#" if moment.ascii_only else "━") * full, style="cyan")
            line.append(("." if moment.ascii_only else "─") * (room - full), style="dim")
            line.truncate(width)
            lines.append(line)
        return lines
