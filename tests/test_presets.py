"""The built-in presets: each is whole, trains, and shows what its lesson says."""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable

import pytest

from engine.events import Epoch, Finished, Intervention, Stopped, WouldStop, from_json, to_json
from engine.lab import Lab
from engine.preset import DEFAULT, Preset, builtin_list, builtin_names, load_preset, read_preset, tried, write_preset
from tests.engine.data.common import real_mnist

NAMES = {
    "clouds", "dropout", "early-stopping", "input-noise", "l1-vs-l2", "label-smoothing",
    "mnist-dropout", "moons", "network-size", "weight-decay",
}  # fmt: skip
# Arms whose lesson is that they diverge, and presets that learn a number and so have no accuracy.
DIVERGE: dict[str, set[str]] = {"learning-rate": {"1e5"}, "split-and-scale": {"raw, lr 0.05"}}
REGRESSIONS = {"noisy-regression", "split-and-scale"}
Value = Callable[[Epoch], float]


def train_loss(epoch: Epoch) -> float:
    return epoch.train_loss


def val_loss(epoch: Epoch) -> float:
    return epoch.val_loss


def gap(epoch: Epoch) -> float:
    return epoch.gap


def weight_norm(epoch: Epoch) -> float:
    return epoch.weight_norm


class Ran:
    """A run of a preset: the curves of each arm as means over its seeds, and the lab as it was at the end."""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset
        self.lab = Lab(preset, "cpu")
        self.events = list(self.lab.run())

    def value_at(self, arm: str, value: Value, epoch: int) -> float:
        """The mean over the seeds at an epoch, counted from 1."""
        return statistics.mean(value(e) for e in self._epochs(arm) if e.epoch == epoch)

    def last(self, arm: str, value: Value) -> float:
        return self.value_at(arm, value, self.preset.epochs)

    def lowest(self, arm: str, value: Value) -> float:
        """The smallest mean over the seeds."""
        return min(self.value_at(arm, value, epoch) for epoch in {e.epoch for e in self._epochs(arm)})

    def _epochs(self, arm: str) -> list[Epoch]:
        return [event for event in self.events if isinstance(event, Epoch) and event.arm == arm]


@functools.cache
def ran(name: str, epochs: int, seeds: int) -> Ran:
    """A short run. A lane's numbers do not depend on the other seeds, so fewer of them are a part of the whole run."""
    return Ran(load_preset(name, seeds=seeds, epochs=epochs))


# All presets ----------------------------------------------------------------------------------------------------------


def test_the_ten_presets_are_there_and_the_default_is_listed_first() -> None:
    assert set(builtin_names()) >= NAMES
    assert builtin_list()[0].name == DEFAULT == "clouds"


@pytest.mark.parametrize("name", builtin_names())
def test_a_preset_says_in_words_what_it_is_and_teaches(name: str) -> None:
    preset = load_preset(name)
    assert 0 < len(preset.title) <= 40
    assert 0 < len(preset.summary) <= 90
    assert len(f"{preset.lesson} {preset.reveal}".split()) >= 60, "a lesson says what to look for, and what came out"
    assert preset.question.endswith("?")
    assert len(preset.question) <= 78, "one line of a small terminal"
    assert preset.tries
    assert not any("--" in chosen.text for chosen in preset.tries), "a try is done from the screen"


# Of what is not measured here nothing can be revealed.
NOT_MEASURED = {"cifar-he", "cifar100", "cifar100-restarts"}


@pytest.mark.parametrize("name", builtin_names())
def test_a_lesson_asks_first_and_gives_no_result_away(name: str) -> None:
    preset = load_preset(name)
    assert bool(preset.reveal) == (name not in NOT_MEASURED)
    if name not in NOT_MEASURED:
        assert "±" not in preset.lesson + preset.summary, "a measured number belongs into reveal"
        assert "Try:" not in preset.lesson + preset.reveal


@pytest.mark.parametrize("name", builtin_names())
def test_every_try_changes_some_arm_and_can_be_trained(name: str) -> None:
    preset = load_preset(name)
    for chosen in preset.tries:
        other = tried(preset, chosen)
        assert [arm.settings for arm in other.arms] != [arm.settings for arm in preset.arms]
        assert (chosen.epoch or 0) < preset.epochs
        assert read_preset(write_preset(other), name).arms == other.arms


@pytest.mark.parametrize("name", builtin_names())
def test_a_lesson_that_wants_something_before_the_first_step_says_how_to_get_there(name: str) -> None:
    preset = load_preset(name)
    text = " ".join([preset.lesson, preset.reveal, *(chosen.text for chosen in preset.tries)])
    shown = text.count("before the first step (--paused, or space and then r")
    assert text.count("before the first step") == shown, "a run starts by itself"


@pytest.mark.parametrize("name", builtin_names())
def test_a_table_in_a_lesson_fits_the_panel_unwrapped(name: str) -> None:
    preset = load_preset(name)
    paragraphs = f"{preset.lesson}\n\n{preset.reveal}".split("\n\n")
    rows = [row for paragraph in paragraphs if paragraph.strip().count("\n") for row in paragraph.split("\n")]
    assert all(len(row) <= 40 for row in rows), "sentences flow (end the line with a backslash), tables do not"


@pytest.mark.parametrize("name", builtin_names())
def test_a_preset_compares_arms_at_a_speed_that_can_be_watched(name: str) -> None:
    preset = load_preset(name)
    assert len(preset.arms) >= 2
    assert preset.speed is not None
    assert 10 <= preset.epochs / preset.speed <= 40, "seconds"


@pytest.mark.parametrize("name", builtin_names())
def test_a_preset_written_and_read_again_is_the_same_experiment(name: str) -> None:
    preset = load_preset(name)
    assert read_preset(write_preset(preset), name) == preset


# Those that need a download are trained on generated files, in test_presets_downloads.
@pytest.mark.parametrize("name", [listed.name for listed in builtin_list() if not listed.downloads])
def test_a_preset_trains_with_finite_numbers_and_ends_with_a_test(name: str) -> None:
    run = Ran(load_preset(name, epochs=2))
    lanes = {(arm, seed) for arm in run.preset.arm_names for seed in run.preset.seeds}
    lost = {(e.arm, e.seed) for e in run.events if isinstance(e, Stopped) and e.reason == "diverged"}
    epochs = [event for event in run.events if isinstance(event, Epoch)]
    assert {(e.arm, e.seed) for e in epochs if e.epoch == 2} | lost == lanes
    assert {arm for arm, _ in lost} <= DIVERGE.get(name, set())
    for e in epochs:
        if (e.arm, e.seed) not in lost:
            assert all(map(math.isfinite, (e.train_loss, e.val_loss, e.gap, e.weight_norm)))
            assert math.isnan(e.val_acc) if name in REGRESSIONS else 0 <= e.val_acc <= 1
    finished = [event for event in run.events if isinstance(event, Finished)]
    assert {(event.arm, event.seed) for event in finished} == lanes
    assert all(math.isfinite(event.test_loss) for event in finished if (event.arm, event.seed) not in lost)
    assert [from_json(to_json(event)).kind for event in run.events] == [event.kind for event in run.events]


# What the lessons say -------------------------------------------------------------------------------------------------


def test_dropout_narrows_the_gap_and_slows_learning() -> None:
    run = ran("dropout", 60, 1)
    assert run.last("dropout 0.2", gap) < run.last("dropout off", gap) / 3
    assert run.last("dropout 0.2", train_loss) > run.last("dropout off", train_loss) + 1


@pytest.mark.lesson
def test_the_memorizing_arm_of_dropout_would_be_stopped_within_the_run() -> None:
    run = ran("dropout", 301, 1)
    marked = [event for event in run.events if isinstance(event, WouldStop)]
    assert [event.arm for event in marked] == ["dropout off"]
    assert 100 < marked[0].epoch < 250


def test_weight_decay_keeps_validation_from_rising_and_decoupled_is_weaker_than_l2_of_the_same_number() -> None:
    run = ran("weight-decay", 60, 3)
    assert run.last("no decay", val_loss) > 1.3 * run.last("L2 0.01", val_loss)
    norms = [run.last(arm, weight_norm) for arm in ("L2 0.1", "L2 0.01", "decoupled 0.1", "no decay")]
    assert norms == sorted(norms)
    assert norms[2] > 0.9 * norms[3] > 3 * norms[0]


def test_l1_empties_the_network_where_l2_only_shrinks_it() -> None:
    run = ran("l1-vs-l2", 150, 1)
    (stack,) = run.lab._stacks
    tiny = {
        arm: float((stack.theta_LP[lane, : stack.layout.weights].abs() < 1e-3).float().mean())
        for lane, (arm, _) in enumerate(stack.lanes)
    }
    assert tiny["L1 0.003"] > 0.3
    assert max(tiny["no penalty"], tiny["L2 0.01"]) < 0.05
    for arm in ("L1 0.003", "L2 0.01"):
        assert run.last(arm, val_loss) < run.last("no penalty", val_loss)


def test_early_stopping_ends_two_arms_in_time_and_shows_what_it_saved_them_from() -> None:
    run = ran("early-stopping", 150, 2)
    stopped = {event.arm: event.reason for event in run.events if isinstance(event, Stopped)}
    assert stopped == {
        "stop, best weights": "early_stopping",
        "stop, last weights": "early_stopping",
        "train on": "epochs",
    }
    tested = {
        arm: statistics.mean(e.test_loss for e in run.events if isinstance(e, Finished) and e.arm == arm)
        for arm in run.preset.arm_names
    }
    assert tested["train on"] > 1.1 * tested["stop, best weights"]


@pytest.mark.lesson
def test_smoothed_labels_keep_the_training_loss_at_the_floor_that_the_lesson_computes() -> None:
    run = ran("label-smoothing", 80, 2)
    for e in (0.05, 0.1, 0.3):
        assert run.last(f"smoothing {e}", train_loss) == pytest.approx(-math.log(1 - e + e / 10), abs=0.01)
    assert run.last("hard labels", train_loss) < 0.001
    assert run.last("smoothing 0.05", val_loss) < run.last("hard labels", val_loss)


@pytest.mark.lesson
def test_input_noise_helps_when_it_is_enough_and_harms_when_it_is_too_much() -> None:
    run = ran("input-noise", 150, 3)
    assert run.last("noise 0.3", val_loss) < run.last("no noise", val_loss) < run.last("noise 1.0", val_loss)
    assert run.last("noise 1.0", train_loss) > 0.5


@pytest.mark.lesson
def test_a_small_network_underfits_and_a_large_one_overfits() -> None:
    run = ran("network-size", 400, 3)
    assert run.last("2 units", train_loss) > 2 * run.last("8 units", train_loss)
    assert run.last("512 units", val_loss) > 1.3 * run.last("8 units", val_loss)
    assert run.lowest("512 units", val_loss) < 1.1 * run.lowest("8 units", val_loss)


def test_of_the_default_the_network_left_to_itself_memorizes_and_both_others_generalize_under_every_seed() -> None:
    run = ran("clouds", 150, 3)
    assert run.last("none", train_loss) < 0.6 * run.last("dropout 0.7", train_loss)
    assert run.last("none", val_loss) > 2 * run.last("dropout 0.7", val_loss)
    tested = {(e.arm, e.seed): e.test_acc for e in run.events if isinstance(e, Finished)}
    for arm in ("dropout 0.7", "L2 0.1"):
        assert all(tested[arm, seed] > tested["none", seed] + 0.02 for seed in range(3))


@pytest.mark.lesson
def test_the_moons_are_learned_by_heart_unless_something_holds_the_network() -> None:
    run = ran("moons", 300, 2)
    assert run.last("nothing", val_loss) > 1.5 * run.last("dropout 0.5", val_loss)
    assert run.last("dropout 0.5", val_loss) > run.last("L2 0.03", val_loss)


def val_acc(epoch: Epoch) -> float:
    return epoch.val_acc


def test_sums_are_memorized_before_any_is_understood_and_the_late_arms_are_one_with_no_decay_until_then() -> None:
    run = ran("grokking", 40, 1)
    assert run.value_at("no decay", lambda e: e.train_acc, 35) > 0.99
    assert run.lowest("decay 1", val_loss) > math.log(53)
    (decayed, _), (bounded, _) = turned = [(e.arm, e.epoch) for e in run.events if isinstance(e, Intervention)]
    assert (decayed, bounded) == ("decay 1, late", "norm 4, late")
    memorized = turned[0][1]
    for arm in (decayed, bounded):
        assert run.value_at(arm, train_loss, memorized) == run.value_at("no decay", train_loss, memorized)
        assert run.last(arm, weight_norm) < run.last("no decay", weight_norm) - 10


@pytest.mark.lesson
def test_sums_are_understood_late_and_only_where_something_holds_the_weights() -> None:
    run = ran("grokking", 450, 1)
    assert run.last("no decay", val_acc) < 0.05
    for arm in ("decay 1", "decay 1, late", "norm 4, late"):
        assert run.value_at(arm, val_acc, 40) < 0.05
        assert run.last(arm, val_acc) > 0.95
    assert 0.3 < run.last("decay 0.3", val_acc) < 0.95


def test_of_l2_what_acts_at_the_end_counts() -> None:
    run = ran("decay-late", 200, 2)
    assert run.last("first 50 epochs", val_loss) > 1.5 * run.last("from the start", val_loss)
    assert run.value_at("from epoch 150", val_loss, 150) > 1.5 * run.last("from epoch 150", val_loss)
    assert run.last("from epoch 150", val_loss) < 1.1 * run.last("from the start", val_loss)


def test_an_annealed_dropout_hands_the_network_back_to_its_noise() -> None:
    run = ran("dropout-annealed", 200, 3)
    assert run.value_at("annealed", val_loss, 80) < 1.05 * run.value_at("constant 0.7", val_loss, 80)
    assert run.last("constant 0.7", val_loss) < run.last("annealed", val_loss) - 0.02
    assert run.last("annealed", val_loss) < run.last("none", val_loss) / 2


@pytest.mark.lesson
def test_the_books_dropout_narrows_the_gap_on_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGTUI_DATA", str(real_mnist()))
    run = ran("mnist-dropout", 60, 1)
    assert run.lab.started.train == 300
    assert run.last("dropout 0.2", gap) < run.last("dropout off", gap) / 5
