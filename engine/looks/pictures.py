"""The images that a lane's network is fed, and those that it gets most wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.looks.registry import look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from engine.events import Inputs
    from engine.lab import Lab

COUNT = 16
# Of larger images as many pixels are taken, at an even pitch: no terminal shows more.
SIDE = 64
Pixels = tuple[tuple[tuple[int, int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """One image as rows of RGB pixels (0 to 255), and its caption."""

    pixels: Pixels
    caption: str


@dataclass(frozen=True, slots=True)
class Pictures:
    """What the lane's network is fed in its next batch, and its worst mistakes on the validation data."""

    fed: tuple[Picture, ...]
    mistakes: tuple[Picture, ...]


def _shows_classes(inputs: Inputs, layers: Sequence[str]) -> bool:
    return inputs.images and inputs.task == "classification"


@look("fed", Pictures, needs="images of classes", fits=_shows_classes)
def fed(lab: Lab, arm: str, seed: int) -> Pictures:
    """What the lane is fed, without its mistakes."""
    task = lab.lane(arm, seed)[0].task
    if lab.finished:
        return Pictures((), ())
    shown, names = lab.fed(arm, seed, COUNT), task.class_names
    pictures = []
    for place, image in enumerate(shown.x):
        caption = names[int(shown.y[place])]
        if shown.other is not None and shown.share < 1:
            caption += f"+{names[int(shown.other[place])]} {shown.share:.0%}"
        pictures.append(Picture(pixels(image), caption))
    return Pictures(tuple(pictures), ())


@look("pictures", Pictures, of_weights=True, needs="images of classes", fits=_shows_classes)
def pictures(lab: Lab, arm: str, seed: int) -> Pictures:
    """What the lane is fed and gets most wrong."""
    shown = fed(lab, arm, seed)
    names, wrong = lab.lane(arm, seed)[0].task.class_names, lab.mistakes(arm, seed, COUNT)
    missed = [
        Picture(pixels(image), f"{names[int(predicted)]} not {names[int(true)]}")
        for image, true, predicted in zip(wrong.x, wrong.y, wrong.predicted, strict=True)
    ]
    return Pictures(shown.fed, tuple(missed))


def pixels(image_CHW: Tensor) -> Pixels:
    """Stretched to the image's own range, so that standardized inputs can be seen too."""
    x = image_CHW.float().nan_to_num()
    x = x[:, :: -(-x.shape[1] // SIDE), :: -(-x.shape[2] // SIDE)]
    low, high = x.min(), x.max()
    x = ((x - low) / (high - low).clamp(min=1e-6) * 255).round().clamp(0, 255).int()
    rgb = (x if x.shape[0] >= 3 else x[:1].expand(3, -1, -1))[:3].permute(1, 2, 0).tolist()
    return tuple(tuple((r, g, b) for r, g, b in row) for row in rgb)
