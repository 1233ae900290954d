"""The schema of a preset: what a lane's settings, an arm and an experiment consist of.

Each setting is named, bounded and explained in one place: in its section, in `data`, `model`, `training` or
`regularization` beside this file.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from pydantic import Field, field_validator, model_validator

from engine.preset.data import DOWNLOADED, EMBEDDED, IMAGES, MEASURED, SYNTHETIC, TRUTH_TABLES, Amount, Data
from engine.preset.errors import PresetError, did_you_mean
from engine.preset.model import Model
from engine.preset.regularization import Augment, Regularization
from engine.preset.setting import Section, Setting, settings_of
from engine.preset.timeline import TimelineEntry
from engine.preset.training import EarlyStopping, Schedule, Training

__all__ = [
    "DOWNLOADED", "EMBEDDED", "IMAGES", "LONGEST_NAME", "MEASURED", "REPORTED_METRICS", "SECTIONS", "SYNTHETIC",
    "TRUTH_TABLES", "Amount", "Arm", "Augment", "Birth", "Data", "EarlyStopping", "Model", "Preset", "Regularization",
    "ReportedNumber", "Schedule", "Section", "Setting", "Settings", "Subject", "TimelineEntry", "Training", "Try",
    "live_knobs", "settings_by_key",
]  # fmt: skip


class Settings(Section):
    """All settings of one lane."""

    data: Data = Field(default_factory=Data)
    model: Model = Field(default_factory=Model)
    training: Training = Field(default_factory=Training)
    schedule: Schedule = Field(default_factory=Schedule)
    regularization: Regularization = Field(default_factory=Regularization)
    augment: Augment = Field(default_factory=Augment)
    early_stopping: EarlyStopping = Field(default_factory=EarlyStopping)

    def get(self, key: str) -> Any:
        """The value at a dotted key such as `regularization.dropout`."""
        section, _, name = key.partition(".")
        return getattr(getattr(self, section), name)

    def uses(self, setting: Setting) -> bool:
        """Whether the setting has an effect beside the others (Adam's decays have none under SGD)."""
        return not self.without_effect(setting)

    def without_effect(self, setting: Setting) -> str:
        """Why the setting has no effect beside the others, in words; empty where it has one."""
        if setting.needs_images and not self.data.has_images:
            return "needs images"
        if setting.needs_hidden and not self.model.has_hidden:
            return "needs a hidden layer"
        if setting.needs_classes and self.data.kind == "regression":
            return "needs classes to tell apart"
        if setting.only_with is None or self.get(setting.only_with[0]) in setting.only_with[1]:
            return ""
        return f"only with {setting.only_with[0]} = {' or '.join(setting.only_with[1])}"

    @model_validator(mode="after")
    def _go_together(self) -> Settings:
        if self.early_stopping.monitor == "val_acc" and self.data.kind == "regression":
            raise ValueError("early_stopping.monitor = 'val_acc': a regression has no accuracy: use 'val_loss'")
        if self.model.kind == "bernoulli" and self.data.kind != "binary":
            raise ValueError(
                "model.kind = 'bernoulli': tells one outcome from the other: use data.source = 'thumbtack' or"
                " data.task = 'binary'"
            )
        if not self.data.has_images and (why := self.refuse_other_than_images()):
            raise ValueError(why)
        return self

    def refuse_other_than_images(self) -> str | None:
        """Why these settings cannot do with examples that are no images, and what to do; None where they can.

        The one place that knows: what asks is the schema, by the source, and the lab, by the examples that it has.
        """
        techniques = (
            setting.key for setting in settings_by_key().values() if setting.needs_images and self.get(setting.key)
        )
        asked = "model.kind" if self.model.kind in ("cnn", "resnet") else next(techniques, None)
        return asked and f"{asked} = {self.get(asked)!r}: {self.data.why_no_images()}"

    def structure(self) -> str:
        """What decides which stack a lane goes to: all that is neither live nor the scale of its first weights."""
        table = self.model_dump(mode="json")
        for setting in settings_by_key().values():
            if setting.live or setting.key in _PER_LANE_INIT:
                del table[setting.section][setting.name]
        del table["training"]["seeds"]
        del table["schedule"]  # a closed form of the step for each lane, worked out on the host
        return json.dumps(table, sort_keys=True)


# These scale one common draw per lane, so lanes that differ only here still share a stack.
_PER_LANE_INIT = ("model.init", "model.init_std")

SECTIONS: dict[str, type[Section]] = {
    "data": Data,
    "model": Model,
    "training": Training,
    "schedule": Schedule,
    "regularization": Regularization,
    "augment": Augment,
    "early_stopping": EarlyStopping,
}


@functools.cache
def settings_by_key() -> dict[str, Setting]:
    """Every setting by its dotted key, in the order of the schema."""
    return {setting.key: setting for section, model in SECTIONS.items() for setting in settings_of(section, model)}


def live_knobs() -> list[Setting]:
    """The settings that can be turned while training."""
    return [setting for setting in settings_by_key().values() if setting.live]


class Birth(Section):
    """Where an arm that was added while a run trained comes from.

    parent : the arm that it began as a copy of.
    epoch, batch : after so many whole epochs and so many batches of the next one; at 0, 0 it trained from the start.
    """

    parent: str
    epoch: int = Field(0, ge=0, le=10**9)
    batch: int = Field(0, ge=0, le=10**9)

    @property
    def place(self) -> tuple[int, int]:
        return self.epoch, self.batch


class Arm(Section):
    """One setting under comparison: its name and all its settings (the base plus its overrides).

    `birth` is None of an arm that the run began with. A preset's text does not have it: there every arm begins.
    """

    name: str
    settings: Settings
    overrides: dict[str, Any] = Field(default_factory=dict)
    birth: Birth | None = None


# What a lane can be asked for at the end: of its last epoch, of its best one, and on the test data.
_OF_AN_EPOCH = ("train_loss", "val_loss", "train_acc", "val_acc", "gap")
REPORTED_METRICS: tuple[str, ...] = (
    *_OF_AN_EPOCH,
    *(f"best_{metric}" for metric in _OF_AN_EPOCH),
    "test_loss",
    "test_acc",
    "epoch",
    "best_epoch",
)


class ReportedNumber(Section):
    """What others report of an arm: a number, or words where they give none (a plot)."""

    arm: str
    metric: str
    value: float | None = None
    text: str = ""
    note: str = ""

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in REPORTED_METRICS:
            raise ValueError(f"must be one of {', '.join(REPORTED_METRICS)}{did_you_mean(value, REPORTED_METRICS)}")
        return value

    @model_validator(mode="after")
    def _says_something(self) -> ReportedNumber:
        if (self.value is None) == (not self.text):
            raise ValueError('needs either value = NUMBER or text = "..."')
        return self


class Try(Section):
    """Something to try next: a sentence that asks, and the settings that answer it.

    text : what to do and what to watch, in one sentence.
    reveal : what came of it when it was measured, shown once it has been tried.
    arm : the arm whose settings it changes; an empty text where it changes the base, over which arms keep their own.
    epoch : the knobs are turned in the running lab, after so many epochs; None for a run with them from the start.
    changes : the nested table of the settings.
    """

    text: str
    reveal: str = ""
    arm: str = ""
    epoch: int | None = Field(None, ge=1, le=10**9)
    changes: dict[str, Any] = Field(default_factory=dict)


class Subject(Section):
    """What the title and the numbers of others are about, of one arm."""

    data: Data
    model: Model
    epochs: int

    @classmethod
    def of(cls, settings: Settings) -> Subject:
        return cls(data=settings.data, model=settings.model, epochs=settings.training.epochs)


# Characters.
LONGEST_TITLE, LONGEST_NAME = 200, 200


class Preset(Section):
    """One experiment.

    `group` is the heading that it stands under in the list; `reported` is what ours will be set beside.

    `question` says in one sentence what is compared and what to watch; `lesson` explains it without giving the result
    away, which `reveal` does once it can be seen; `tries` are what to do next, `timeline` is what happens by itself.

    `overrides` of each arm is the nested table of what it changes; `arms` resolves them against the base. `written` is
    what each arm is about in the text, without the command line's changes and turned knobs; see `subject`.
    """

    name: str
    title: str = ""
    summary: str = ""
    question: str = ""
    lesson: str = ""
    reveal: str = ""
    group: str = ""
    speed: float | None = Field(None, gt=0, le=1e6)
    base: Settings = Field(default_factory=Settings)
    arms: tuple[Arm, ...] = ()
    reported: tuple[ReportedNumber, ...] = ()
    tries: tuple[Try, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    written: dict[str, Subject] = Field(default_factory=dict)

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(self.base.training.seeds)

    @property
    def arm_names(self) -> tuple[str, ...]:
        return tuple(arm.name for arm in self.arms)

    @property
    def epochs(self) -> int:
        """The length of the longest arm."""
        return max(arm.settings.training.epochs for arm in self.arms)

    def arm(self, name: str) -> Arm:
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise PresetError(f"no arm {name!r} (there is: {', '.join(self.arm_names)})")
