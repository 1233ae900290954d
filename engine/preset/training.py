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
        0.9, "share of the last step's velocity that is kept", ge=0, lt=ONE, step=0.05, live=True, only_with=_MOMENTUM
    )
    beta1: float = setting(
        0.9, "Adam's decay of the mean of gradients", ge=0, lt=ONE, step=0.05, live=True, only_with=_ADAM
    )
    beta2: float = setting(
        0.999, "Adam's decay of the mean of squared gradients", ge=0, lt=ONE, step=0.001, live=True, only_with=_ADAM
    )
    rho: float = setting(
        0.99,
        "RMSprop's decay of the mean of squared gradients: torch's alpha, 0.99 (Keras' rho is 0.9)",
        ge=0,
        lt=ONE,
        step=0.01,
        live=True,
        only_with=_RMSPROP,
    )
    eps: float = setting(
        1e-8,
        "the guard against division by zero of Adam, Adagrad and RMSprop",
        ge=1e-37,  # below that float32 has no full precision, and soon 0
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
    # With batch norm each average takes a forward pass over the training data, for running statistics of its own.
    ema: float = setting(
        0.0,
        "decay of an exponential average of the weights, measured beside them (batch norm: one more pass an epoch)",
        ge=0,
        lt=ONE,
        step=0.01,
        live=True,
    )
    swa_start: int = setting(
        0,
        "from this epoch on the weights' equal average is measured; 0: never (batch norm: one more pass an epoch)",
        unit="epochs",
        ge=0,
        live=True,
    )
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
