"""What a timeline waits for (`when`): a small closed grammar, read here and never evaluated as code.

    METRIC < NUMBER     also <=, > and >=
    METRIC rises N      for N epochs in a row it has been above its lowest value so far
    METRIC falls N      for N epochs in a row it has been below its highest value so far
    stopped             every seed has stopped training, whatever the reason

METRIC is a number that every lane has after every epoch. It is the mean over an arm's seeds, those that have stopped
with their last value; one that is not finite fulfils nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from engine.metrics import METRICS, average_of
from engine.preset.errors import did_you_mean
from engine.text import quoted

Relation = Literal["<", "<=", ">", ">=", "rises", "falls", "stopped"]
STOPPED = "stopped"
LARGEST, MOST_EPOCHS = 1e9, 1_000_000
_LONGEST = 80  # characters
_EXPECTED = "expected METRIC > NUMBER (or <, <=, >=), METRIC rises EPOCHS, METRIC falls EPOCHS, or stopped"
# Of families and averages a lane has a number only while they are on.
WATCHED: tuple[str, ...] = tuple(name for name in METRICS if not name.endswith(".") and average_of(name) is None)
_FORM = re.compile(r" *([A-Za-z_]\w{0,39}) *(?:(<=|>=|<|>) *| (rises|falls) +)([^ ]{1,40}) *", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d{1,12}(?:\.\d{0,12})?|\.\d{1,12})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: `metric` is empty for `stopped`; `value` is the number, or the epochs of a rise or a fall."""

    relation: Relation
    metric: str = ""
    value: float = 0.0

    @property
    def is_trend(self) -> bool:
        """Whether it is about the epochs in a row, and not about one of them."""
        return self.relation in ("rises", "falls")

    def holds_for(self, number: float) -> bool:
        """Whether a number lies on the asked side of the value; for comparisons only."""
        if not math.isfinite(number):
            return False
        match self.relation:
            case "<":
                return number < self.value
            case "<=":
                return number <= self.value
            case ">":
                return number > self.value
            case _:
                return number >= self.value


@dataclass(slots=True)
class Trend:
    """How a metric has moved: the furthest value so far, and for how many epochs in a row it has been away from it."""

    furthest: float = math.nan
    epochs: int = 0

    def take(self, relation: Relation, number: float) -> None:
        """Take in the next epoch's number."""
        if not math.isfinite(number):
            self.epochs = 0
            return
        away = number - self.furthest if relation == "rises" else self.furthest - number
        if away > 0:
            self.epochs += 1
        else:  # a new extreme, the same again, or the first number (`away` is then NaN)
            self.furthest, self.epochs = number, 0


def read_condition(text: str) -> Condition:
    """The condition of a text. Raises ValueError with the reason, in words, where it is none."""
    if not text.strip():
        raise ValueError(f"is empty: {_EXPECTED}")
    if len(text) > _LONGEST:
        raise ValueError(f"has {len(text):,} characters, more than {_LONGEST}: {_EXPECTED}")
    if text.strip(" ") == STOPPED:
        return Condition("stopped")
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"is no condition: {_EXPECTED}")
    metric, sign, trend, number = form.groups()
    if metric not in WATCHED:
        raise ValueError(f"no metric {quoted(metric, 40)}{did_you_mean(metric, WATCHED)}")
    relation: Relation = next(word for word in get_args(Relation) if word in (sign, trend))
    if trend:
        if not _COUNT.fullmatch(number) or not 1 <= int(number) <= MOST_EPOCHS:
            raise ValueError(f"{trend} {quoted(number, 40)}: expected a count of epochs, 1 to {MOST_EPOCHS:,}")
        return Condition(relation, metric, float(int(number)))
    if not _NUMBER.fullmatch(number) or abs(float(number)) > LARGEST:
        raise ValueError(f"{sign} {quoted(number, 40)}: expected a number from -{LARGEST:g} to {LARGEST:g}")
    return Condition(relation, metric, float(number))
