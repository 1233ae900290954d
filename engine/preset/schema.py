"""The schema of a preset: the one place where a setting is named, bounded and explained."""

from __future__ import annotations

import functools
import json
from typing import Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator, model_validator

from engine.preset.errors import PresetError, did_you_mean
from engine.preset.setting import Knob, knobs_of, setting

Source = Literal[
    "digits", "iris", "wine", "breast_cancer",
    "moons", "circles", "gauss", "xor", "spiral",
    "and", "or", "xor4", "curve", "exam", "thumbtack",
    "mnist", "fashionmnist", "cifar10", "cifar100",
    "folder", "csv",
]  # fmt: skip
EMBEDDED: tuple[str, ...] = ("digits", "iris", "wine", "breast_cancer")
SYNTHETIC: tuple[str, ...] = ("moons", "circles", "gauss", "xor", "spiral")
TRUTH_TABLES: tuple[str, ...] = ("and", "or", "xor4")
MEASURED: tuple[str, ...] = ("curve", "exam")
DOWNLOADED: tuple[str, ...] = ("mnist", "fashionmnist", "cifar10", "cifar100")
IMAGES: tuple[str, ...] = ("digits", *DOWNLOADED, "folder")

Amount = int | float | None

_MOMENTUM = ("training.optimizer", ("momentum", "nesterov"))
_NORMED = ("model.norm", ("batch", "layer", "group", "instance"))
_GROUPED = ("model.norm", ("group",))
_DENSE = ("model.kind", ("mlp", "cnn"))
_CONVOLVED = ("model.kind", ("cnn", "resnet"))
_RESIDUAL = ("model.kind", ("resnet",))
_ADAM = ("training.optimizer", ("adam", "adamw"))
_RMSPROP = ("training.optimizer", ("rmsprop",))
_DIVIDING = ("training.optimizer", ("adam", "adamw", "adagrad", "rmsprop"))
_ON_IMAGES = ("data.source", IMAGES)
_DECAY = ("schedule.kind", ("step", "exponential"))
_LONG = ("schedule.kind", ("cosine", "one_cycle"))
_COSINES = ("schedule.kind", ("cosine", "cosine_restarts"))
_RESTARTS = ("schedule.kind", ("cosine_restarts",))
_CYCLE = ("schedule.kind", ("one_cycle",))
_PLATEAU = ("schedule.kind", ("plateau",))


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)


class Data(Section):
    """What the networks learn from, and how it is split and scaled."""

    source: Source = setting("digits", "where the examples come from")
    path: str = setting("", "the folder of images or the CSV file, for the sources folder and csv")
    task: Literal["auto", "classification", "binary", "regression"] = setting(
        "auto",
        "classification: an output for each class; binary: one output for two classes; regression: a number, which is"
        " not scaled; auto: by the source (a csv: classification)",
    )
    features: int = setting(0, "only so many first features are seen; 0: all", unit="features", ge=0)
    p_up: float = setting(
        0.6, "how likely a tossed thumbtack lands up", ge=0, le=1, step=0.05, only_with=("data.source", ("thumbtack",))
    )
    target: str = setting("", "the column of a CSV file that is to be predicted")
    size: int = setting(32, "side that images of a folder are resized to", unit="pixels", ge=1, le=512)
    samples: int = setting(1000, "how many points, students or tosses a synthetic set has", unit="examples", ge=10)
    noise: float = setting(0.2, "standard deviation of a synthetic set's noise", ge=0, le=10, step=0.05)
    train: Amount = setting(None, "training examples: a count, a fraction below 1, or nothing for what is left over")
    validation: Amount = setting(None, "validation examples (at most): a count, a fraction, or nothing for the rest")
    test: Amount = setting(
        None, "test examples (at most): a count, a fraction, or nothing for the source's own / half of the rest"
    )
    split: Literal["random", "first", "all"] = setting(
        "random",
        "random: stratified, drawn from the seed; first: in the order of the source; all: every part is all examples",
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

    @model_validator(mode="after")
    def _can_be_split(self) -> Data:
        if self.split == "all":
            for name in ("train", "validation", "test"):
                if getattr(self, name) is not None:
                    raise ValueError(f'{name}: under split = "all" every part is all examples: leave it out')
        elif self.source in TRUTH_TABLES:
            raise ValueError(f'split: the four rows of {self.source!r} cannot be split: write split = "all"')
        return self

    @model_validator(mode="after")
    def _has_such_targets(self) -> Data:
        if self.task != "regression" and self.task != "auto" and self.source in MEASURED:
            raise ValueError(f"task: {self.source!r} has numbers as targets: its task is regression")
        if self.task == "regression" and self.source not in (*MEASURED, "csv"):
            raise ValueError(
                f"task: {self.source!r} has classes as targets: regression needs {', '.join(MEASURED)} or csv"
            )
        return self

    @property
    def kind(self) -> str:
        """The task that `auto` stands for."""
        if self.task != "auto":
            return self.task
        if self.source in MEASURED:
            return "regression"
        return "binary" if self.source in (*TRUTH_TABLES, "thumbtack") else "classification"


class Model(Section):
    """The network."""

    kind: Literal["softmax", "mlp", "cnn", "resnet", "bernoulli"] = setting(
        "mlp",
        "softmax: no hidden layer; mlp: fully connected; cnn: convolutions, then mlp; resnet: residual blocks; "
        "bernoulli: one parameter, p = sigmoid(theta), whatever the inputs",
    )
    hidden: list[int] = setting(
        [100, 100], "units of each fully connected hidden layer", unit="units", only_with=_DENSE
    )
    channels: list[int] = setting(
        [16, 32], "channels of each convolutional or residual block", unit="channels", only_with=_CONVOLVED
    )
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


class Schedule(Section):
    """How the learning rate moves over the run. `training.lr` is its scale, and turning that scales it from then on.

    Times are in steps; only reduce-on-plateau, which looks at validation, counts epochs.
    """

    kind: Literal["constant", "step", "exponential", "cosine", "cosine_restarts", "one_cycle", "plateau"] = setting(
        "constant", "what the learning rate does over the run", live=True
    )
    warmup: int = setting(
        0, "first steps in which the rate rises in a line, before any schedule", unit="steps", ge=0, step=10, live=True
    )
    step_size: int = setting(
        1000, "the rate is times gamma after each so many", unit="steps", ge=1, step=100, live=True, only_with=_DECAY
    )
    gamma: float = setting(
        0.1, "what the rate is multiplied by every step_size", gt=0, le=1, step=0.05, live=True, only_with=_DECAY
    )
    decay_steps: int = setting(
        0, "length of the schedule; 0: to the end of the run", unit="steps", ge=0, step=100, live=True, only_with=_LONG
    )
    alpha: float = setting(
        0.0, "lowest rate of a cosine, as a share of lr", ge=0, le=1, step=0.05, live=True, only_with=_COSINES
    )
    first_decay_steps: int = setting(
        1000, "length of the first cosine", unit="steps", ge=1, step=100, live=True, only_with=_RESTARTS
    )
    t_mul: float = setting(
        2.0, "each restart's length over the last one's", ge=1, le=100, step=0.5, live=True, only_with=_RESTARTS
    )
    m_mul: float = setting(
        1.0, "each restart's height over the last one's", gt=0, le=10, step=0.1, live=True, only_with=_RESTARTS
    )
    pct_start: float = setting(
        0.3, "share of the cycle in which the rate rises to lr", gt=0, lt=1, step=0.05, live=True, only_with=_CYCLE
    )
    div_factor: float = setting(
        25.0, "lr over the rate at the start", ge=1, le=1e9, scale="log", step=1, live=True, only_with=_CYCLE
    )
    final_div_factor: float = setting(
        1e4,
        "the rate at the start over that at the end",
        ge=1,
        le=1e9,
        scale="log",
        step=1,
        live=True,
        only_with=_CYCLE,
    )
    factor: float = setting(
        0.1, "what the rate is multiplied by on a plateau of val_loss", gt=0, lt=1, step=0.1, live=True,
        only_with=_PLATEAU,
    )  # fmt: skip
    patience: int = setting(
        10, "epochs without improvement that are a plateau", unit="epochs", ge=0, live=True, only_with=_PLATEAU
    )
    min_delta: float = setting(
        1e-4, "an improvement is more than this", ge=0, le=1e6, scale="log", step=1e-6, live=True, only_with=_PLATEAU
    )
    cooldown: int = setting(
        0, "epochs after a reduction that are not counted", unit="epochs", ge=0, live=True, only_with=_PLATEAU
    )


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
    schedule: Schedule = Field(default_factory=Schedule)
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

    @model_validator(mode="after")
    def _go_together(self) -> Settings:
        if self.early_stopping.monitor == "val_acc" and self.data.kind == "regression":
            raise ValueError("early_stopping.monitor = 'val_acc': a regression has no accuracy: use 'val_loss'")
        if self.model.kind == "bernoulli" and self.data.kind != "binary":
            raise ValueError(
                "model.kind = 'bernoulli': tells one outcome from the other: use data.source = 'thumbtack' or"
                " data.task = 'binary'"
            )
        return self

    def structure(self) -> str:
        """What decides which stack a lane goes to: all that is neither live nor the scale of its first weights."""
        told = self.model_dump(mode="json")
        for knob in knobs().values():
            if knob.live or knob.key in _PER_LANE_INIT:
                del told[knob.section][knob.name]
        del told["training"]["seeds"]
        del told["schedule"]  # a closed form of the step for each lane, worked out on the host
        return json.dumps(told, sort_keys=True)


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
    """What somebody else reports of an arm: a number, or words where they give none (a plot)."""

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


class Preset(Section):
    """One experiment.

    `group` is the heading that it stands under in the list; `reported` is what ours will be set beside.

    `overrides` of each arm is the nested table of what it changes; `arms` resolves them against the base.
    """

    name: str
    title: str = ""
    summary: str = ""
    lesson: str = ""
    group: str = ""
    speed: float | None = Field(None, gt=0, le=1e6)
    base: Settings = Field(default_factory=Settings)
    arms: tuple[Arm, ...] = ()
    reported: tuple[ReportedNumber, ...] = ()

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
