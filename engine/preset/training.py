"""How a network is trained: the step, its learning rate over the run, and when a lane stops."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from engine.preset.setting import ONE, Section, setting

MOST_SEEDS = 10_000
_MOMENTUM = ("training.optimizer", ("momentum", "nesterov"))
_ADAM = ("training.optimizer", ("adam", "adamw"))
_RMSPROP = ("training.optimizer", ("rmsprop",))
_DIVIDING = ("training.optimizer", ("adam", "adamw", "adagrad", "rmsprop"))
_DECAY = ("schedule.kind", ("step", "exponential"))
_LONG = ("schedule.kind", ("cosine", "one_cycle"))
_COSINES = ("schedule.kind", ("cosine", "cosine_restarts"))
_RESTARTS = ("schedule.kind", ("cosine_restarts",))
_CYCLE = ("schedule.kind", ("one_cycle",))
_PLATEAU = ("schedule.kind", ("plateau",))


class Training(Section):
    """How the network is trained."""

    epochs: int = setting(
        100, "length of the run: how often all training examples are gone through", unit="epochs",
        ge=1, le=100_000_000, step=10, typical=(10, 1000), live=True,
    )  # fmt: skip
    batch_size: int = setting(100, "examples of one step; more than there are means all", unit="examples", ge=1)
    sampling: Literal["shuffle", "replacement"] = setting(
        "shuffle", "shuffle: each example once an epoch; replacement: drawn with replacement"
    )
    optimizer: Literal["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"] = setting(
        "sgd", "the rule of the step"
    )
    lr: float = setting(
        0.01, "the learning rate: how far the weights move in each step",
        gt=0, le=1e9, scale="log", step=1e-12, typical=(1e-4, 1), live=True,
    )  # fmt: skip
    momentum: float = setting(
        0.9, "share of the last step's velocity that is kept",
        ge=0, lt=ONE, scale="decay", step=0.5, typical=(0, 0.99), live=True, only_with=_MOMENTUM,
    )  # fmt: skip
    beta1: float = setting(
        0.9, "Adam's decay of the mean of gradients",
        ge=0, lt=ONE, scale="decay", step=0.5, typical=(0, 0.99), live=True, only_with=_ADAM,
    )  # fmt: skip
    beta2: float = setting(
        0.999, "Adam's decay of the mean of squared gradients",
        ge=0, lt=ONE, scale="decay", step=0.5, typical=(0.9, 0.9999), live=True, only_with=_ADAM,
    )  # fmt: skip
    rho: float = setting(
        0.99, "RMSprop's decay of the mean of squared gradients: torch's alpha, 0.99 (Keras' rho is 0.9)",
        ge=0, lt=ONE, scale="decay", step=0.5, typical=(0.5, 0.999), live=True, only_with=_RMSPROP,
    )  # fmt: skip
    eps: float = setting(
        1e-8, "the guard against division by zero of Adam, Adagrad and RMSprop",
        ge=1e-37,  # below that float32 has no full precision, and soon 0
        le=1, scale="log", step=1e-12, typical=(1e-10, 1e-3), live=True, only_with=_DIVIDING,
    )  # fmt: skip
    clip_norm: float = setting(
        0.0, "the largest norm that a gradient may have, penalties included; 0: no limit",
        ge=0, le=1e6, scale="log", step=0.1, typical=(0, 10), live=True,
    )  # fmt: skip
    sam: float = setting(
        0.0, "seeks flat minima (SAM): the gradient is taken at W + sam * g / |g|; two passes a step",
        ge=0, le=100, scale="log", step=0.01, typical=(0, 1), live=True,
    )  # fmt: skip
    # With batch norm each average takes a forward pass over the training data, for running statistics of its own.
    ema: float = setting(
        0.0,
        "decay of an exponential average of the weights, measured beside them (batch norm: one more pass an epoch)",
        ge=0, lt=ONE, scale="decay", step=0.9, typical=(0, 0.999), live=True,
    )  # fmt: skip
    swa_start: int = setting(
        0, "from this epoch on the weights' equal average is measured; 0: never (batch norm: one more pass an epoch)",
        unit="epochs", ge=0, step=10, typical=(0, 200), live=True,
    )  # fmt: skip
    seeds: list[int] = setting([0], "one lane for each; all randomness of a lane comes from its seed")

    @field_validator("seeds")
    @classmethod
    def _seeds(cls, value: list[int]) -> list[int]:
        if len(value) > MOST_SEEDS:
            raise ValueError(f"{len(value):,} seeds: must be at most {MOST_SEEDS:,}")
        if not value or len(set(value)) != len(value) or any(not 0 <= seed < 2**31 for seed in value):
            raise ValueError("must be one or more different whole numbers from 0 to 2147483647")
        return value


class Schedule(Section):
    """How the learning rate moves over the run. `training.lr` is its scale, and turning that scales it from then on.

    Times are in steps; only reduce-on-plateau, which looks at validation, counts epochs.
    """

    kind: Literal["constant", "step", "exponential", "cosine", "cosine_restarts", "one_cycle", "plateau"] = setting(
        "constant", "how the learning rate changes over the run", live=True
    )
    warmup: int = setting(
        0,
        "first steps in which the rate rises in a line, before any schedule",
        unit="steps",
        ge=0,
        step=10,
        live=True,
        typical=(0, 1000),
    )
    step_size: int = setting(
        1000,
        "the rate is times gamma after each so many",
        unit="steps",
        ge=1,
        step=100,
        live=True,
        only_with=_DECAY,
        typical=(100, 5000),
    )
    gamma: float = setting(
        0.1,
        "what the rate is multiplied by every step_size",
        gt=0,
        le=1,
        step=0.05,
        live=True,
        only_with=_DECAY,
        typical=(0.1, 1),
    )
    decay_steps: int = setting(
        0,
        "length of the schedule; 0: to the end of the run",
        unit="steps",
        ge=0,
        step=100,
        live=True,
        only_with=_LONG,
        typical=(0, 5000),
    )
    alpha: float = setting(
        0.0,
        "lowest rate of a cosine, as a share of lr",
        ge=0,
        le=1,
        step=0.05,
        live=True,
        only_with=_COSINES,
        typical=(0, 0.5),
    )
    first_decay_steps: int = setting(
        1000,
        "length of the first cosine",
        unit="steps",
        ge=1,
        step=100,
        live=True,
        only_with=_RESTARTS,
        typical=(100, 5000),
    )
    t_mul: float = setting(
        2.0,
        "each restart's length over the last one's",
        ge=1,
        le=100,
        step=0.5,
        live=True,
        only_with=_RESTARTS,
        typical=(1, 4),
    )
    m_mul: float = setting(
        1.0,
        "each restart's height over the last one's",
        gt=0,
        le=10,
        step=0.1,
        live=True,
        only_with=_RESTARTS,
        typical=(0.1, 1),
    )
    pct_start: float = setting(
        0.3,
        "share of the cycle in which the rate rises to lr",
        gt=0,
        lt=1,
        step=0.05,
        live=True,
        only_with=_CYCLE,
        typical=(0.05, 0.5),
    )
    div_factor: float = setting(
        25.0,
        "lr over the rate at the start",
        ge=1,
        le=1e9,
        scale="log",
        step=1,
        live=True,
        only_with=_CYCLE,
        typical=(1, 100),
    )
    final_div_factor: float = setting(
        1e4,
        "the rate at the start over that at the end",
        ge=1,
        le=1e9,
        scale="log",
        step=1,
        typical=(1, 1e6),
        live=True,
        only_with=_CYCLE,
    )
    factor: float = setting(
        0.1, "what the rate is multiplied by on a plateau of val_loss", gt=0, lt=1, step=0.1, live=True,
        only_with=_PLATEAU, typical=(0.1, 0.9),
    )  # fmt: skip
    patience: int = setting(
        10, "epochs without improvement that are a plateau", unit="epochs", ge=0, step=5, live=True,
        only_with=_PLATEAU, typical=(0, 50),
    )  # fmt: skip
    min_delta: float = setting(
        1e-4,
        "an improvement is more than this",
        ge=0,
        le=1e6,
        scale="log",
        step=1e-4,
        live=True,
        only_with=_PLATEAU,
        typical=(0, 0.1),
    )
    cooldown: int = setting(
        0, "epochs after a reduction that are not counted", unit="epochs", ge=0, live=True, only_with=_PLATEAU,
        typical=(0, 20),
    )  # fmt: skip


class EarlyStopping(Section):
    """When a lane stops because its validation no longer improves."""

    patience: int = setting(
        0, "stops an arm after so many epochs without improvement; 0: never", unit="epochs",
        ge=0, step=5, typical=(0, 50), live=True,
    )  # fmt: skip
    min_delta: float = setting(
        0.0, "an improvement is more than this", ge=0, le=1e6, scale="log", step=1e-4, typical=(0, 0.1), live=True
    )
    start_from_epoch: int = setting(
        0, "so many first epochs are not looked at", unit="epochs", ge=0, step=10, typical=(0, 100), live=True
    )
    restore_best: bool = setting(True, "end with the weights of the best epoch", live=True)
    action: Literal["stop", "watch"] = setting(
        "stop", "stop: the lane ends; watch: it trains on, the would-be stop is marked", live=True
    )
    monitor: Literal["val_loss", "val_acc", "train_loss"] = setting("val_loss", "what must improve")
