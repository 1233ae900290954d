"""The presets whose data must be downloaded, on generated files in the true format: random pixels, honest shapes."""

from __future__ import annotations

import functools
import math
import statistics
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.events import Epoch, Event, Finished, Reported, Stopped, from_json, to_json
from engine.lab import Lab
from engine.looks.activity import activity
from engine.preset import DOWNLOADED, Preset, builtin_list, load_preset
from engine.preset.schema import Subject
from engine.regularizers.dropout import Threshold, kept_share
from tests.engine.data import python2
from tests.engine.data.common import real_mnist, write_mnist

NAMES = [listed.name for listed in builtin_list() if listed.downloads]
SAITOH = {
    "book-batch-norm", "book-init", "book-overfit", "book-search", "book-weight-decay", "mnist-dropout",
    "mnist-softmax",
}  # fmt: skip
CIFAR100 = {"cifar-he", "cifar100", "cifar100-restarts"}
# Enough for the largest training part that a preset asks for by number, and what it validates on.
MNIST = {"train": 7000, "test": 200}


def write_cifar100(folder: Path, train: int = 1000, test: int = 200) -> None:
    """The three files of a CIFAR-100 of random pixels."""
    rng = np.random.default_rng(2)
    folder.mkdir(parents=True)
    for name, count in (("train", train), ("test", test)):
        fine = [number % 100 for number in range(count)]
        fields = {
            "filenames": [f"{number}.png" for number in range(count)],
            "batch_label": name,
            "fine_labels": fine,
            "coarse_labels": [number // 5 for number in fine],
            "data": rng.integers(0, 256, (count, 3 * 32 * 32), dtype=np.uint8),
        }
        (folder / name).write_bytes(python2.dumps(fields))
    names = {
        "fine_label_names": [f"thing {number}" for number in range(100)],
        "coarse_label_names": [f"kind {number}" for number in range(20)],
    }
    (folder / "meta").write_bytes(python2.dumps(names))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with every set that these presets ask for."""
    root = tmp_path_factory.mktemp("data")
    write_mnist(root / "MNIST" / "raw", **MNIST)
    write_cifar100(root / "cifar-100-python")
    return root


@pytest.fixture(autouse=True)
def _data_folder(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The generated files, and no network."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setenv("REGTUI_DATA", str(files))
    monkeypatch.setattr(urllib.request, "urlopen", refuse)


@functools.cache
def ran(name: str) -> tuple[Preset, Lab, list[Event]]:
    """Two epochs of all arms under the first seed."""
    preset = load_preset(name, ["data.unchecked=true"], seeds=1, epochs=2)
    # What others report is of whole runs, and shown beside no shorter ones: let it be of these.
    preset = preset.model_copy(update={"written": {arm.name: Subject.of(arm.settings) for arm in preset.arms}})
    lab = Lab(preset, "cpu")
    return preset, lab, list(lab.run())


def arms_of(events: list[Event], kind: type[Event]) -> list[str]:
    return [event.arm for event in events if isinstance(event, kind)]  # type: ignore[attr-defined]


def test_the_list_says_which_presets_need_a_download() -> None:
    assert set(NAMES) >= SAITOH | CIFAR100
    groups = {listed.name: listed.group for listed in builtin_list()}
    assert {groups[name] for name in SAITOH | {"book-activations"}} == {"Saitoh 2016"}
    assert {groups[name] for name in CIFAR100} == {"CIFAR-100"}
    assert groups["init"] == "initialization"


@pytest.mark.parametrize("name", NAMES)
def test_two_epochs_give_finite_numbers_for_every_lane_that_does_not_diverge(name: str) -> None:
    preset, lab, events = ran(name)
    assert {arm.settings.data.source for arm in preset.arms} <= set(DOWNLOADED)
    assert sorted(arms_of(events, Stopped)) == sorted(arms_of(events, Finished)) == sorted(preset.arm_names)
    diverged = {event.arm for event in events if isinstance(event, Stopped) and event.reason == "diverged"}
    assert len(diverged) < len(preset.arms) / 2
    for event in events:
        if isinstance(event, Epoch) and event.arm not in diverged:
            numbers = (event.train_loss, event.val_loss, event.train_acc, event.val_acc, event.weight_norm, event.lr)
            assert all(map(math.isfinite, numbers)), event
        if isinstance(event, Finished):
            assert math.isfinite(event.test_loss)
            assert 0 <= event.test_acc <= 1
    for arm in set(preset.arm_names) - diverged:
        assert [event.epoch for event in events if isinstance(event, Epoch) and event.arm == arm] == [1, 2]
    assert lab.started.test == 200


@pytest.mark.parametrize("name", [name for name in NAMES if name != "book-batch-norm"])
def test_no_lane_diverges_but_where_the_lesson_says_so(name: str) -> None:
    assert {event.reason for event in ran(name)[2] if isinstance(event, Stopped)} == {"epochs"}


@pytest.mark.parametrize("name", NAMES)
def test_what_others_report_is_told_at_the_end_with_ours_beside_it(name: str) -> None:
    preset, _, events = ran(name)
    numbers = [event for event in events if isinstance(event, Reported)]
    assert [(number.arm, number.metric, number.reported, number.text, number.note) for number in numbers] == [
        (number.arm, number.metric, number.value, number.text, number.note) for number in preset.reported
    ]
    assert events[len(events) - len(numbers) :] == numbers
    ends = {event.arm: event for event in events if isinstance(event, Finished)}
    last = {event.arm: event for event in events if isinstance(event, Epoch)}
    for number in numbers:
        source = ends[number.arm] if number.metric.startswith("test_") else last[number.arm]
        assert number.ours == pytest.approx(float(getattr(source, number.metric)), nan_ok=True)
        assert from_json(to_json(number)) == number or math.isnan(number.ours)


# What the presets are -------------------------------------------------------------------------------------------------


def test_cifar100_is_the_courses_network_and_keeps_its_test_for_the_end() -> None:
    preset, lab, _ = ran("cifar100")
    parameters = lab.started.parameters_by_arm
    assert parameters["base"] == 3072 * 128 + 128 + 128 * 128 + 128 + 128 * 100 + 100
    assert parameters["dropout"] == 3072 * 140 + 140 + 140 * 128 + 128 + 128 * 100 + 100
    assert (lab.started.train, lab.started.validation, lab.started.test) == (900, 100, 200)
    assert len(lab.stacks) == 2, "all arms but the wider one train together"
    reported = {"base": (3.3778, 0.2018), "weight decay": (3.3056, 0.2169), "dropout": (3.3898, 0.1951),
             "stop, last weights": (3.3223, 0.2159), "stop, best weights": (3.3183, 0.2133)}  # fmt: skip
    assert {(number.arm, number.metric): number.value for number in preset.reported} == {
        (arm, metric): value
        for arm, pair in reported.items()
        for metric, value in zip(("test_loss", "test_acc"), pair, strict=True)
    }
    whole = load_preset("cifar100")
    assert [arm.settings.training.epochs for arm in whole.arms] == [20, 20, 20, 50, 50]


def test_the_first_layers_penalties_of_cifar100_are_keras_formulas_on_that_layer_alone() -> None:
    _, lab, events = ran("cifar100")
    epochs = [
        event for event in events if isinstance(event, Epoch) and event.arm == "weight decay" and event.epoch == 2
    ]
    stack, lane = lab.lane("weight decay", 0)
    first = stack.layout.matrices[0].of(stack.theta_LP)[lane].double()
    assert epochs[0].penalty["l2"] == pytest.approx(1e-5 * float((first**2).sum()), rel=1e-5)
    x_NI = stack.task.train_x_SNI[0].double()
    bias = next(slot for slot in stack.layout.slots if slot.kind == "bias").of(stack.theta_LP)[lane].double()
    h_NO = (x_NI @ first + bias.flatten()).clamp(min=0)
    assert epochs[0].penalty["activity_l1"] == pytest.approx(1e-5 * float(h_NO.sum()) / len(x_NI), rel=1e-4)
    assert not any(sum(event.penalty.values()) for event in events if isinstance(event, Epoch) and event.arm == "base")


def test_the_dropout_of_cifar100_follows_its_widened_first_layer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, float]] = []

    def spy(bits: torch.Tensor, p: Threshold, inverted: bool, out: torch.Tensor) -> torch.Tensor:
        seen.extend((bits.shape[-1], 1 - 1 / share) for share in p.kept.flatten().tolist())
        return kept_share(bits, p, inverted, out)

    monkeypatch.setattr("engine.stack.dense_gradient.kept_share", spy)
    Lab(load_preset("cifar100", ["data.unchecked=true"]), "cpu").advance()
    assert seen == [(140, pytest.approx(0.1))]


def test_up_to_its_stop_the_stopped_arm_of_cifar100_is_the_base() -> None:
    _, _, events = ran("cifar100")
    curves = {
        arm: [event.val_loss for event in events if isinstance(event, Epoch) and event.arm == arm]
        for arm in ("base", "stop, last weights", "stop, best weights")
    }
    assert curves["base"] == curves["stop, last weights"] == curves["stop, best weights"]


def test_the_books_batch_norm_is_16_pairs_on_one_screen() -> None:
    preset, lab, _ = ran("book-batch-norm")
    stds = {arm.name: arm.settings.model.init_std for arm in preset.arms}
    plain = [name for name in stds if not name.endswith(" BN")]
    assert [stds[name] for name in plain] == pytest.approx(np.logspace(0, -4, 16), rel=1e-3)
    assert [stds[f"{name} BN"] for name in plain] == [stds[name] for name in plain]
    assert {preset.arm(name).settings.model.norm for name in plain} == {"none"}
    assert {preset.arm(f"{name} BN").settings.model.norm for name in plain} == {"batch"}
    assert [len(stack.lanes) for stack in lab.stacks] == [16, 16]


def test_the_books_steps_are_as_many_as_it_says() -> None:
    steps = {"book-overfit": 3, "book-weight-decay": 3, "mnist-dropout": 3, "book-batch-norm": 10, "book-init": 50}
    assert {name: ran(name)[1].stacks[0].steps_per_epoch for name in steps} == steps
    assert steps["book-init"] * load_preset("book-init").epochs == 2000
    assert load_preset("book-overfit").epochs == load_preset("book-weight-decay").epochs == 201
    for name in steps:
        for arm in load_preset(name).arms:
            assert (arm.settings.training.sampling, arm.settings.data.split) == ("replacement", "first")


def test_the_books_search_draws_from_the_ranges_it_names() -> None:
    preset = load_preset("book-search")
    assert len(preset.arms) == 12
    for arm in preset.arms:
        assert 1e-6 <= arm.settings.training.lr <= 1e-2
        assert 1e-8 <= arm.settings.regularization.l2 <= 1e-4


# What the lessons say, on real digits ---------------------------------------------------------------------------------


def on_real_digits(name: str, epochs: int, monkeypatch: pytest.MonkeyPatch, *sets: str) -> dict[str, Epoch]:
    """The last epoch of each arm under the first seed."""
    monkeypatch.setenv("REGTUI_DATA", str(real_mnist()))
    events = Lab(load_preset(name, sets, seeds=1, epochs=epochs), "cpu").run()
    return {event.arm: event for event in events if isinstance(event, Epoch)}


@pytest.mark.lesson
def test_300_images_are_overfitted_and_3000_are_not_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    last = on_real_digits("book-overfit", 110, monkeypatch, "data.validation=1000")
    assert last["300 images"].train_acc > 0.97
    assert last["3,000 images"].train_acc < 0.95
    assert last["300 images"].val_acc < last["3,000 images"].val_acc
    assert last["300 images"].gap > 4 * last["3,000 images"].gap


@pytest.mark.lesson
def test_the_books_dropout_is_slow_for_want_of_its_one_by_the_share_that_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    styles = {
        style: on_real_digits(
            "mnist-dropout", 100, monkeypatch, "data.validation=100", f"regularization.dropout_style={style}"
        )["dropout 0.2"]
        for style in ("book", "inverted")
    }
    assert styles["inverted"].train_loss < 1.8 < 2 < styles["book"].train_loss


@pytest.mark.lesson
def test_the_books_weight_decay_narrows_the_gap_from_the_wrong_side(monkeypatch: pytest.MonkeyPatch) -> None:
    last = on_real_digits("book-weight-decay", 110, monkeypatch, "data.validation=1000")
    assert last["L2 0.1"].gap < 0.6 * last["no decay"].gap
    assert last["L2 0.1"].train_loss > last["no decay"].train_loss + 0.4
    assert last["L2 0.1"].val_loss > last["no decay"].val_loss


@pytest.mark.lesson
def test_the_search_is_decided_by_the_learning_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    last = on_real_digits("book-search", 25, monkeypatch)
    rates = {arm.name: arm.settings.training.lr for arm in load_preset("book-search").arms}
    by_rate = sorted((name for name in rates if rates[name] > 8e-4), key=lambda name: rates[name])
    assert sorted(by_rate, key=lambda name: -last[name].train_loss) == by_rate


@pytest.mark.lesson
def test_a_deep_network_starts_from_he_and_not_from_a_hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    last = on_real_digits("book-init", 4, monkeypatch)
    assert last["he"].train_loss < 1.2 < 1.8 < last["xavier"].train_loss < 2.28
    assert last["std 0.01"].train_loss == pytest.approx(math.log(10), abs=0.01)


def test_softmax_regression_learns_from_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    last = on_real_digits("mnist-softmax", 2, monkeypatch)
    assert last["softmax"].val_acc > 0.85
    assert last["softmax, std 1"].train_loss > 2 > 3 * last["softmax"].train_loss


# Those that need no download ------------------------------------------------------------------------------------------


def test_the_outputs_of_the_layers_before_the_first_step_are_what_the_lessons_tell() -> None:
    stds_by_arm = {
        ("book-activations", "relu, std 1"): (4.5, 9080),
        ("book-activations", "relu, sqrt(2/n)"): (0.79, 0.64),
        ("book-activations", "tanh, sqrt(1/n)"): (0.59, 0.31),
        ("book-activations", "sigmoid, std 0.01"): (0.019, 0.012),
        ("init", "zeros"): (0, 0),
        ("init", "he"): (0.79, 0.63),
        ("init", "orthogonal"): (0.45, 0.070),
    }
    labs = {name: Lab(load_preset(name), "cpu") for name in ("book-activations", "init")}
    for (name, arm), ends in stds_by_arm.items():
        layers = [activity(labs[name], arm, seed) for seed in labs[name].preset.seeds]
        for place, expected in ((0, ends[0]), (-1, ends[1])):
            assert statistics.mean(seen[place].std for seen in layers) == pytest.approx(expected, rel=0.03)


def test_zeros_stay_zeros_and_lecun_is_another_word_for_xavier() -> None:
    preset = load_preset("init", seeds=1, epochs=15)
    lab = Lab(preset, "cpu")
    last = {event.arm: event for event in lab.run() if isinstance(event, Epoch)}
    assert last["zeros"].weight_norm == 0
    assert last["zeros"].train_loss == pytest.approx(math.log(10), abs=0.001)
    assert last["lecun"].val_loss == last["xavier"].val_loss
    assert last["orthogonal"].val_loss < last["he"].val_loss
    assert last["normal 1"].val_loss > 10_000
    assert last["normal 0.01"].train_loss > 1
