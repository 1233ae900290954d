"""Whatever settings are put together: it trains, or says in one line why not."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from engine.commands import Fork, Rewind
from engine.events import Epoch, Event, Finished
from engine.lab import Lab
from engine.preset import Preset, PresetError, Settings, read_preset, settings_by_key
from engine.state import LabState
from tests.engine.combinations import DOWNLOADED, GIVEN, HUBS, Experiment, Round, experiments, rounds, write_data
from tests.engine.rearranged import Run
from tests.engine.small import epochs_by_lane, only, through_a_file, weights_of

# Settings that do not go together, and their refusals. Nothing else may be refused.
REFUSED = (
    r"data.target_scale: a classification has classes as targets",
    r"norm = 'instance': one number per unit has no spread",
    r"norm = 'instance': the images of .* are 1x1",
    r"norm = 'batch': a batch of one example has no spread",
    r"norm_groups = \d+: does not divide a layer of \d+",
    r"norm_groups = \d+: one unit in each group has no spread",
    r"model.kind = 'bernoulli': tells one outcome from the other",
    r"(model.kind|augment.\w+|regularization.cutmix) = .*: the source '\w+' has no images",
    r"(model.kind|augment.\w+|regularization.cutmix) = .*: the first \d+ features of '\w+' are no images",
    r"model.channels = .*: images of \d+x\d+ can be halved \d+ times",
    r"_layers = .*: there is no layer \d+",
    r"task: '\w+' has (numbers|classes) as targets",
    r"data.task = 'binary': \w+ has \d+ classes",
    r"monitor = 'val_acc': a regression has no accuracy",
    r"data.features = \d+: \w+ has only \d+ features",
)
ROUNDS, DRAWS = 28, 8
CLOSE: dict[str, Any] = {"rel": 1e-8, "abs": 1e-8, "nan_ok": True}


def test_any_settings_train_together_or_are_refused_in_a_line(tmp_path: Path) -> None:
    trained_in_every_combination(tmp_path, examples=2)


def trained_in_every_combination(folder: Path, examples: int) -> None:
    """Train so many draws of every round, the simplest first, and look at each; `make soak` takes more."""
    write_data(folder)
    counts: Counter[str] = Counter()
    seen: Counter[tuple[str, Any]] = Counter()

    def holds(round_: Round, data: st.DataObject) -> None:
        # What is refused is replaced by another draw, so that every example trains.
        for _ in range(DRAWS):
            experiment = data.draw(experiments(round_, folder))
            try:
                preset = read_preset(experiment.toml())
                stacked = _trained(preset, experiment)
                break
            except PresetError as error:
                _is_explained(str(error))
                counts["refused"] += 1
        else:
            reject()  # the simplest example draws the same again and again: hypothesis looks for another one
        counts["trained"] += 1
        seen.update(_used(preset))
        _is_finite(stacked)
        _goes_on(preset, stacked)
        _is_as_alone(experiment, stacked)
        _is_forked_and_rewound(preset, experiment, stacked)

    few = settings(max_examples=examples, derandomize=True, database=None, deadline=None)
    for round_ in rounds(ROUNDS):
        few(given(st.just(round_), st.data())(holds))()
    assert counts["trained"] == ROUNDS * examples, counts
    keys_seen = {key for key, _ in seen}
    assert set(settings_by_key()) - keys_seen - set(GIVEN) == set(), "never drawn with an effect"
    for key in HUBS:
        expected = set(settings_by_key()[key].choices) - set(DOWNLOADED)
        assert {value for name, value in seen if name == key} == expected, key


def _is_explained(refusal: str) -> None:
    assert "\n" not in refusal
    assert any(re.search(pattern, refusal) for pattern in REFUSED), refusal


class _Ran:
    """A lab that was stopped on its way for a moment: what it was then, and its events before and after."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.before: list[Event] = []
        self.after: list[Event] = []
        self.state: LabState | None = None


def _trained(preset: Preset, experiment: Experiment) -> _Ran:
    """A whole run, with a knob turned after the first epoch, and its state kept a step after that."""
    ran = _Ran(Lab(preset, "cpu", torch.float64))
    ran.before = ran.lab.run_epoch()
    if experiment.turned is not None and not ran.lab.finished:
        ran.before += ran.lab.turn(*experiment.turned, experiment.lane[0])
    ran.before += ran.lab.advance()
    ran.state = through_a_file(ran.lab.state())
    ran.after = _to_the_end(ran.lab)
    return ran


def _to_the_end(lab: Lab) -> list[Event]:
    events: list[Event] = []
    while not lab.finished:
        events += lab.advance()
    return events


def _used(preset: Preset) -> set[tuple[str, Any]]:
    """What some arm says, beside settings with which it has an effect."""
    return {
        (key, str(value) if isinstance(value, list) else value)
        for arm in preset.arms
        for key, knob in settings_by_key().items()
        if arm.settings.uses(knob)
        and ((value := arm.settings.get(key)) != knob.default or key in ("model.kind", "data.source") or knob.choices)
    }


def _is_finite(ran: _Ran) -> None:
    for stack in ran.lab.stacks:
        assert stack.theta_LP.isfinite().all()
        assert stack.statistics_LQ.isfinite().all()
    for event in ran.before + ran.after:
        if isinstance(event, Epoch):
            numbers = [event.train_loss, event.val_loss, event.gap, event.weight_norm, event.grad_norm, event.lr]
            assert all(map(math.isfinite, [*numbers, *event.penalty.values(), *event.weight_norms])), event
        elif isinstance(event, Finished):
            assert math.isfinite(event.test_loss)


def _is_forked_and_rewound(preset: Preset, experiment: Experiment, ran: _Ran) -> None:
    """Within an epoch a fork stays its parent, to the end of a run that nobody can tell from the other; and rewound to
    the end of its first epoch the run goes the way that it went, once the knob is turned that was turned there."""
    assert ran.state is not None
    arm = experiment.lane[0]
    lab = Lab(preset, "cpu", torch.float64)
    lab.restore(ran.state)
    if lab.finished or all(lane.stopped for lane in lab.lanes_of(arm)):
        return
    run = Run(lab)
    run.do(Fork(arm, "fork"))
    run.end()
    _same_weights(run.lab, ran.lab, {"fork": arm})
    run.do(Rewind(1))
    assert run.lab.place == (1, 0)
    assert run.lab.preset.arm_names == preset.arm_names
    if experiment.turned is not None:
        run.turn(*experiment.turned, arm)
    run.end()
    _same_weights(run.lab, ran.lab, {})


def _same_weights(lab: Lab, other: Lab, copies: dict[str, str]) -> None:
    """To the last bits, which may depend on where in a stack a lane stands."""
    for arm in lab.preset.arm_names:
        for seed in lab.preset.seeds:
            theirs = weights_of(other, copies.get(arm, arm), seed)
            torch.testing.assert_close(weights_of(lab, arm, seed), theirs, rtol=1e-8, atol=1e-8)


def _goes_on(preset: Preset, ran: _Ran) -> None:
    """Another lab goes on from the state, and nobody can tell them apart by a bit."""
    lab = Lab(preset, "cpu", torch.float64)
    assert ran.state is not None
    lab.restore(ran.state)
    assert repr(_to_the_end(lab)) == repr(ran.after)
    for one, other in zip(lab.stacks, ran.lab.stacks, strict=True):
        torch.testing.assert_close(one.theta_LP, other.theta_LP, rtol=0, atol=0)


def _is_as_alone(experiment: Experiment, ran: _Ran) -> None:
    """The lane without the other arms and seeds gives the same numbers."""
    arm, seed = experiment.lane
    alone = _trained(read_preset(experiment.toml((arm,), (seed,))), experiment)
    if _is_decided_by_rounding(alone.lab.preset.arm(arm).settings):
        return
    torch.testing.assert_close(weights_of(ran.lab, arm, seed), weights_of(alone.lab, arm, seed), rtol=1e-8, atol=1e-8)
    curve, expected = (epochs_by_lane(run.before + run.after)[experiment.lane] for run in (ran, alone))
    for one, other in zip(curve, expected, strict=True):
        for name in ("train_loss", "val_loss", "train_acc", "val_acc", "weight_norm", "grad_norm", "lr"):
            assert getattr(one, name) == pytest.approx(getattr(other, name), **CLOSE), name
        # A penalty that only other lanes have is 0 here, and not reported alone.
        for names, others in ((one.penalty, other.penalty), (one.averages, other.averages)):
            assert others == pytest.approx({name: names[name] for name in others}, **CLOSE)
    ends, expected_ends = (only(run.after + run.before, Finished) for run in (ran, alone))
    (end,) = (end for end in ends if (end.arm, end.seed) == experiment.lane)
    assert end.test_loss == pytest.approx(expected_ends[0].test_loss, **CLOSE)


def _is_decided_by_rounding(lane: Settings) -> bool:
    """Whether a sign is taken of what is 0 but for rounding, which no two ways of multiplying round alike."""
    regularization = lane.regularization
    # A norm takes a bias before it out again: its gradient, and so the bias, is 0. An adaptive optimizer divides by the
    # size of gradients, so that a penalty's on such a bias, however small, throws it further at every step.
    adaptive = lane.training.optimizer in ("adagrad", "rmsprop", "adam", "adamw")
    bias = (regularization.bias_l1 > 0 or (regularization.bias_l2 > 0 and adaptive)) and lane.model.norm in (
        "batch",
        "instance",
    )
    cosines = regularization.orthogonal > 0 and lane.model.init == "orthogonal"
    return bias or cosines
