"""What is in a folder of images, and the preset for it."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.data.folder import images_of
from engine.data.words import listed, shown
from engine.events import Loading
from engine.propose.proposal import Proposal, Row, Sizes, literal, plan_of, written

_LARGEST_SIDE, _SMALLEST_SIDE = 32, 8
# A step of a convolutional network takes ten times as long as one on a table.
_STEPS = 400
# So many headers of images are read.
_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class ImageSurvey:
    """What was found.

    Attributes
    ----------
    classes : each class and how many images it has to train on.
    test : images of the folder's own test part; 0 where it has none.
    side : the usual length of the shorter side, pixels; None where no image could be read.
    """

    path: str
    classes: tuple[tuple[str, int], ...]
    test: int
    side: int | None

    def proposal(self) -> Proposal:
        """The preset, and what was found in a few lines."""
        images = sum(count for _, count in self.classes)
        train = round((0.8 if self.test else 0.6) * images)
        size = min(_LARGEST_SIDE, max(_SMALLEST_SIDE, self.side or _LARGEST_SIDE))
        sizes = Sizes.of(train, 3 * size**2, _STEPS)
        hidden = min(sizes.width, 128)
        network = f"CNN of 8 and 16 channels, then {hidden} units"
        few = [f"{shown(name, 20)} ({count:,})" for name, count in self.classes]
        name = shown(Path(self.path).resolve().name or "own images", 60)
        test = f", and {self.test:,} in its own test part" if self.test else ""
        side = f", usually {self.side} pixels on the shorter side" if self.side else ""
        found = (
            f"{name}: {images:,} images{test}{side}, read as {size} x {size}",
            f"target: the folder that an image lies in: {len(self.classes):,} classes: {listed(few, 6)}",
            *plan_of(network, sizes),
        )
        rows: list[Row] = [
            ("source", '"folder"', "images of yours, a folder for each class"),
            ("path", literal(self.path), "as seen from the folder that regtui is started in"),
            ("size", str(size), "side that the images are resized to, pixels"),
        ]
        if self.test:
            rows.append(("train", "0.8", "share of `train` that the weights learn from; the rest validates"))
        else:
            rows.append(("train", "0.6", "share of the images that the weights learn from"))
            rows.append(("validation", "0.2", "share that is measured after every epoch; the rest is the test part"))
        rows.append(("scale", '"unit"', "pixels from 0 to 1"))
        model: list[Row] = [
            ("kind", '"cnn"', "convolutions, then a fully connected layer"),
            ("channels", "[8, 16]", "of the convolutions"),
            ("hidden", f"[{hidden}]", "units of the fully connected layer"),
        ]
        title = f"{name}: does regularization help to tell {len(self.classes):,} classes of images apart?"
        summary = f"{images:,} images, {len(self.classes):,} classes: nothing, L2, dropout, both, early stopping."
        return Proposal(written(title, summary, found, rows, model, sizes), found)


def survey_of_images(path: str, report: Callable[[Loading], None]) -> ImageSurvey:
    """Look at the folder, and at the sizes of some images. Raises PresetError where it cannot be used."""
    train, test = images_of(path, report)
    return ImageSurvey(
        path,
        tuple((name, len(images)) for name, images in train.items()),
        sum(map(len, test.values())),
        _side(list(train.values())),
    )


def _side(classes: Sequence[Sequence[Path]]) -> int | None:
    """The median of the shorter side of some images of every class; what is no image is met when it is loaded."""
    from engine.data.images import side_of

    share = max(1, _LOOKED_AT // len(classes))
    paths = [path for images in classes for path in images[:share]][: 2 * _LOOKED_AT]
    sides = [side for path in paths if (side := side_of(path)) is not None]
    return round(statistics.median(sides)) if sides else None
