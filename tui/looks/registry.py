"""What a closer look declares, and what it is drawn from."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from engine import looks
from engine.commands import Command
from engine.view import View
from tui.charts.palette import colour
from tui.charts.plot import Plot
from tui.widgets.pane import Words

# Each arm that is looked at costs the training a moment.
MOST_ARMS = 8
NOT_IN_FILE = "A closer look needs the run in training: the file of a run holds its numbers."
Request = tuple[str, str, int]  # look of the engine, arm, seed


@dataclass(frozen=True, slots=True)
class Moment:
    """A run to be looked at, and the room there is for it.

    Attributes
    ----------
    selected : the selected arm, None for all of them.
    width, height : in cells.
    best : at each lane's best weights, not its present ones.
    colourless : the terminal is to show no colours (NO_COLOR).
    reference : the arm that others are compared with, None for the first.
    metric : of which differences are shown.
    """

    view: View
    selected: str | None
    width: int
    height: int
    dark: bool = True
    ascii_only: bool = False
    best: bool = False
    colourless: bool = False
    reference: str | None = None
    metric: str = "val_loss"

    @property
    def arms(self) -> tuple[str, ...]:
        return self.view.preset.arm_names

    @property
    def places(self) -> dict[str, int]:
        """Of the arms in the whole preset: their colours and their numbers."""
        return self.view.places

    @property
    def arm(self) -> str:
        """The selected arm, or the last one."""
        return self.selected or self.arms[-1]

    @property
    def reference_arm(self) -> str:
        """The arm that others are compared with; the first one where the chosen one is not in sight."""
        return self.reference if self.reference in self.arms else self.arms[0]

    @property
    def seed(self) -> int:
        """Looks are taken of the first seed."""
        return self.view.preset.seeds[0]

    def has_seen(self, look: str, arm: str) -> bool:
        """Whether that look has been taken, with something to show or without."""
        return (self._asked(look), arm, self.seed) in self.view.whole.record.seen

    def _asked(self, look: str) -> str:
        return looks.at_best(look) if self.best else look

    def seen(self, look: str, arm: str) -> Any:
        """The latest result for an arm; None where there is none yet, or nothing to see. It is of now, whatever epoch
        is shown."""
        seen = self.view.whole.record.seen.get((self._asked(look), arm, self.seed))
        return None if seen is None else looks.revived(seen)

    def why_not(self, arm: str, *needs: str) -> str:
        """Why none of these looks of the engine can be taken of an arm; empty where one of them can."""
        started = self.view.record.started
        inputs = started.inputs_by_arm.get(arm) if started else None
        if started and inputs and needs:
            lacking = [looks.lacking(need, inputs, started.layers_by_arm.get(arm, ())) for need in needs]
            if all(lacking):
                return f"Needs {', or '.join(dict.fromkeys(lacking))}."
        return NOT_IN_FILE if self.view.opened else ""

    def instead(self, arm: str, *needs: str) -> list[Text]:
        """The text where there is nothing to see: why these looks cannot be taken, or that they are being taken."""
        record = self.view.record
        waiting = f"{record.loading} ..." if self.view.state == "loading" else "computing ..."
        return [Text(self.why_not(arm, *needs) or waiting, style="dim")]

    def best_epoch(self, arm: str) -> int:
        """The epoch of a lane's best weights; 0 before there is one."""
        last = self.view.record.last.get((arm, self.seed))
        return 0 if last is None else int(last.best_epoch)

    def weights(self, arms: Sequence[str]) -> str:
        """Which weights of these arms are looked at."""
        if not self.best:
            lanes = [(arm, self.seed) for arm in arms]
            last, stopped = self.view.record.last, self.view.record.stopped
            kept = {lane in stopped and lane in last and stopped[lane].kept_epoch != last[lane].epoch for lane in lanes}
            return "kept weights" if len(kept) > 1 else "best weights" if True in kept else "last weights"
        if len(arms) > 1:
            return "best weights"
        epoch = self.best_epoch(arms[0])
        return f"best weights (epoch {epoch})" if epoch else "first weights: none is the best yet"

    def why_no_best(self) -> str:
        """Why the arm has no best weights to be looked at, in words; empty where it has."""
        if self.view.opened:
            return NOT_IN_FILE
        return "" if self.best_epoch(self.arm) else "Needs an epoch that counts as the best so far."

    def name(self, arm: str) -> Text:
        """An arm's name in its colour."""
        return Text(arm, style="bold rgb({},{},{})".format(*colour(self.places[arm], self.dark)))


class Look:
    """One closer look. A subclass declares the attributes and draws; the rest has usual answers.

    Attributes
    ----------
    name : its word in commands and classes.
    key, shown, help : its key, what the palette calls it, and its line in the help screen.
    place : of it among the others, in the menu of looks and the help screen.
    title : of its pane.
    needs : the engine's looks that it is drawn from.
    of_all_arms : whether it is of several arms, whichever is selected.
    of_any_epoch : whether it can be shown as of an earlier epoch: not where it is computed from the present weights.
    """

    name = ""
    key = ""
    shown = ""
    help = ""
    place = 100
    title = ""
    needs: tuple[str, ...] = ()
    of_all_arms = False
    of_any_epoch = False

    def requests(self, arms: Sequence[str], selected: str | None, seed: int) -> list[Request]:
        """What it asks of the engine."""
        return [(need, selected or arms[-1], seed) for need in self.needs]

    def on_open(self) -> Sequence[Command]:
        """What else is asked of the engine when the look is opened, or the run restarted while it is open."""
        return ()

    def why_not(self, moment: Moment) -> str:
        """Why there is nothing to see of this run, in words; empty where there is or may be something."""
        if self.needs and (why := moment.why_not(moment.arm, *self.needs)):
            return why
        return NOT_IN_FILE if self.on_open() and moment.view.opened else ""

    def whose_weights(self, moment: Moment) -> list[str]:
        """The arms at whose weights it looks; none where it does not depend on them."""
        requests = self.requests(moment.arms, moment.selected, moment.seed)
        return list(dict.fromkeys(arm for need, arm, _ in requests if looks.at_best(need) != need))

    def heading(self, moment: Moment) -> str:
        """The pane's title: with the arm it is of, and the seed where the rest of the screen shows means over seeds."""
        arm = "" if self.of_all_arms else f": {moment.arm}"
        seed = f", seed {moment.seed}" if self.needs and len(moment.view.preset.seeds) > 1 else ""
        return f"{self.title}{arm}{seed}"

    def subtitle(self, moment: Moment) -> Words:
        """What stands below its pane, such as a legend."""
        return ""

    def draw(self, moment: Moment) -> Plot | list[Text]:
        """The look as a chart or as lines."""
        raise NotImplementedError


class LookOfEach(Look):
    """A look that shows a block for each arm where all are selected.

    Attributes
    ----------
    needs_of_each : what it then needs, where it is other than `needs`.
    least_width : of a block, in cells.
    """

    needs_of_each: tuple[str, ...] = ()
    least_width = 40

    def _of_each(self, arms: Sequence[str], selected: str | None) -> bool:
        return selected is None and len(arms) > 1

    def requests(self, arms: Sequence[str], selected: str | None, seed: int) -> list[Request]:
        if not self._of_each(arms, selected):
            return super().requests(arms, selected, seed)
        return [(need, arm, seed) for need in self.needs_of_each or self.needs for arm in arms[:MOST_ARMS]]

    def heading(self, moment: Moment) -> str:
        heading = super().heading(moment)
        return heading.replace(f": {moment.arm}", "", 1) if self._of_each(moment.arms, moment.selected) else heading

    def draw(self, moment: Moment) -> Plot | list[Text]:
        if self._of_each(moment.arms, moment.selected):
            return self.draw_each(moment)
        return self.draw_one(moment, moment.arm, moment.width, moment.height, None)

    def draw_each(self, moment: Moment) -> list[Text]:
        """One block an arm, as many as fit."""
        from tui.widgets.blocks import stacked

        arms = moment.arms[:MOST_ARMS]
        return stacked(
            arms, len(moment.arms), moment.width, moment.height,
            (self.least_width, max(self.least_height(moment, arm) for arm in arms)),
            lambda arm, width, lines: self.draw_one(moment, arm, width, lines, moment.name(arm)),
        )  # fmt: skip

    def least_height(self, moment: Moment, arm: str) -> int:
        """How many lines the block of one of several arms needs."""
        raise NotImplementedError

    def draw_one(self, moment: Moment, arm: str, width: int, height: int, name: Text | None) -> list[Text]:
        """One arm in so much room; `name` stands in its first line where it is one of several."""
        raise NotImplementedError


LOOKS: dict[str, Look] = {}


def register(look: type[Look]) -> type[Look]:
    """Add a look to those that can be opened. Raises ValueError where its name or its key is taken."""
    instance = look()
    if instance.name in LOOKS or any(instance.key == other.key for other in LOOKS.values()):
        raise ValueError(f"the look {instance.name!r} or its key {instance.key!r} is taken")
    LOOKS[instance.name] = instance
    for name in sorted(LOOKS, key=lambda name: LOOKS[name].place):
        LOOKS[name] = LOOKS.pop(name)
    return look


def discover() -> None:
    """Import every module of the package: each registers its looks."""
    for module in pkgutil.iter_modules(importlib.import_module("tui.looks").__path__):
        if module.name != "registry":
            importlib.import_module(f"tui.looks.{module.name}")


discover()
