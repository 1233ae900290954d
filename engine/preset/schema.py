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
IMAGES: tuple[str, ...] = ("digits", *DOWNLOADED, "folder")

Amount = int | float | None

_MOMENTUM = ("training.optimizer", ("momentum", "nesterov"))
_ADAM = ("training.optimizer", ("adam", "adamw"))
_RMSPROP = ("training.optimizer", ("rmsprop",))
_DIVIDING = ("training.optimizer", ("adam", "adamw", "adagrad", "rmsprop"))
_ON_IMAGES = ("data.source", IMAGES)


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

    kind: Literal["mlp"] = setting("mlp", "mlp: fully connected layers")
    hidden: list[int] = setting([100, 100], "units of each hidden layer", unit="units")
    activation: Literal["relu", "tanh", "sigmoid", "gelu"] = setting("relu", "after each hidden layer")
    init: Literal[
        "normal", "xavier", "glorot", "glorot_uniform", "he", "he_uniform", "lecun", "lecun_uniform",
        "orthogonal", "zeros",
    ] = setting(
        "he",
        "weights: normal N(0, init_std), xavier (the book's) and lecun N(0, 1/in), glorot N(0, 2/(in+out)), "
        "he N(0, 2/in), each _uniform: the same variance, evenly spread; orthogonal: rows or columns at right angles "
        "and of length 1; zeros; biases 0",
    )  # fmt: skip
    init_std: float = setting(1.0, "standard deviation of the init 'normal'", gt=0, le=100, scale="log", step=1e-4)

    @field_validator("hidden")
    @classmethod
    def _layers(cls, value: list[int]) -> list[int]:
        if len(value) > 64 or any(not 1 <= units <= 65536 for units in value):
            raise ValueError("must be at most 64 layers of 1 to 65536 units")
        return value


class Training(Section):
    """How the network is trained."""

    epochs: int = setting(100, "length of the run", unit="epochs", ge=1, le=100_000_000, step=10, live=True)
    batch_size: int = setting(100, "examples of one step; more than there are means all", unit="examples", ge=1)
    sampling: Literal["shuffle", "replacement"] = setting(
        "shuffle", "shuffle: each example once an epoch; replacement: drawn with replacement"
    )
    optimizer: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] = setting(
        "sgd", "the rule of the step"
    )
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
    rho: float = setting(
        0.99,
        "RMSprop's decay of the mean of squared gradients: torch's alpha, 0.99 (Keras' rho is 0.9)",
        ge=0,
        lt=1,
        step=0.01,
        live=True,
        only_with=_RMSPROP,
    )
    eps: float = setting(
        1e-8,
        "the guard against division by zero of Adam, Adagrad and RMSprop",
        gt=0,
        le=1,
        scale="log",
        step=1e-12,
        live=True,
        only_with=_DIVIDING,
    )
    clip_norm: float = setting(
        0.0, "largest norm of a lane's gradient, penalties included", ge=0, le=1e6, scale="log", step=0.01, live=True
    )
    sam: float = setting(
        0.0,
        "sharpness-aware: the gradient is taken at W + sam * g / |g|; two passes a step",
        ge=0,
        le=100,
        scale="log",
        step=0.001,
        live=True,
    )
    ema: float = setting(
        0.0, "decay of an exponential average of the weights, measured beside them", ge=0, lt=1, step=0.01, live=True
    )
    swa_start: int = setting(
        0, "from this epoch on the weights' equal average is measured; 0: never", unit="epochs", ge=0, live=True
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
    l2: float = setting(0.0, "adds 0.5 * l2 * sum(W^2)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    l1: float = setting(0.0, "adds l1 * sum(|W|)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    l2_layers: list[int] = setting([], "the layers that l2 acts on, from 1 (the output is the last); none: all")
    l1_layers: list[int] = setting([], "the layers that l1 acts on, from 1 (the output is the last); none: all")
    bias_l2: float = setting(0.0, "adds 0.5 * bias_l2 * sum(b^2)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    bias_l1: float = setting(0.0, "adds bias_l1 * sum(|b|)", ge=0, le=1000, scale="log", step=1e-6, live=True)
    activity_l1: float = setting(
        0.0,
        "adds activity_l1 * sum(|h|) / B, h the hidden layers' outputs",
        ge=0,
        le=1000,
        scale="log",
        step=1e-6,
        live=True,
    )
    activity_l2: float = setting(
        0.0,
        "adds activity_l2 * sum(h^2) / B, h the hidden layers' outputs",
        ge=0,
        le=1000,
        scale="log",
        step=1e-6,
        live=True,
    )
    activity_layers: list[int] = setting([], "the hidden layers whose outputs are penalized, from 1; none: all")
    orthogonal: float = setting(
        0.0,
        "adds orthogonal * mean |cosine| between the rows of W (in x out)",
        ge=0,
        le=1000,
        scale="log",
        step=1e-4,
        live=True,
    )
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
    weight_noise: float = setting(
        0.0, "std of normal noise on the weights of the training pass", ge=0, le=100, scale="log", step=0.001, live=True
    )
    gaussian_dropout: float = setting(
        0.0, "hidden units times N(1, sqrt(p / (1 - p))) in training", ge=0, lt=1, step=0.05, live=True
    )
    max_norm: float = setting(
        0.0, "largest norm of a unit's incoming weights", ge=0, le=1e6, scale="log", step=0.01, live=True
    )
    mixup: float = setting(
        0.0, "each batch mixed with itself: the share drawn from Beta(a, a)", ge=0, le=100, step=0.1, live=True
    )
    cutmix: float = setting(
        0.0,
        "a box of each image from another one, its area drawn from Beta(a, a)",
        ge=0,
        le=100,
        step=0.1,
        live=True,
        only_with=_ON_IMAGES,
    )

    @field_validator("l2_layers", "l1_layers", "activity_layers")
    @classmethod
    def _numbered_from_1(cls, value: list[int]) -> list[int]:
        if any(number < 1 for number in value):
            raise ValueError("layers are numbered from 1")
        return value


class Augment(Section):
    """How images are changed on their way into training, each one anew. 0 switches a change off."""

    shift: float = setting(
        0.0, "largest shift along each side", unit="pixels", ge=0, le=512, live=True, only_with=_ON_IMAGES
    )
    rotate: float = setting(
        0.0, "largest angle, either way", unit="degrees", ge=0, le=180, step=5, live=True, only_with=_ON_IMAGES
    )
    zoom: float = setting(0.0, "scaled by 1 - zoom to 1 + zoom", ge=0, lt=1, step=0.05, live=True, only_with=_ON_IMAGES)
    hflip: float = setting(
        0.0, "share of images mirrored left to right", ge=0, le=1, step=0.1, live=True, only_with=_ON_IMAGES
    )
    vflip: float = setting(
        0.0, "share of images turned upside down (mirrored)", ge=0, le=1, step=0.1, live=True, only_with=_ON_IMAGES
    )
    cutout: int = setting(
        0, "side of a square of zeros somewhere in the image", unit="pixels", ge=0, le=512, live=True,
        only_with=_ON_IMAGES,
    )  # fmt: skip


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
    augment: Augment = Field(default_factory=Augment)
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
    "augment": Augment,
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
