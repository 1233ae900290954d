"""Which examples train, validate and test."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from engine.data.pool import Ints
from engine.preset.errors import PresetError
from engine.preset.schema import Amount, Data

_STREAM = zlib.crc32(b"split")
_MEASURED = zlib.crc32(b"train_eval")
_USUAL = 0.2


@dataclass(frozen=True)
class Sizes:
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class Split:
    """Rows of the pool; those of `test_N` are of the official test part where there is one."""

    train_N: Ints
    val_N: Ints
    test_N: Ints


def sizes(data: Data, examples: int, official: int | None) -> Sizes:
    """How many examples each part has.

    A fraction is of all `examples` (of the official test part for test, where there is one), rounded, at least 1.
    `train` is kept exactly. `validation`, then `test`, are at most: they shrink to what is left.

    =========== ============== ============= ===================================================
    train       validation     test          then
    =========== ============== ============= ===================================================
    given       None           None          they get half of the rest each
    given       given          None          test gets the rest
    given       None           given         validation gets the rest
    None        None: 0.2      None: 0.2     training gets what is left after both
    =========== ============== ============= ===================================================

    With an official test part, test is that part (None) or at most so many of it, and takes nothing from the
    others: validation None is then all that training leaves.

    Parameters
    ----------
    examples : in the pool.
    official : in the official test part; None where there is none.

    Raises
    ------
    PresetError
        Too few examples for training, or none left for a part.
    """
    kind = "training example" if official is not None else "example"
    _refuse_too_few(data, examples, 3 if official is None else 2, kind)
    train, validation = _count(data.train, examples), _count(data.validation, examples)
    test = _count(data.test, examples) if official is None else 0  # what it takes from the pool
    if train is None:
        usual = max(1, round(_USUAL * examples))
        validation = min(usual if validation is None else validation, examples)
        test = min(usual if test is None else test, examples - validation)
        train = examples - validation - test
    elif train > examples:
        raise PresetError(f"data.train = {data.train}: the source {data.source} has only {_counted(examples, kind)}")
    rest = examples - train
    if validation is None:
        validation = rest - (rest // 2 if test is None else test)
    validation = max(0, min(validation, rest))
    left = rest - validation
    test = left if test is None else min(test, left)
    if official is not None:
        test = min(_count(data.test, official) or official, official)

    parts = Sizes(train, validation, test)
    for name in ("train", "validation", "test"):
        if getattr(parts, name) < 1:
            raise PresetError(_nothing_left(data, parts, name, examples, kind))
    return parts


def _count(amount: Amount, examples: int) -> int | None:
    return max(1, round(amount * examples)) if isinstance(amount, float) else amount


def _counted(count: int, kind: str) -> str:
    return f"{count} {kind}{'' if count == 1 else 's'}"


def _refuse_too_few(data: Data, examples: int, parts: int, kind: str) -> None:
    if examples < parts:
        names = "training, validation and test need" if parts == 3 else "training and validation need"
        raise PresetError(
            f'the source {data.source} has only {_counted(examples, kind)}: {names} one each (data.split = "all" gives '
            "every part all of them)"
        )


def _nothing_left(data: Data, parts: Sizes, name: str, examples: int, kind: str) -> str:
    """That the other parts, in the preset's own words, leave nothing for the part `name`."""
    pool = ("train", "validation", "test") if kind == "example" else ("train", "validation")
    others = " and ".join(
        _taken(other, getattr(data, other), getattr(parts, other), examples)
        for other in pool
        if other != name and getattr(parts, other)
    )
    return (
        f"data.{name}: nothing is left of the {_counted(examples, kind)} of {data.source} after {others}: ask for less"
    )


def _taken(name: str, amount: Amount, count: int, examples: int) -> str:
    """`train = 30`, `train = 0.3 (30)`, or `30 for train` where the preset does not set it."""
    if amount is None:
        return f"{count} for {name}"
    return f"{name} = {amount} ({_count(amount, examples)})" if isinstance(amount, float) else f"{name} = {amount}"


def first(sizes_wanted: Sizes, official: int | None) -> Split:
    """In the order of the source: training, then validation, then test (of the official part: its first)."""
    until = sizes_wanted.train + sizes_wanted.validation
    start = until if official is None else 0
    return Split(
        np.arange(sizes_wanted.train), np.arange(sizes_wanted.train, until), np.arange(start, start + sizes_wanted.test)
    )


def everything(examples: int, official: int | None) -> Split:
    """Every part is all examples (test: all of the official part), for sets too small to be split."""
    rows_N = np.arange(examples)
    return Split(rows_N, rows_N, rows_N if official is None else np.arange(official))


def at_random(sizes_wanted: Sizes, seed: int, y_N: Ints, official_y_N: Ints | None) -> Split:
    """Stratified: in each part, each class has its share of the pool to within 1. A part's rows are in random order.

    The same seed draws the same split, whatever other seeds run beside it.
    """
    rng = np.random.default_rng([seed, _STREAM])
    if official_y_N is None:
        train_N, val_N, test_N = _strata(rng, y_N, (sizes_wanted.train, sizes_wanted.validation, sizes_wanted.test))
    else:
        train_N, val_N = _strata(rng, y_N, (sizes_wanted.train, sizes_wanted.validation))
        (test_N,) = _strata(rng, official_y_N, (sizes_wanted.test,))
    return Split(train_N, val_N, test_N)


def measured(y_N: Ints, most: int, seed: int) -> Ints | None:
    """Which of the training examples, by their places, are measured after each epoch; None where all are.

    At most so many: of each class its share to within 1, drawn from the seed, in ascending order.
    """
    if len(y_N) <= most:
        return None
    (places_M,) = _strata(np.random.default_rng([seed, _MEASURED]), y_N, (most,))
    return np.sort(places_M)


def _strata(rng: np.random.Generator, y_N: Ints, parts: tuple[int, ...]) -> list[Ints]:
    present, counts_C = np.unique(y_N, return_counts=True)
    shares_PC = _shares(np.array([*parts, len(y_N) - sum(parts)]), counts_C)
    chosen: list[list[Ints]] = [[] for _ in parts]
    for column, number in enumerate(present):
        rows_N = rng.permutation(np.flatnonzero(y_N == number))
        ends = np.cumsum(shares_PC[:, column])
        for part, rows in zip(chosen, np.split(rows_N, ends[:-1]), strict=False):  # the last piece is left over
            part.append(rows)
    return [rng.permutation(np.concatenate(part)) for part in chosen]


def _shares(sizes_P: Ints, counts_C: Ints) -> Ints:
    """How many of each class go to each part: part * class / all, rounded up or down so that all sums come out.

    What rounding down leaves over is dealt out class by class, to the parts that are owed most (Havel and Hakimi's
    rule, which finds such a table whenever there is one, and here the exact shares prove that there is).
    """
    shares_PC: Ints = sizes_P[:, None] * counts_C[None, :] // counts_C.sum()
    owed_P = sizes_P - shares_PC.sum(axis=1)
    owed_C = counts_C - shares_PC.sum(axis=0)
    for column in np.argsort(-owed_C, kind="stable"):
        parts = np.argsort(-owed_P, kind="stable")[: owed_C[column]]
        shares_PC[parts, column] += 1
        owed_P[parts] -= 1
    return shares_PC
