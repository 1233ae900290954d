"""What came out: one row for each arm, and what else a run has to say of them.

Pure functions of a run's record, quick enough to be asked several times a second while a lab trains.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from engine.events import Epoch, Finished, Reported, Stopped
from engine.numbers import fixed, loss, percent
from engine.preset import Preset, changed, in_a_row, settings_by_key
from engine.record import RunRecord

# The averages of the weights that a lane may keep (`Epoch.averages` holds `ema_val_loss` and so on).
AVERAGES = ("ema", "swa")
REASONS = {
    "epochs": "full length",
    "early_stopping": "stopped early",
    "diverged": "diverged",
    "user": "interrupted",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A metric over an arm's seeds: the mean of the finite values (NaN where none is), their sample standard
    deviation (None below two values), and the values themselves in the order of the seeds."""

    mean: float
    std: float | None = None
    values: tuple[float, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the network that a lane keeps gives, or would if training ended now; NaN where it is not measured.

    `best`: its weights are those of the lane's best epoch. `last`: that epoch is also its newest.
    """

    best: bool
    train_loss: float
    val_loss: float
    test_loss: float = math.nan
    test_acc: float = math.nan
    last: bool = False

    @property
    def gap(self) -> float:
        return self.val_loss - self.train_loss


@dataclass(frozen=True, slots=True)
class ArmRow:
    """One arm of the comparison; a number is None until it is measured.

    `train_loss`, `val_loss`, `val_acc` and `gap` are of each lane's last epoch, `best_*` of its best one, `test_*` with
    the weights it ended with. `averages` are validation losses of averaged weights, last epoch, by name.
    `kept` is the network that each lane keeps, by seed, without the lanes that diverged.
    `judged_by` says on which data it is measured: arms of unlike ones have no best among them.
    """

    arm: str
    lanes: int
    train_loss: Number | None = None
    val_loss: Number | None = None
    gap: Number | None = None
    best_val_loss: Number | None = None
    best_epoch: Number | None = None
    epochs: Number | None = None
    test_loss: Number | None = None
    test_acc: Number | None = None
    reason: str = ""
    diverged: int = 0
    averages: Mapping[str, Number] = field(default_factory=dict)
    kept: Mapping[int, Kept] = field(default_factory=dict)
    judged_by: tuple[object, ...] = ()
    val_acc: Number | None = None


def summarize(record: RunRecord) -> list[ArmRow]:
    """One row for each arm, in the preset's order, from the newest events of each lane."""
    preset, last, stopped, finished = record.preset, record.last, record.stopped, record.finished
    judging = [setting.key for setting in settings_by_key().values() if setting.judges]
    trained = set() if record.history is None else set(record.history.lanes)
    rows = []
    for arm in preset.arm_names:
        settings = preset.arm(arm).settings
        # Of runs that are compared each has seeds of its own.
        lanes = [(arm, seed) for seed in preset.seeds if record.history is None or (arm, seed) in trained]
        epochs = [last[lane] for lane in lanes if lane in last]
        tests = [finished[lane] for lane in lanes if lane in finished]
        ends = [stopped[lane].reason for lane in lanes if lane in stopped]
        best = [epoch for epoch in epochs if epoch.best_epoch > 0]
        restores = settings.early_stopping.restore_best
        kept = {
            lane[1]: _kept(last[lane], stopped.get(lane), finished.get(lane), restores)
            for lane in lanes
            if lane in last and not (lane in stopped and stopped[lane].reason == "diverged")
        }
        rows.append(
            ArmRow(
                arm=arm,
                lanes=len(lanes),
                train_loss=_number(epoch.train_loss for epoch in epochs),
                val_loss=_number(epoch.val_loss for epoch in epochs),
                gap=_number(epoch.gap for epoch in epochs),
                best_val_loss=_number(epoch.best_val_loss for epoch in best),
                best_epoch=_number(epoch.best_epoch for epoch in best),
                epochs=_number(epoch.epoch for epoch in epochs),
                test_loss=_number(test.test_loss for test in tests),
                test_acc=_number(test.test_acc for test in tests),
                reason=_reason(ends, len(lanes)),
                diverged=ends.count("diverged"),
                averages=_averages(epochs),
                kept=kept,
                judged_by=tuple(settings.get(key) for key in judging),
                val_acc=_number(epoch.val_acc for epoch in epochs),
            )
        )
    return rows


def best_epoch(lanes: Iterable[Epoch]) -> int | None:
    """An arm's best epoch, from its lanes' newest: the mean of theirs, as tables show it. None before there is one."""
    mean = _number(lane.best_epoch for lane in lanes if lane.best_epoch > 0)
    return None if mean is None else round(mean.mean)


def _kept(last: Epoch, stopped: Stopped | None, finished: Finished | None, restores: bool) -> Kept:
    """`restores` is what the knob says now: it decides for lanes that still train."""
    best = stopped.kept_epoch == last.best_epoch if stopped else restores and last.best_epoch > 0
    return Kept(
        best,
        last.best_train_loss if best else last.train_loss,
        last.best_val_loss if best else last.val_loss,
        finished.test_loss if finished else math.nan,
        finished.test_acc if finished else math.nan,
        best and last.best_epoch == last.epoch,
    )


def _number(given: Iterable[float]) -> Number | None:
    values = list(given)
    if not values:
        return None
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return Number(math.nan)
    mean = math.fsum(finite) / len(finite)
    # Not statistics.stdev, which counts in fractions: this is asked hundreds of times a frame.
    apart = math.hypot(*(value - mean for value in finite))
    return Number(mean, apart / math.sqrt(len(finite) - 1) if len(finite) > 1 else None, tuple(finite))


def _averages(epochs: Sequence[Epoch]) -> dict[str, Number]:
    averages = {
        name: _number(epoch.averages[f"{name}_val_loss"] for epoch in epochs if f"{name}_val_loss" in epoch.averages)
        for name in AVERAGES
    }
    return {name: number for name, number in averages.items() if number is not None}


def _reason(ends: Sequence[str], lanes: int) -> str:
    """Why an arm's lanes ended: one word for all of them, or each word with its count."""
    if not ends:
        return ""
    counts = Counter(REASONS.get(end, end) for end in ends)
    if len(ends) < lanes:
        counts["training"] = lanes - len(ends)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} {word}" for word, count in counts.items())


def arms_in_words(arms: Sequence[str], most: int = 3) -> str:
    """`'a', 'b' and 'c'`; of more arms than `most` their number."""
    return in_a_row(tuple(f"'{arm}'" for arm in arms)) if len(arms) <= most else f"{len(arms)} arms"


def best_in_words(preset: Preset) -> str | None:
    """What the best epoch is, where it need not be the one of the lowest validation loss."""
    rules = [arm.settings.early_stopping for arm in preset.arms]
    hidden = [
        *(f"monitor {monitor}" for monitor in sorted({rule.monitor for rule in rules} - {"val_loss"})),
        *(f"min_delta {delta:g}" for delta in sorted({rule.min_delta for rule in rules} - {0.0})),
        *(f"start_from_epoch {epoch}" for epoch in sorted({rule.start_from_epoch for rule in rules} - {0})),
    ]
    if not hidden:
        return None
    settings = ", ".join(hidden)
    return f"best: the last that early stopping counted as better ({settings}); its val loss need not be the lowest"


def measured_in_words(record: RunRecord) -> str | None:
    """On how many training examples the training loss is measured, where these are not all."""
    if record.started is None:
        return None
    train = record.started.train
    measured = min(arm.settings.data.train_eval for arm in record.preset.arms)
    return f"train loss on {measured:,} of {train:,} examples (data.train_eval)" if measured < train else None


def notes_in_words(record: RunRecord) -> list[str]:
    """What must be known to read the numbers of the arms' rows."""
    return [words for words in (measured_in_words(record), best_in_words(record.preset)) if words]


def would_stop_in_words(record: RunRecord) -> list[str]:
    """For each arm that was only watched: where early stopping would have ended it, and with what."""
    preset, sentences = record.preset, []
    for arm in preset.arm_names:
        marks = [mark for (name, _), mark in record.would_stop.items() if name == arm]
        if marks:
            epochs = sorted(mark.epoch for mark in marks)
            when = f"epoch {epochs[0]}" if epochs[0] == epochs[-1] else f"epochs {epochs[0]} to {epochs[-1]}"
            some = "" if len(marks) == len(preset.seeds) else f" under {len(marks)} of {len(preset.seeds)} seeds"
            best = math.fsum(mark.best_val_loss for mark in marks) / len(marks)
            sentences.append(f"early stopping would have ended '{arm}' at {when}{some}, with val loss {loss(best)}")
    return sentences


def averages_in_words(record: RunRecord, sign: str = "±") -> list[str]:
    """For each arm that keeps an average of its weights: what the average gives, beside the weights themselves."""
    sentences = []
    for arm in record.preset.arm_names:
        of_arm = [epoch for (name, _), epoch in record.last.items() if name == arm]
        for average in AVERAGES:
            loss_name, acc_name = f"{average}_val_loss", f"{average}_val_acc"
            lanes = [epoch for epoch in of_arm if loss_name in epoch.averages]
            if lanes:
                averaged = _measured(
                    [lane.averages[loss_name] for lane in lanes], [lane.averages[acc_name] for lane in lanes], sign
                )
                weights = _measured([lane.val_loss for lane in lanes], [lane.val_acc for lane in lanes], sign)
                sentences.append(
                    f"'{arm}': the averaged weights ({average.upper()}) have {averaged}; "
                    f"the weights themselves {weights}"
                )
    return sentences


def _measured(losses: Sequence[float], accuracies: Sequence[float], sign: str) -> str:
    """A validation loss with its spread over the seeds, and the accuracy where there is one."""
    mean, acc = _number(losses), _number(accuracies)
    text = f"val loss {loss(mean.mean if mean else None)}"
    if mean is not None and mean.std is not None:
        text += f" {sign} {loss(mean.std, like=mean.mean)}"
    return f"{text}, {percent(acc.mean)}" if acc is not None and math.isfinite(acc.mean) else text


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """One line of the table of what others report, as it is printed."""

    arm: str
    metric: str
    theirs: str
    ours: str
    note: str


def reported_rows(reported: Iterable[Reported], sign: str = "±") -> list[ReportedRow]:
    """What others report with ours and its spread over the seeds, to as many decimals as theirs."""
    rows = []
    for number in reported:
        theirs = number.text if number.reported is None else f"{number.reported:.{_decimals(number.reported)}f}"
        ours, least = "-", 0 if "epoch" in number.metric else 2
        if math.isfinite(number.ours):
            digits = (1 if least == 0 else 4) if number.reported is None else max(_decimals(number.reported), least)
            ours = fixed(number.ours, digits)
            if number.ours_std is not None:
                ours += f" {sign} {fixed(number.ours_std, digits)}"
        rows.append(ReportedRow(number.arm, number.metric.replace("_", " "), theirs, ours, number.note))
    return rows


def left_out_in_words(record: RunRecord) -> str | None:
    """At the end of a run: of which arms others' numbers are not set beside ours, and why; None where all are."""
    preset, shown = record.preset, {(number.arm, number.metric) for number in record.reported}
    arms = list(dict.fromkeys(number.arm for number in preset.reported if (number.arm, number.metric) not in shown))
    if not arms:
        return None
    others = in_a_row(changed(preset, arms[0])) or "settings"
    some = "" if len(arms) == len({number.arm for number in preset.reported}) else f" of {', '.join(map(repr, arms))}"
    return f"what others report{some} is left out: it speaks of other {others}"


def _decimals(value: float) -> int:
    """How many decimals a number was given with."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
