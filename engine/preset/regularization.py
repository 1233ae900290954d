"""What hinders a network, and how images are changed on their way into training."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, field_validator

from engine.preset.setting import ONE, Section, setting

_MOST_LAYERS = 256  # more than the deepest network has
_CONVOLVED = ("model.kind", ("cnn", "resnet"))
_RESIDUAL = ("model.kind", ("resnet",))


class Regularization(Section):
    """What hinders the network. 0 switches a technique off."""

    dropout: float = setting(0.0, "share of hidden units dropped at each step", ge=0, lt=ONE, step=0.05, live=True)
    dropout_style: Literal["inverted", "book"] = setting(
        "inverted",
        "inverted: scaled by 1/(1-p) in training; book: not scaled there, but by 1-p in evaluation (Saitoh 2016)",
        validation_alias=AliasChoices("dropout_style", "style"),
    )
    dropout_layers: list[int] = setting(
        [],
        "the hidden layers that dropout and gaussian_dropout act on, from 1 (spatial_dropout: all convolutions);"
        " none: all",
    )
    spatial_dropout: float = setting(
        0.0,
        "share of whole channels dropped at each step",
        ge=0,
        lt=ONE,
        step=0.05,
        live=True,
        only_with=_CONVOLVED,
    )
    drop_path: float = setting(
        0.0,
        "share of examples that go past a residual branch",
        ge=0,
        lt=ONE,
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
    label_smoothing: float = setting(0.0, "targets y (1 - e) + e / classes", ge=0, lt=ONE, step=0.05, live=True)
    input_noise: float = setting(0.0, "std of normal noise on the inputs", ge=0, le=100, step=0.05, live=True)
    weight_noise: float = setting(
        0.0, "std of normal noise on the weights of the training pass", ge=0, le=100, scale="log", step=0.001, live=True
    )
    gaussian_dropout: float = setting(
        0.0, "hidden units times N(1, sqrt(p / (1 - p))) in training", ge=0, lt=ONE, step=0.05, live=True
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
        needs_images=True,
    )

    @field_validator("dropout_layers", "l2_layers", "l1_layers", "activity_layers")
    @classmethod
    def _numbered_from_1(cls, value: list[int]) -> list[int]:
        if len(value) > _MOST_LAYERS:
            raise ValueError(f"must be at most {_MOST_LAYERS} layers")
        if any(number < 1 for number in value):
            raise ValueError("layers are numbered from 1")
        return value


class Augment(Section):
    """How images are changed on their way into training, each one anew. 0 switches a change off."""

    shift: float = setting(
        0.0, "largest shift along each side", unit="pixels", ge=0, le=512, live=True, needs_images=True
    )
    rotate: float = setting(
        0.0, "largest angle, either way", unit="degrees", ge=0, le=180, step=5, live=True, needs_images=True
    )
    zoom: float = setting(0.0, "scaled by 1 - zoom to 1 + zoom", ge=0, lt=ONE, step=0.05, live=True, needs_images=True)
    hflip: float = setting(
        0.0, "share of images mirrored left to right", ge=0, le=1, step=0.1, live=True, needs_images=True
    )
    vflip: float = setting(
        0.0, "share of images turned upside down (mirrored)", ge=0, le=1, step=0.1, live=True, needs_images=True
    )
    cutout: int = setting(
        0, "side of a square of zeros somewhere in the image", unit="pixels", ge=0, le=512, live=True,
        needs_images=True,
    )  # fmt: skip
