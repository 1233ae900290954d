"""The data of an experiment: source, split and scale put together, resident on the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engine.data import scale, split
from engine.data.pool import Ints, Part, Pool
from engine.events import Inputs, Loading
from engine.memory import free_memory, refuse_what_cannot_fit
from engine.preset.errors import PresetError
from engine.preset.schema import Data
from engine.preset.sources import SOURCES
from engine.text import quoted


@dataclass(frozen=True)
class Task:
    """The data of one experiment for some seeds.

    Attributes
    ----------
    train_x_SNI, val_x_SNI, test_x_SNI : inputs. The axis S has one place for each seed, or is 1 where all seeds share
        the split (`split = "first"` or "all").
    train_y_SN, val_y_SN, test_y_SN : class numbers, int64; numbers of the inputs' dtype in a regression.
    features, classes : the lengths of a network's input and output. Binary tasks and regressions have one output.
    image_shape : (channels, height, width) where examples are images, their inputs flattened in that order.
    class_names : by class number; empty in a regression.
    kind : classification, binary or regression.
    standard : what images were standardized by; None where they were not, or examples are no images.
    warnings : what the user should know about the data, a line each.
    measured_SM : places of the training examples that are measured after each epoch; None where all are.
    """

    train_x_SNI: Tensor
    train_y_SN: Tensor
    val_x_SNI: Tensor
    val_y_SN: Tensor
    test_x_SNI: Tensor
    test_y_SN: Tensor
    features: int
    classes: int
    image_shape: tuple[int, int, int] | None
    class_names: tuple[str, ...]
    kind: str = "classification"
    standard: scale.Standard | None = None
    warnings: tuple[str, ...] = ()
    measured_SM: Tensor | None = None

    @property
    def inputs(self) -> Inputs:
        """What a network is trained on, in short."""
        return Inputs(self.features, self.kind, self.image_shape is not None)


def ignore(event: Loading) -> None:
    """For callers who do not show progress."""


class Load(Protocol):
    """Where a lab's data come from; see `load_task`."""

    def __call__(
        self,
        data: Data,
        seeds: Sequence[int],
        device: torch.device,
        dtype: torch.dtype,
        report: Callable[[Loading], None],
        /,
    ) -> Task: ...


def load_task(
    data: Data,
    seeds: Sequence[int],
    device: torch.device,
    dtype: torch.dtype,
    report: Callable[[Loading], None] = ignore,
) -> Task:
    """Load, split and scale.

    Parameters
    ----------
    seeds : of the lanes, one split for each under `split = "random"`.
    dtype : of the inputs.
    report : called with what is being waited for.

    Raises
    ------
    PresetError
        The source cannot be read, or has too few examples.
    """
    if SOURCES[data.source].generated:
        # Of each example an input, its noise and a target are in memory at once.
        _refuse_what_cannot_fit(data, data.samples, None, 1, len(seeds), dtype, loading=24 * data.samples)
    pool = SOURCES[data.source].load(data, report)
    if data.features:
        pool = _first_features(data, pool)
    if data.kind == "binary" and len(pool.class_names) != 2:
        raise PresetError(f"data.task = 'binary': {data.source} has {len(pool.class_names)} classes, binary needs two")
    official = None if pool.test is None else len(pool.test)
    _refuse_what_cannot_fit(data, len(pool.pool), official, pool.pool.x_NI.shape[1], len(seeds), dtype)
    if data.split == "all":
        splits = [split.everything(len(pool.pool), official)]
    elif data.split == "first":
        splits = [split.first(split.sizes(data, len(pool.pool), official), official)]
    else:
        sizes = split.sizes(data, len(pool.pool), official)
        official_y_N = None if pool.test is None else pool.test.y_N
        # A regression has no classes to stratify by.
        y_N = np.zeros(len(pool.pool), dtype=np.int64) if data.kind == "regression" else pool.pool.y_N
        splits = [split.at_random(sizes, seed, y_N, official_y_N) for seed in seeds]
    scalings = [scale.fit(data.scale, pool.pool.x_NI, part.train_N, pool.top) for part in splits]

    def gathered(part: Part, rows_SN: list[Ints]) -> tuple[Tensor, Tensor]:
        shape = (len(rows_SN), len(rows_SN[0]), part.x_NI.shape[1])
        x_SNI = torch.empty(shape, dtype=dtype, device=device)
        for x_NI, rows_N, scaling in zip(x_SNI, rows_SN, scalings, strict=True):
            scale.scaled(scaling, part.x_NI, rows_N, x_NI)
        if data.target_scale == "standard":
            ys = [scale.scaled_targets(part.y_N, split_of_seed.train_N) for split_of_seed in splits]
        else:
            ys = [part.y_N] * len(splits)
        y_SN = torch.stack([torch.from_numpy(y_N[rows_N]) for y_N, rows_N in zip(ys, rows_SN, strict=True)])
        return x_SNI, y_SN.to(device, dtype if y_SN.is_floating_point() else y_SN.dtype)

    train_x_SNI, train_y_SN = gathered(pool.pool, [part.train_N for part in splits])
    val_x_SNI, val_y_SN = gathered(pool.pool, [part.val_N for part in splits])
    test_x_SNI, test_y_SN = gathered(pool.test or pool.pool, [part.test_N for part in splits])
    return Task(
        train_x_SNI,
        train_y_SN,
        val_x_SNI,
        val_y_SN,
        test_x_SNI,
        test_y_SN,
        features=pool.pool.x_NI.shape[1],
        classes=len(pool.class_names) if data.kind == "classification" else 1,
        image_shape=pool.image_shape,
        class_names=pool.class_names,
        kind=data.kind,
        standard=scale.Standard.of(scalings, device, dtype) if data.scale == "standard" and pool.image_shape else None,
        warnings=_warnings(data, pool),
        measured_SM=_measured(data, splits, seeds, pool.pool.y_N, device),
    )


def _measured(
    data: Data, splits: Sequence[split.Split], seeds: Sequence[int], y_N: Ints, device: torch.device
) -> Tensor | None:
    """Places in the training part, [S, M]; of a split that all seeds share they are the same for all."""
    classes_N = np.zeros(len(y_N), dtype=np.int64) if data.kind == "regression" else y_N
    keys = seeds if data.split == "random" else [0]
    places = [
        split.measured(classes_N[part.train_N], data.train_eval, seed) for part, seed in zip(splits, keys, strict=True)
    ]
    found = [places_M for places_M in places if places_M is not None]
    return torch.from_numpy(np.stack(found)).to(device) if found else None


def _refuse_what_cannot_fit(
    data: Data, examples: int, official: int | None, features: int, seeds: int, dtype: torch.dtype, loading: int = 0
) -> None:
    """Raise PresetError where the parts, for every seed its own, take more memory than is free.

    Parameters
    ----------
    examples, official : in the pool, and in the official test part.
    loading : bytes that making the examples takes.
    """
    if data.split == "all":
        rows, splits = 3 * examples, 1
    else:
        sizes = split.sizes(data, examples, official)
        rows, splits = sizes.train + sizes.validation + sizes.test, seeds if data.split == "random" else 1
    words = f"{examples:,} examples of {data.source}" + (f" under {splits:,} seeds" if splits > 1 else "")
    # A target and the number of a row are of 8 bytes each.
    need = loading + splits * rows * (features * dtype.itemsize + 16)
    generated = SOURCES[data.source].generated
    fewer = "fewer data.samples" if generated else "less data (data.train, data.validation, data.test)"
    refuse_what_cannot_fit(need, free_memory(), words, f"{fewer}, or fewer seeds")


def _warnings(data: Data, pool: Pool) -> tuple[str, ...]:
    """How the examples were read; and that a class has one example, which can be in one part alone."""
    if data.kind == "regression" or data.split == "all":
        return pool.notes
    counts_C = np.bincount(pool.pool.y_N, minlength=len(pool.class_names))
    single = [quoted(pool.class_names[number], 30) for number in np.flatnonzero(counts_C == 1)]
    if not single:
        return pool.notes
    names = ", ".join(single[:3]) + (", ..." if len(single) > 3 else "")
    which = f"class {names} has" if len(single) == 1 else f"{len(single)} classes ({names}) have"
    warning = f"{data.source}: {which} one example only: it is learned and not measured, or the reverse"
    return (*pool.notes, warning)


def _first_features(data: Data, pool: Pool) -> Pool:
    features = pool.pool.x_NI.shape[1]
    if data.features > features:
        raise PresetError(f"data.features = {data.features}: {data.source} has only {features} features")

    def cut(part: Part) -> Part:
        return replace(part, x_NI=part.x_NI[:, : data.features])

    image_shape = pool.image_shape if data.features == features else None
    return replace(pool, pool=cut(pool.pool), test=pool.test and cut(pool.test), image_shape=image_shape)
