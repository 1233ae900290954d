"""A closer look at one lane, on request: its activations, its weights, what it says over the plane or the line.

Each probe waits for the device, so it is asked for by a person and answered between two steps, a few times a second.
None of them changes the run: no generator is drawn from, no statistics move.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.data import Task
from engine.lab import Lab
from engine.stack import Stack

# Examples of the training data that activations are looked at on, and bins of their histograms.
_EXAMPLES = 256
_BINS = 24
# A weight nearer to zero than this does next to nothing.
NEAR_ZERO = 1e-3


@dataclass(frozen=True, slots=True)
class LayerActivity:
    """The outputs of one hidden layer on some training examples, in evaluation mode.

    `counts` are of `low` to `high` in equal bins. `dead` is the share of units that give 0 for every example (relu);
    `saturated` the share of outputs within 1 % of the activation's ends (tanh, sigmoid).
    """

    layer: str
    low: float
    high: float
    counts: tuple[int, ...]
    mean: float
    std: float
    dead: float
    saturated: float


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """One layer's weights: their norm, the last step's change against it, and the share of weights near zero."""

    layer: str
    norm: float
    update_ratio: float
    near_zero: float


@dataclass(frozen=True, slots=True)
class Surface:
    """What a lane says over the plane of its two inputs: the class of each cell, rows from the top.

    `points` are (x, y, class, part) with part "train" and "validation", once the run has ended "train" and "test"
    (which is not looked at before), in the scale in which the network sees them.
    """

    left: float
    right: float
    bottom: float
    top: float
    classes: tuple[tuple[int, ...], ...]
    confidence: tuple[tuple[float, ...], ...]
    points: tuple[tuple[float, float, int, str], ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """What a lane says along its one input, and the examples: (x, y, part), the parts as for a surface."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    points: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image as rows of RGB pixels (0 to 255), and what is said of it."""

    pixels: tuple[tuple[tuple[int, int, int], ...], ...]
    caption: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the lane's network is fed in its next batch, and its worst mistakes on the validation data."""

    fed: tuple[Picture, ...]
    mistakes: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of true class (rows) by predicted class: on the validation data, once the run has ended on test data."""

    counts: tuple[tuple[int, ...], ...]
    names: tuple[str, ...]
    part: str


Seen = (
    tuple[LayerActivity, ...] | tuple[LayerWeights, ...] | Surface | Fit | Pictures | Confusion | tuple[Any, ...] | None
)

# The grid of a surface, cells: drawn in half-blocks, two to a line.
_COLUMNS, _ROWS = 96, 48
_PICTURES = 16


def look(lab: Lab, what: str, arm: str, seed: int) -> Seen:
    """One probe by its name. None where it has no meaning for the lane's data.

    activity, weights, surface, fit, pictures, fed (pictures without the mistakes), confusion, or schedule: (epoch,
    learning rate) over the arm's run.
    """
    stack, lane = lab.lane(arm, seed)
    match what:
        case "activity":
            return activity(stack, lane)
        case "weights":
            stack.watches_updates = True
            return weights(stack, lane)
        case "surface":
            return surface(stack, lane, _COLUMNS, _ROWS, ended=lab.finished)
        case "fit":
            return fit(stack, lane, ended=lab.finished)
        case "pictures":
            return pictures(lab, arm, seed)
        case "fed":
            return pictures(lab, arm, seed, mistakes=False)
        case "confusion":
            return confusion(lab, arm, seed)
        case "schedule":
            return tuple(lab.schedule(arm))
    raise ValueError(f"unknown probe {what!r}")


def pictures(lab: Lab, arm: str, seed: int, mistakes: bool = True) -> Pictures | None:
    """What the lane is fed and gets most wrong; None where its inputs are no images."""
    task = lab.lane(arm, seed)[0].task
    if task.image_shape is None or task.kind != "classification":
        return None
    names = task.class_names
    fed = None if lab.finished else lab.fed(arm, seed, _PICTURES)
    told = []
    if fed is not None:
        for place, image in enumerate(fed.x):
            caption = names[int(fed.y[place])]
            if fed.other is not None and fed.share < 1:
                caption += f"+{names[int(fed.other[place])]} {fed.share:.0%}"
            told.append(Picture(_pixels(image), caption))
    if not mistakes:
        return Pictures(tuple(told), ())
    wrong = lab.mistakes(arm, seed, _PICTURES)
    missed = [
        Picture(_pixels(image), f"{names[int(predicted)]} not {names[int(true)]}")
        for image, true, predicted in zip(wrong.x, wrong.y, wrong.predicted, strict=True)
    ]
    return Pictures(tuple(told), tuple(missed))


def _pixels(image_CHW: Tensor) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    """Stretched to the image's own range, so that standardized inputs can be seen too."""
    x = image_CHW.float().nan_to_num()
    low, high = x.min(), x.max()
    x = ((x - low) / (high - low).clamp(min=1e-6) * 255).round().clamp(0, 255).int()
    rgb = (x if x.shape[0] >= 3 else x[:1].expand(3, -1, -1))[:3].permute(1, 2, 0).tolist()
    return tuple(tuple((r, g, b) for r, g, b in row) for row in rgb)


def confusion(lab: Lab, arm: str, seed: int) -> Confusion | None:
    """Whom the lane takes for whom; None for regressions."""
    counts, part = lab.test_confusion(arm, seed), "test"
    if counts is None:
        counts, part = lab.confusion(arm, seed), "validation"
    if counts is None:
        return None
    names = lab.lane(arm, seed)[0].task.class_names
    return Confusion(tuple(tuple(row) for row in counts.tolist()), names, part)


@torch.no_grad()
def activity(stack: Stack, lane: int) -> tuple[LayerActivity, ...]:
    """The activations of every hidden layer."""
    task = stack.task
    group = _group(stack, lane)
    taps: list[tuple[str, Tensor]] = []
    stack.outputs(task.train_x_SNI[group : group + 1, :_EXAMPLES].expand(1, -1, -1), taps)
    kind = stack.arms[0].settings.model.activation
    told = []
    for layer, h_LB in taps:
        h_BU = h_LB[lane].float().flatten(1)
        low, high = h_BU.min().item(), h_BU.max().item()
        finite = low > -torch.inf and high < torch.inf
        top = max(high, low + 1e-6)
        counts = torch.histc(h_BU, _BINS, low, top).tolist() if finite else [0.0] * _BINS
        ends = {"tanh": (-0.99, 0.99), "sigmoid": (0.01, 0.99)}.get(kind)
        told.append(
            LayerActivity(
                layer=layer,
                low=low,
                high=high,
                counts=tuple(int(count) for count in counts),
                mean=h_BU.mean().item(),
                std=h_BU.std().item(),
                dead=(h_BU == 0).all(dim=0).float().mean().item() if kind == "relu" else 0.0,
                saturated=((h_BU < ends[0]) | (h_BU > ends[1])).float().mean().item() if ends else 0.0,
            )
        )
    return tuple(told)


@torch.no_grad()
def weights(stack: Stack, lane: int) -> tuple[LayerWeights, ...]:
    """The weights of every layer; the update's ratio is NaN before a watched step, and once the lane has stopped."""
    told = []
    for slot in stack.layout.matrices:
        w_P = stack.theta_LP[lane, slot.columns]
        norm = w_P.norm().item()
        ratio = float("nan")
        if stack.before_LP is not None and not stack.has_stopped(lane):
            before_P = stack.before_LP[lane, slot.columns]
            ratio = ((w_P - before_P).norm() / before_P.norm().clamp(min=1e-30)).item()
        told.append(LayerWeights(slot.layer, norm, ratio, (w_P.abs() < NEAR_ZERO).float().mean().item()))
    return tuple(told)


@torch.no_grad()
def surface(stack: Stack, lane: int, columns: int, rows: int, points: int = 100, ended: bool = False) -> Surface | None:
    """The lane's classes over the plane, or None where its inputs are not two."""
    task = stack.task
    if task.features != 2 or task.kind == "regression":
        return None
    group = _group(stack, lane)
    train_x, val_x = task.train_x_SNI[group], task.val_x_SNI[group]
    both = torch.cat([train_x, val_x])
    low, high = both.min(dim=0).values, both.max(dim=0).values
    margin = 0.08 * (high - low).clamp(min=1e-6)
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    xs = torch.linspace(left, right, columns, dtype=both.dtype, device=both.device)
    ys = torch.linspace(top, bottom, rows, dtype=both.dtype, device=both.device)
    grid_NI = torch.stack([xs.repeat(rows), ys.repeat_interleave(columns)], dim=1)
    outputs_NC = stack.outputs(grid_NI.unsqueeze(0))[lane]
    if outputs_NC.shape[1] == 1:
        p_N = outputs_NC[:, 0].sigmoid()
        classes, confidence = (p_N > 0.5).long(), torch.maximum(p_N, 1 - p_N)
    else:
        confidence, classes = outputs_NC.softmax(dim=1).max(dim=1)
    shown = [(x, y, int(label), part) for part, (x, y), label in _examples(task, group, points, ended)]
    return Surface(
        left, right, bottom, top,
        tuple(tuple(row) for row in classes.view(rows, columns).tolist()),
        tuple(tuple(row) for row in confidence.view(rows, columns).tolist()),
        tuple(shown),
    )  # fmt: skip


@torch.no_grad()
def fit(stack: Stack, lane: int, count: int = 200, points: int = 200, ended: bool = False) -> Fit | None:
    """The lane's curve over its one input, or None where it has several inputs or tells classes."""
    task = stack.task
    if task.features != 1 or task.kind != "regression":
        return None
    group = _group(stack, lane)
    train_x = task.train_x_SNI[group]
    low, high = train_x.min().item(), train_x.max().item()
    xs = torch.linspace(low, high, count, dtype=train_x.dtype, device=train_x.device)
    ys = stack.outputs(xs.view(1, -1, 1))[lane, :, 0]
    shown = [(x, y, part) for part, (x,), y in _examples(task, group, points, ended)]
    return Fit(tuple(xs.tolist()), tuple(ys.tolist()), tuple(shown))


def _examples(task: Task, group: int, most: int, ended: bool) -> Iterator[tuple[str, list[float], float]]:
    """Part, inputs and target of some training examples and some held out; test data are shown when the run is over."""
    held = (
        ("test", task.test_x_SNI, task.test_y_SN) if ended else ("validation", task.val_x_SNI, task.val_y_SN)
    )  # fmt: skip
    for part, x_SNI, y_SN in (("train", task.train_x_SNI, task.train_y_SN), held):
        for x, y in zip(x_SNI[group, :most].tolist(), y_SN[group, :most].tolist(), strict=True):
            yield part, x, y


def _group(stack: Stack, lane: int) -> int:
    """The lane's place in the data's leading axis: its seed's, or 0 where all seeds share the split."""
    seed = stack.lanes[lane][1]
    return stack.seeds.index(seed) if stack.task.train_x_SNI.shape[0] > 1 else 0
