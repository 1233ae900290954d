"""The schema of a preset: the one place where a setting is named, bounded and explained."""

from __future__ import annotations

import functools
import json
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.preset.errors import PresetError
from engine.preset.setting import Knob, knobs_of, setting

Source = Literal[
    "digits", "iris", "wine", "breast_cancer",
    "moons", "circles", "gauss", "xor", "spiral",
    "mnist", "fashionmnist", "cifar10", "cifar100",
    "folder", "csv",
]  # fmt: skip
EMBEDDED: tuple[str, ...] = ("digits", "iris", "wine", "breast_cancer")
SYNTHETIC: tuple[str, ...] = ("moons", "circles", "gauss", "xor", "spiral")
DOWNLOADED: tuple[str, ...] = ("mnist", "fashionmnist", "cifar10", "cifar100")

Amount = int | float | None

_MOMENTUM = ("training.optimizer", ("momentum", "nesterov"))
_NORMED = ("model.norm", ("batch", "layer", "group", "instance"))
_GROUPED = ("model.norm", ("group",))
_DENSE = ("model.kind", ("mlp", "cnn"))
_CONVOLVED = ("model.kind", ("cnn", "resnet"))
_RESIDUAL = ("model.kind", ("resnet",))
_ADAM = ("training.optimizer", ("adam", "adamw"))


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


class Data(Section):
    """What the networks learn from, and how it is split and scaled."""

    source: Source = setting("digits", "where the examples come from")
    path: str = setting("", "the folder of images or the CSV file, for the sources folder and csv")
    target: str = setting("", "the column of a CSV file that is to be predicted")
    size: int = setting(32, "side that images of a folder are resized to", unit="pixels", ge=1, le=512)
    samples: int = setting(1000, "how many points a synthetic set has", unit="examples", ge=10)
    noise: float = setting(0.2, "standard deviation of a synthetic set's noise", ge=0, le=10, step=0.05)
    train: Amount = setting(None, "training examples: a count, a fraction below 1, or nothing for what is left over")
    validation: Amount = setting(None, "validation examples (at most): a count, a fraction, or nothing for the rest")
    test: Amount = setting(
        None, "test examples (at most): a count, a fraction, or nothing for the source's own / half of the rest"
    )
    split: Literal["random", "first"] = setting(
        "random", "random: stratified, drawn from the seed; first: in the order of the source"
    )
    scale: Literal["none", "unit", "standard"] = setting(
        "unit", "none; unit: by the source's range to [0, 1]; standard: mean 0, std 1, fitted on train only"
    )

    @field_validator("source", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("train", "validation", "test", mode="before")
    @classmethod
    def _count_or_fraction(cls, value: Any) -> Any:
        if value is None:
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError("must be a count (whole number) or a fraction between 0 and 1")
        if value <= 0 or (isinstance(value, float) and not (value < 1 or value.is_integer())):
            raise ValueError("must be a positive count or a fraction between 0 and 1")
        return int(value) if value >= 1 else value

    @model_validator(mode="after")
    def _has_a_path(self) -> Data:
        if self.source in ("folder", "csv") and not self.path:
            raise ValueError(f"path: the source {self.source!r} needs the path of your data")
        if self.source == "csv" and not self.target:
            raise ValueError("target: the source 'csv' needs the name of the column to predict")
        return self


class Model(Section):
    """The network."""

    kind: Literal["softmax", "mlp", "cnn", "resnet"] = setting(
        "mlp",
        "softmax: no hidden layer; mlp: fully connected; cnn: convolutions, then mlp; resnet: residual blocks",
    )
    hidden: list[int] = setting(
        [100, 100], "units of each fully connected hidden layer", unit="units", only_with=_DENSE
    )
    channels: list[int] = setting(
        [16, 32], "channels of each convolutional or residual block", unit="channels", only_with=_CONVOLVED
    )
    activation: Literal["relu", "tanh", "sigmoid", "gelu"] = setting("relu", "after each hidden layer")
    init: Literal["normal", "xavier", "glorot", "he"] = setting(
        "he", "weights: normal N(0, init_std), xavier N(0, 1/in), glorot N(0, 2/(in+out)), he N(0, 2/in); biases 0"
    )
    init_std: float = setting(1.0, "standard deviation of the init 'normal'", gt=0, le=100, scale="log", step=1e-4)

    norm: Literal["none", "batch", "layer", "group", "instance"] = setting(
        "none", "normalization of each hidden layer; instance: each channel of an image"
    )
    norm_position: Literal["before", "after"] = setting(
        "before", "normalize before or after the activation", only_with=_NORMED
    )
    norm_groups: int = setting(8, "groups of channels that group norm makes", unit="groups", ge=1, only_with=_GROUPED)

    @field_validator("hidden")
    @classmethod
    def _layers(cls, value: list[int]) -> list[int]:
        if len(value) > 64 or any(not 1 <= units <= 65536 for units in value):
            raise ValueError("must be at most 64 layers of 1 to 65536 units")
        return value

    @field_validator("channels")
    @classmethod
    def _blocks(cls, value: list[int]) -> list[int]:
        if not 1 <= len(value) <= 64 or any(not 1 <= channels <= 4096 for channels in value):
            raise ValueError("must be 1 to 64 blocks of 1 to 4096 channels")
        return value

    @model_validator(mode="after")
    def _can_be_normalized(self) -> Model:
        if self.norm == "instance" and self.kind == "mlp":
            raise ValueError(
                "norm = 'instance': one number per unit has no spread (use batch, layer or group; or kind = 'cnn')"
            )
        if self.norm == "group":
            dense = self.hidden if self.kind in _DENSE[1] else []
            convolved = self.channels if self.kind in _CONVOLVED[1] else []
            for units in [*convolved, *dense]:
                if units % self.norm_groups:
                    fitting = [count for count in range(1, units) if units % count == 0 and count <= 64]
                    raise ValueError(
                        f"norm_groups = {self.norm_groups}: does not divide a layer of {units} "
                        f"(that takes {', '.join(map(str, fitting)) or 'none'})"
                    )
            if self.norm_groups in dense:
                raise ValueError(
                    f"norm_groups = {self.norm_groups}: one unit in each group has no spread: use fewer groups"
                )
        return self


class Training(Section):
    """How the network is trained."""

    epochs: int = setting(100, "length of the run", unit="epochs", ge=1, le=100_000_000, step=10, live=True)
    batch_size: int = setting(100, "examples of one step; more than there are means all", unit="examples", ge=1)
    sampling: Literal["shuffle", "replacement"] = setting(
        "shuffle", "shuffle: each example once an epoch; replacement: drawn with replacement"
    )
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw"] = setting("sgd", "the rule of the step")
    lr: float = setting(0.01, "learning rate", gt=0, le=1e9, scale="log", step=1e-12, live=True)
    momentum: float = setting(
        0.9, "share of the last step's velocity that is kept", ge=0, lt=1, step=0.05, live=True, only_with=_MOMENTUM
    )
    beta1: float = setting(
        0.9, "Adam's decay of the mean of gradients", ge=0, lt=1, step=0.05, live=True, only_with=_ADAM
    )
    beta2: float = setting(
        0.999, "Adam's decay of the mean of squared gradients", ge=0, lt=1, step=0.001, live=True, only_with=_ADAM
    )
    eps: float = setting(
        1e-8, "Adam's guard against division by zero", gt=0, le=1, scale="log", step=1e-12, live=True, only_with=_ADAM
    )
    seeds: list[int] = setting([0], "one lane for each; all randomness of a lane comes from its seed")

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, value: list[int]) -> list[int]:
        if not value or len(set(value)) != len(value) or any(not 0 <= seed < 2**31 for seed in value):
            raise ValueError("must be one or more different whole numbers from 0 to 2147483647")
        return value


class Regularization(Section):
    """What hinders the network. 0 switches a technique off."""

    dropout: float = setting(0.0, "share of hidden units dropped at each step", ge=0, lt=1, step=0.05, live=True)
    dropout_style: Literal["inverted", "book"] = setting(
        "inverted",
        "inverted: scaled by 1/(1-p) in training; book: scaled by 1-p in evaluation",
        validation_alias=AliasChoices("dropout_style", "style"),
    )
    spatial_dropout: float = setting(
        0.0,
        "share of whole channels dropped at each step",
        ge=0,
        lt=1,
        step=0.05,
        live=True,
        only_with=_CONVOLVED,
    )
    drop_path: float = setting(
        0.0,
        "share of examples that go past a residual branch",
        ge=0,
        lt=1,
        step=0.05,
        live=True,
        only_with=_RESIDUAL,
    )
    l2: float = setting(0.0, "adds 0.5 * l2 * sum(W^2)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    l1: float = setting(0.0, "adds l1 * sum(|W|)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    weight_decay: float = setting(
        0.0,
        "decoupled: W <- W * (1 - lr * weight_decay) beside the step",
        ge=0,
        le=1000,
        scale="log",
        step=1e-5,
        live=True,
    )
    label_smoothing: float = setting(0.0, "targets y (1 - e) + e / classes", ge=0, lt=1, step=0.05, live=True)
    input_noise: float = setting(0.0, "std of normal noise on the inputs", ge=0, le=100, step=0.05, live=True)
    max_norm: float = setting(
        0.0, "largest norm of a unit's incoming weights", ge=0, le=1e6, scale="log", step=0.01, live=True
    )


class EarlyStopping(Section):
    """When a lane stops because its validation no longer improves."""

    patience: int = setting(0, "epochs without improvement before stopping; 0: never", unit="epochs", ge=0, live=True)
    min_delta: float = setting(0.0, "an improvement is more than this", ge=0, le=1e6, scale="log", step=1e-6, live=True)
    start_from_epoch: int = setting(0, "so many first epochs are not looked at", unit="epochs", ge=0, live=True)
    restore_best: bool = setting(True, "end with the weights of the best epoch", live=True)
    action: Literal["stop", "watch"] = setting(
        "stop", "stop: the lane ends; watch: it trains on, the would-be stop is marked", live=True
    )
    monitor: Literal["val_loss", "val_acc", "train_loss"] = setting("val_loss", "what must improve")


class Settings(Section):
    """All settings of one lane."""

    data: Data = Field(default_factory=Data)
    model: Model = Field(default_factory=Model)
    training: Training = Field(default_factory=Training)
    regularization: Regularization = Field(default_factory=Regularization)
    early_stopping: EarlyStopping = Field(default_factory=EarlyStopping)

    def get(self, key: str) -> Any:
        """The value at a dotted key such as `regularization.dropout`."""
        section, _, name = key.partition(".")
        return getattr(getattr(self, section), name)

    def uses(self, knob: Knob) -> bool:
        """Whether the knob has an effect beside the other settings (Adam's decays have none under SGD)."""
        return knob.only_with is None or self.get(knob.only_with[0]) in knob.only_with[1]

    def structure(self) -> str:
        """What decides which stack a lane goes to: all that is neither live nor the scale of its first weights."""
        told = self.model_dump(mode="json")
        for knob in knobs().values():
            if knob.live or knob.key in _PER_LANE_INIT:
                del told[knob.section][knob.name]
        del told["training"]["seeds"]
        return json.dumps(told, sort_keys=True)


# These scale one common draw per lane, so lanes that differ only here still share a stack.
_PER_LANE_INIT = ("model.init", "model.init_std")

SECTIONS: dict[str, type[Section]] = {
    "data": Data,
    "model": Model,
    "training": Training,
    "regularization": Regularization,
    "early_stopping": EarlyStopping,
}


@functools.cache
def knobs() -> dict[str, Knob]:
    """Every setting by its dotted key, in the order of the schema."""
    return {knob.key: knob for section, model in SECTIONS.items() for knob in knobs_of(section, model)}


def live_knobs() -> list[Knob]:
    """The settings that can be turned while training."""
    return [knob for knob in knobs().values() if knob.live]


class Arm(Section):
    """One setting under comparison: its name and all its settings (the base plus its overrides)."""

    name: str
    settings: Settings
    overrides: dict[str, Any] = Field(default_factory=dict)


class Preset(Section):
    """One experiment.

    `overrides` of each arm is the nested table of what it changes; `arms` resolves them against the base.
    """

    name: str
    title: str = ""
    summary: str = ""
    lesson: str = ""
    speed: float | None = Field(None, gt=0, le=1e6)
    base: Settings = Field(default_factory=Settings)
    arms: tuple[Arm, ...] = ()

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
