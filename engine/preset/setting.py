"""How a setting is declared: default, bounds, unit, step, help, and whether it can be turned while training.

Everything that speaks of a setting (TOML reader, `--set`, knob panel, help screen, docs) reads the declaration.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from engine.preset.errors import PresetError
from engine.preset.grid import decay_step, linear_step, log_step, position

Scale = Literal["linear", "log", "decay", "choice"]
# In float32, which lanes are trained in, this and what lies between it and 1 is 1, and 1 / (1 - p) is no number.
ONE = 1 - 2**-25
LARGEST_WHOLE = 2**63 - 1


class Section(BaseModel):
    """Settings that belong together: nothing else, nothing infinite, and what is read is never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared of a setting beyond its type and bounds; kept in the pydantic field's metadata."""

    help: str
    unit: str
    step: float
    scale: Scale
    live: bool
    only_with: tuple[str, tuple[str, ...]] | None = None
    judges: bool = False
    needs_images: bool = False
    needs_hidden: bool = False
    needs_classes: bool = False
    choices: Collection[str] | None = None
    typical: tuple[float, float] | None = None


def setting(
    default: Any,
    help: str,
    *,
    unit: str = "",
    step: float = 1.0,
    scale: Scale = "linear",
    live: bool = False,
    only_with: tuple[str, tuple[str, ...]] | None = None,
    judges: bool = False,
    needs_images: bool = False,
    needs_hidden: bool = False,
    needs_classes: bool = False,
    choices: Collection[str] | None = None,
    typical: tuple[float, float] | None = None,
    **bounds: Any,
) -> Any:
    """Declare one setting.

    Parameters
    ----------
    default : the value when a preset is silent.
    help : one line, shown in the knob panel and the help screen.
    unit : what a number counts, e.g. "epochs".
    step : linear: a turn goes to the next multiple of it. log, decay: the first value above zero that a turn reaches.
    scale : "log" turns in the series 1, 2, 5, 10; "linear" by `step`; "decay" in the series 0.9, 0.95, 0.98, 0.99;
        "choice" goes round the allowed words.
    live : it can be turned while training. Otherwise it is structural.
    only_with : the key of another setting, and its values with which this one has an effect.
    judges : it decides on which examples an arm is measured, or by which loss: arms in which it differs have no best.
    needs_images, needs_hidden, needs_classes : it has an effect on images alone, on hidden layers, on classes.
    choices : the allowed words, where they are not in the annotation: more may be added to them later.
    typical : the range that a knob is usually turned within, ends that a turn can reach; the bounds may be far wider.
    **bounds : pydantic's `ge`, `gt`, `le`, `lt`, and its other field options.
    """
    declaration = Declared(
        help, unit, step, scale, live, only_with, judges, needs_images, needs_hidden, needs_classes, choices, typical
    )
    extra: Any = {"declared": declaration}
    if isinstance(default, list):
        return Field(default_factory=default.copy, json_schema_extra=extra, **bounds)
    return Field(default, json_schema_extra=extra, **bounds)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: its dotted key, bounds, step and unit, all read from the declaration. A live one is a knob."""

    key: str
    help: str
    unit: str
    step: float
    scale: Scale
    live: bool
    whole: bool
    default: Any
    choices: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    open_minimum: bool = False
    open_maximum: bool = False
    only_with: tuple[str, tuple[str, ...]] | None = None
    judges: bool = False
    needs_images: bool = False
    needs_hidden: bool = False
    needs_classes: bool = False
    typical: tuple[float, float] | None = None

    @property
    def section(self) -> str:
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        return self.key.partition(".")[2]

    @property
    def bounds(self) -> str:
        """The allowed values in words: `[0, 1)`, `> 0`, or the list of choices."""
        if self.choices:
            return " | ".join(str(choice) for choice in self.choices)
        low, high = self.minimum, self.maximum
        if low is None and high is None:
            return "any"
        if high is None:
            return f"{'>' if self.open_minimum else '>='} {low:g}"
        if low is None:
            return f"{'<' if self.open_maximum else '<='} {high:g}"
        return f"{'(' if self.open_minimum else '['}{low:g}, {high:g}{')' if self.open_maximum else ']'}"

    def refuse(self, value: Any) -> str | None:
        """Why `value` cannot be set, in words, or None when it can."""
        if self.choices:
            return None if value in self.choices else f"must be one of {self.bounds}"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "must be a number"
        if isinstance(value, float) and not math.isfinite(value):
            return "must be a finite number"
        if self.whole and value != int(value):
            return "must be a whole number"
        if self.whole and abs(value) > LARGEST_WHOLE:
            return f"must be at most {LARGEST_WHOLE:,}"
        low, high = self.minimum, self.maximum
        if low is not None and (value < low or (self.open_minimum and value == low)):
            return f"must be {'above' if self.open_minimum else 'at least'} {low:g}"
        if high is not None and (value > high or (self.open_maximum and value == high)):
            # A bound a little below 1 is written as 1, unless the value lies between the two.
            bound = f"{high:g}" if value >= float(f"{high:g}") else f"{high:.8g}"
            return f"must be {'below' if self.open_maximum else 'at most'} {bound}"
        return None

    def parse(self, text: str) -> Any:
        """The value of a text that was typed. Raises PresetError with the reason where it is refused."""
        text = text.strip()
        value: Any
        if self.choices:
            value = {"true": True, "false": False}.get(text.lower(), text) if bool in map(type, self.choices) else text
        else:
            try:
                value = float(text)
            except ValueError:
                raise PresetError(f"{self.key} = {text!r}: must be a number, {self.bounds}") from None
            if self.whole and value == value and abs(value) != math.inf and value == int(value):
                value = int(value)
        reason = self.refuse(value)
        if reason:
            raise PresetError(f"{self.key} = {text}: {reason}")
        return value

    def turn(self, value: Any, direction: int) -> Any:
        """The value one step up (`direction` 1) or down (-1), held within the bounds."""
        if self.choices:
            place = self.choices.index(value) if value in self.choices else 0
            return self.choices[(place + direction) % len(self.choices)]
        turned = _STEPS[self.scale](float(value), direction, self.step)
        for reached in (turned, self.minimum if direction < 0 else self.maximum):  # no further than to the bound
            if reached is not None and (reached - value) * direction > 0 and self.refuse(self._own(reached)) is None:
                return self._own(reached)
        return value

    def _own(self, number: float) -> float:
        """A number as the setting's own type."""
        return round(number) if self.whole else float(number)

    @property
    def stops(self) -> tuple[float, ...]:
        """The values that a turn goes through from one end of the typical range to the other."""
        return _stops(self)

    def position(self, value: float) -> float:
        """Where a value stands in the typical range, on the knob's own scale: 0 to 1, held at its ends."""
        return position(value, self.stops)

    def value_at(self, place: float) -> float:
        """The stop that is nearest to a place in the typical range, 0 to 1."""
        return self.stops[round(min(1.0, max(0.0, place)) * (len(self.stops) - 1))]


_STEPS = {"linear": linear_step, "log": log_step, "decay": decay_step}


@functools.cache
def _stops(knob: Setting) -> tuple[float, ...]:
    low, high = knob.typical or (knob.default, knob.default)
    stops = [knob._own(low)]
    while stops[-1] < high and (above := knob.turn(stops[-1], 1)) > stops[-1]:
        stops.append(above)
    return tuple(stops)


def declared(field: FieldInfo) -> Declared | None:
    """The declaration behind a pydantic field, or None for a field that is no setting."""
    extra = field.json_schema_extra
    found = extra.get("declared") if isinstance(extra, dict) else None
    return found if isinstance(found, Declared) else None


def settings_of(section: str, model: type[BaseModel]) -> list[Setting]:
    """Every setting of one section, in the order of declaration."""
    found = []
    for name, field in model.model_fields.items():
        declaration = declared(field)
        if declaration is None:
            continue
        limits = {
            kind: getattr(m, kind) for m in field.metadata for kind in ("ge", "gt", "le", "lt") if hasattr(m, kind)
        }
        choices: tuple[Any, ...] = ()
        if declaration.choices is not None:
            choices = tuple(declaration.choices)
        elif get_origin(field.annotation) is Literal:
            choices = get_args(field.annotation)
        elif field.annotation is bool:
            choices = (False, True)
        found.append(
            Setting(
                key=f"{section}.{name}",
                help=declaration.help,
                unit=declaration.unit,
                step=declaration.step,
                scale="choice" if choices else declaration.scale,
                live=declaration.live,
                whole=field.annotation is int,
                default=field.get_default(call_default_factory=True),
                choices=choices,
                minimum=limits.get("ge", limits.get("gt")),
                maximum=limits.get("le", limits.get("lt")),
                open_minimum="gt" in limits,
                open_maximum="lt" in limits,
                only_with=declaration.only_with,
                judges=declaration.judges,
                needs_images=declaration.needs_images,
                needs_hidden=declaration.needs_hidden,
                needs_classes=declaration.needs_classes,
                typical=declaration.typical,
            )
        )
    return found
