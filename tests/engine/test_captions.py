"""Captions of a run while it trains: only what the curves do, on curves written by hand."""

import numpy as np
import pytest

from engine.captions import FEWEST, MOST_ARMS, caption
from engine.events import Started
from engine.preset import read_preset
from engine.record import RunRecord
from tests.epochs import epoch_of

N = 60
T = np.linspace(0, 1, N)
FALLING, FLAT = 0.7 * np.exp(-4 * T), np.full(N, 0.4)
RISING = 0.35 + 0.3 * np.abs(T - 0.2) + 0.3 * np.maximum(0, T - 0.2)  # falls to 0.35 at first
QUIET = np.random.default_rng(0).standard_normal(N)


def record(epochs=N, seeds=(0, 1, 2, 3), **arms):
    """A run in which each arm's seeds have these curves: (train, val), or a list of them by seed."""
    text = "".join(f'[[arm]]\nname = "{arm}"\n' for arm in arms)
    record = RunRecord(read_preset(f"[training]\nseeds = {list(seeds)}\n{text}"))
    record.take(Started("p", tuple(arms), tuple(seeds), "cpu", 1, 1, 1, 1))
    for epoch in range(epochs):
        for arm, curves in arms.items():
            for place, seed in enumerate(seeds):
                train, val = curves[place] if isinstance(curves, list) else curves
                if epoch < len(val):
                    record.take(epoch_of(arm, seed, epoch + 1, train_loss=train[epoch], val_loss=val[epoch]))
    return record


def test_train_that_falls_while_validation_rises_is_memorizing_and_who_holds_its_level_is_named():
    seen = caption(record(none=(FALLING, RISING), l2=(FALLING, FLAT)))
    assert seen == "'none': train falls, validation rises: memorizing; 'l2' holds its level"
    three = caption(record(none=(FALLING, RISING), l2=(FALLING, FLAT), drop=(FALLING, FALLING)))
    assert three.endswith("; 'l2' and 'drop' hold their level")


def test_all_arms_whose_losses_both_fall_still_learn():
    assert caption(record(a=(FALLING, FALLING), b=(FALLING, FALLING))) == (
        "in every arm train and validation fall: still learning"
    )
    assert caption(record(a=(FALLING, FALLING))) == "train and validation fall: still learning"


@pytest.mark.parametrize(
    ("train", "val"),
    [
        (FLAT, FLAT),  # nothing moves
        (FALLING, FLAT),  # validation does not rise
        (FLAT, RISING),  # train does not fall
        (0.7 - FALLING, RISING),  # both rise: it diverges, and memorizes nothing
        (FALLING, FLAT * (1 + 0.02 * QUIET)),  # noise
        (FALLING, 0.35 + 0.3 * (T > 0.5) * (1.5 - T)),  # it has risen, and falls again
        (FALLING, np.full(N, np.nan)),
        (np.full(N, np.inf), np.full(N, np.inf)),
    ],
)
def test_what_is_not_so_is_not_said(train, val):
    assert "memorizing" not in caption(record(a=(train, val), b=(train, val)))


def test_most_seeds_must_agree():
    rises, holds = (FALLING, RISING), (FALLING, FLAT)
    assert "memorizing" in caption(record(a=[rises, rises, rises, holds]))
    assert caption(record(a=[rises, rises, holds, holds])) == ""


def test_few_epochs_many_arms_and_a_run_that_has_not_begun_are_met_with_silence():
    assert caption(record(epochs=FEWEST - 1, a=(FALLING, RISING))) == ""
    assert caption(record(**{f"arm {n}": (FALLING, RISING) for n in range(MOST_ARMS + 1)})) == ""
    assert caption(RunRecord(read_preset(""))) == ""


def test_in_the_middle_of_an_epoch_the_caption_is_that_of_the_epoch_before():
    run = record(a=(FALLING, RISING))
    whole = caption(run)
    run.take(epoch_of("a", 0, N + 1, train_loss=0.01, val_loss=0.9))
    assert caption(run) == whole != ""


def test_an_arm_whose_seeds_have_ended_does_nothing_any_more():
    ended = record(a=(FALLING[:30], RISING[:30]), b=(FALLING, FLAT))
    assert caption(ended) == ""
