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

    dropout: float = setting(
        0.0, "switches off this share of the hidden units at random in each step, so that none is relied upon",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.8), live=True, needs_hidden=True,
    )  # fmt: skip
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
        0.0, "switches off this share of whole channels at random in each step",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.5), live=True, only_with=_CONVOLVED,
    )  # fmt: skip
    drop_path: float = setting(
        0.0, "share of examples that go past a residual branch, drawn in each step",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.5), live=True, only_with=_RESIDUAL,
    )  # fmt: skip
    l2: float = setting(
        0.0, "pulls the weights towards 0, large ones most: adds 0.5 * l2 * sum(W^2) to the loss",
        ge=0, le=1000, scale="log", step=1e-4, typical=(0, 0.1), live=True,
    )  # fmt: skip
    l1: float = setting(
        0.0, "pulls the weights towards 0, many of them all the way: adds l1 * sum(|W|) to the loss",
        ge=0, le=1000, scale="log", step=1e-5, typical=(0, 0.01), live=True,
    )  # fmt: skip
    l2_layers: list[int] = setting([], "the layers that l2 acts on, from 1 (the output is the last); none: all")
    l1_layers: list[int] = setting([], "the layers that l1 acts on, from 1 (the output is the last); none: all")
    bias_l2: float = setting(
        0.0, "pulls the biases towards 0, large ones most: adds 0.5 * bias_l2 * sum(b^2)",
        ge=0, le=1000, scale="log", step=1e-4, typical=(0, 0.1), live=True,
    )  # fmt: skip
    bias_l1: float = setting(
        0.0, "pulls the biases towards 0, many of them all the way: adds bias_l1 * sum(|b|)",
        ge=0, le=1000, scale="log", step=1e-5, typical=(0, 0.01), live=True,
    )  # fmt: skip
    activity_l1: float = setting(
        0.0, "lets few hidden units be active: adds activity_l1 * sum(|h|) / B, h their outputs",
        ge=0, le=1000, scale="log", step=1e-5, typical=(0, 0.01), live=True, needs_hidden=True,
    )  # fmt: skip
    activity_l2: float = setting(
        0.0, "keeps the hidden outputs small: adds activity_l2 * sum(h^2) / B, h the outputs",
        ge=0, le=1000, scale="log", step=1e-5, typical=(0, 0.01), live=True, needs_hidden=True,
    )  # fmt: skip
    activity_layers: list[int] = setting([], "the hidden layers whose outputs are penalized, from 1; none: all")
    orthogonal: float = setting(
        0.0, "makes units differ: adds orthogonal * mean |cosine| between the rows of W (in x out)",
        ge=0, le=1000, scale="log", step=0.01, typical=(0, 10), live=True,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "shrinks the weights beside the step (decoupled): W <- W * (1 - lr * weight_decay)",
        ge=0, le=1000, scale="log", step=1e-3, typical=(0, 10), live=True,
    )  # fmt: skip
    label_smoothing: float = setting(
        0.0, "lets no answer be quite certain: the targets become y (1 - e) + e / classes",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.3), live=True, needs_classes=True,
    )  # fmt: skip
    input_noise: float = setting(
        0.0, "adds normal noise of this standard deviation to the inputs in training",
        ge=0, le=100, step=0.05, typical=(0, 1), live=True,
    )  # fmt: skip
    weight_noise: float = setting(
        0.0, "adds normal noise of this standard deviation to the weights in training",
        ge=0, le=100, scale="log", step=0.01, typical=(0, 0.5), live=True,
    )  # fmt: skip
    gaussian_dropout: float = setting(
        0.0, "multiplies the hidden units by noise N(1, sqrt(p / (1 - p))) in training",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.8), live=True, needs_hidden=True,
    )  # fmt: skip
    max_norm: float = setting(
        0.0, "the largest norm that a unit's incoming weights may have; 0: no limit",
        ge=0, le=1e6, scale="log", step=0.5, typical=(0, 10), live=True,
    )  # fmt: skip
    mixup: float = setting(
        0.0, "blends each example with another one, in shares drawn from Beta(a, a)",
        ge=0, le=100, step=0.1, typical=(0, 1), live=True,
    )  # fmt: skip
    cutmix: float = setting(
        0.0, "pastes a box of another image into each, its area drawn from Beta(a, a)",
        ge=0, le=100, step=0.1, typical=(0, 1), live=True, needs_images=True,
    )  # fmt: skip

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
        0.0, "moves each image by up to so much along each side", unit="pixels",
        ge=0, le=512, typical=(0, 4), live=True, needs_images=True,
    )  # fmt: skip
    rotate: float = setting(
        0.0, "turns each image by up to this angle, either way", unit="degrees",
        ge=0, le=180, step=5, typical=(0, 45), live=True, needs_images=True,
    )  # fmt: skip
    zoom: float = setting(
        0.0, "scales each image by 1 - zoom to 1 + zoom",
        ge=0, lt=ONE, step=0.05, typical=(0, 0.5), live=True, needs_images=True,
    )  # fmt: skip
    hflip: float = setting(
        0.0, "share of images that are mirrored left to right",
        ge=0, le=1, step=0.1, typical=(0, 0.5), live=True, needs_images=True,
    )  # fmt: skip
    vflip: float = setting(
        0.0, "share of images that are mirrored upside down",
        ge=0, le=1, step=0.1, typical=(0, 0.5), live=True, needs_images=True,
    )  # fmt: skip
    cutout: int = setting(
        0, "side of a square of zeros somewhere in each image", unit="pixels",
        ge=0, le=512, step=2, typical=(0, 16), live=True, needs_images=True,
    )  # fmt: skip
