"""What a person asks to see is what there is, and asking changes nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import engine.stack.stack
from engine.data import load_task
from engine.lab import Lab
from engine.preset import IMAGES, PresetError
from engine.preset.schema import EMBEDDED, SYNTHETIC, Data
from tests.engine.images import AUGMENT, MIXING, SHAPE, image_lab, image_task, spy_on_steps
from tests.engine.reference import network_of
from tests.engine.small import CPU, Settings, lab_of, weights_of

ARMS: dict[str, Settings] = {
    "plain": {},
    "all": {**AUGMENT, **MIXING, "regularization.input_noise": 0.1, "regularization.dropout": 0.3},
    "other structure": {"model.hidden": [4], "training.batch_size": 30, **AUGMENT},
}
BASE: Settings = {"training.seeds": [0, 3]}


def test_what_is_fed_is_what_the_next_step_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = image_lab(BASE, ARMS)
    seen = spy_on_steps(monkeypatch)
    numbers = set()
    while not lab.finished:
        fed = {lane: lab.fed(*lane, 7) for lane in lab._lanes}
        numbers.add(lab._number)
        del seen[:]
        lab.advance()
        # The wider batch has fewer steps an epoch: in the epoch's last one its stack rests.
        for (x_LBI, targets), stack in zip(seen, lab._stacks, strict=False):
            for lane, key in enumerate(stack.lanes):
                expected = x_LBI[lane, :7].unflatten(1, SHAPE)
                assert torch.equal(fed[key].x, expected)
                assert torch.equal(fed[key].y, targets.y_LB[lane, :7])
                share = 1.0 if targets.share_L is None else targets.share_L[lane].item()
                assert fed[key].share == share
                other = fed[key].other
                assert (other is None) == (share == 1)
                if other is not None and targets.other_LB is not None:
                    assert torch.equal(other, targets.other_LB[lane, :7])
    assert numbers == {0, 1, 2}


def test_a_stack_that_rests_shows_its_next_epochs_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = image_lab({}, ARMS)
    lab.advance()
    lab.advance()
    fed = lab.fed("other structure", 0, 100)
    lab.advance()
    seen = spy_on_steps(monkeypatch)
    lab.advance()
    assert torch.equal(fed.x, seen[1][0][0].unflatten(1, SHAPE))
    assert len(fed.x) == 30


ASKED: dict[str, Callable[[Lab], object]] = {
    "fed": lambda lab: lab.fed("all", 3, 9),
    "mistakes": lambda lab: lab.mistakes("all", 0, 9),
    "confusion": lambda lab: lab.confusion("all", 3),
    "test confusion": lambda lab: lab.test_confusion("all", 3),
}


@pytest.mark.parametrize("question", ASKED)
def test_asking_changes_no_bit_of_the_run(question: str) -> None:
    asked, plain = image_lab(BASE, ARMS), image_lab(BASE, ARMS)
    while not plain.finished:
        ASKED[question](asked)
        assert asked.advance() == plain.advance()
        ASKED[question](asked)
    for stack, other in zip(asked._stacks, plain._stacks, strict=True):
        assert torch.equal(stack.theta_LP, other.theta_LP)


def test_the_mistakes_are_the_wrong_validation_examples_of_the_highest_loss() -> None:
    lab, task = image_lab(BASE, ARMS), image_task([0, 3])
    lab.run_epoch()
    lab.advance()
    for arm, seed in lab._lanes:
        row = (0, 3).index(seed)
        stack = next(stack for stack in lab._stacks if (arm, seed) in stack.lanes)
        logits = network_of(stack.layout, weights_of(lab, arm, seed))(task.val_x_SNI[row])
        y_N = task.val_y_SN[row]
        loss_N, predicted_N = F.cross_entropy(logits, y_N, reduction="none"), logits.argmax(1)
        wrong = sorted((n for n in range(30) if predicted_N[n] != y_N[n]), key=lambda n: -loss_N[n].item())
        for count in (3, 1000):
            mistakes = lab.mistakes(arm, seed, count)
            expected = wrong[:count]
            assert len(expected) == min(count, len(wrong)) > 0
            assert torch.equal(mistakes.x, task.val_x_SNI[row][expected].unflatten(1, SHAPE))
            assert torch.equal(mistakes.y, y_N[expected])
            assert torch.equal(mistakes.predicted, predicted_N[expected])
            torch.testing.assert_close(mistakes.loss, loss_N[expected].detach(), rtol=1e-12, atol=0)


def test_the_mistakes_of_a_network_that_makes_none_are_none() -> None:
    lab = image_lab({"training.optimizer": "adam", "training.lr": 0.01})
    with torch.no_grad():
        task = lab._stacks[0].task
        object.__setattr__(task, "val_y_SN", torch.zeros_like(task.val_y_SN))
        stack = lab._stacks[0]
        stack.theta_LP.zero_()
        slot = next(slot for slot in stack.layout.slots if slot.layer == "output" and slot.kind == "bias")
        slot.of(stack.theta_LP)[0] = torch.tensor([1.0, 0.0, 0.0])
    mistakes = lab.mistakes("base", 0, 5)
    assert mistakes.x.shape == (0, *SHAPE)
    assert len(mistakes.y) == len(mistakes.loss) == 0


def test_confusion_counts_true_by_predicted_and_the_tests_is_of_the_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    lab, task = image_lab(BASE, ARMS), image_task([0, 3])
    touched = []
    plain = engine.stack.stack.evaluate

    def spy(*args: object) -> object:
        if any(args[2] is stack.task.test_x_SNI for stack in lab._stacks):
            touched.append(lab.epoch)
        return plain(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(engine.stack.stack, "evaluate", spy)
    ends = {}
    for part, confusion in (("val", lab.confusion), ("test", lab.test_confusion)):
        if part == "test":
            assert all(lab.test_confusion(*lane) is None for lane in lab._lanes)
            ends = {(event.arm, event.seed): event for event in lab.run() if event.kind == "finished"}  # type: ignore[attr-defined]
        else:
            lab.run_epoch()
        for arm, seed in lab._lanes:
            row = (0, 3).index(seed)
            stack = next(stack for stack in lab._stacks if (arm, seed) in stack.lanes)
            x_NI, y_N = getattr(task, f"{part}_x_SNI")[row], getattr(task, f"{part}_y_SN")[row]
            predicted = network_of(stack.layout, weights_of(lab, arm, seed))(x_NI).argmax(1)
            expected = np.zeros((3, 3), dtype=np.int64)
            np.add.at(expected, (y_N.numpy(), predicted.numpy()), 1)
            matrix = confusion(arm, seed)
            assert matrix is not None
            assert matrix.dtype == torch.int64
            np.testing.assert_array_equal(matrix.numpy(), expected)
            if part == "test":
                assert matrix.trace().item() / 20 == pytest.approx(ends[arm, seed].test_acc)
    assert touched == [5] * len(lab._stacks)


def test_a_snapshot_of_a_finished_run_has_the_tests_confusion() -> None:
    lab = image_lab(BASE, ARMS)
    early = lab.state()
    list(lab.run())
    counted, late = lab.test_confusion("all", 3), lab.state()
    assert counted is not None
    lab.restore(early)
    assert lab.test_confusion("all", 3) is None
    other = image_lab(BASE, ARMS)
    other.restore(late)
    assert torch.equal(other.test_confusion("all", 3), counted)


def test_examples_that_are_no_images_are_shown_as_rows_and_an_unknown_lane_is_refused() -> None:
    lab = lab_of({"regularization.mixup": 0.4})
    assert lab.fed("base", 0, 4).x.shape == (4, 5)
    assert lab.mistakes("base", 0, 2).x.shape[1:] == (5,)
    for ask in (lab.confusion, lab.test_confusion):
        with pytest.raises(PresetError, match=r"no lane of arm 'base' under seed 9 \(there is: 'base' under 0\)"):
            ask("base", 9)


def test_the_embedded_sources_with_images_are_those_that_the_schema_names() -> None:
    for source in (*EMBEDDED, *SYNTHETIC):
        task = load_task(Data(source=source, samples=50), [0], CPU, torch.float32)  # type: ignore[arg-type]
        assert (task.image_shape is not None) == (source in IMAGES)
