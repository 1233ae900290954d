"""What a batch goes through on its way into the network: paired over arms, nothing for the lanes that do not ask."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.events import Finished, Intervention, Receipt
from engine.lab import Lab
from engine.preset import PresetError
from engine.regularizers.cutmix import cutmix_box
from engine.regularizers.mixup import beta_share
from engine.stack.randomness import Streams
from engine.worker import Worker
from tests.engine.images import AUGMENT, MIXING, SHAPE, image_lab, image_task, spy_on_steps
from tests.engine.small import CPU, Settings, epochs_by_lane, lab_of, only, preset_of, weights_of

ALL: Settings = {**AUGMENT, **MIXING, "regularization.input_noise": 0.2, "regularization.label_smoothing": 0.1}


def steps_of(monkeypatch: pytest.MonkeyPatch, arms: dict[str, Settings], epochs: int = 4) -> torch.Tensor:
    """What the arms are fed under seed 0, all steps one after another: [A, N, C, H, W]. The batches are all full."""
    seen = spy_on_steps(monkeypatch)
    lab = image_lab({"training.epochs": epochs, "training.batch_size": 20}, arms)
    while not lab.finished:
        lab.advance()
    return torch.cat([x_LBI for x_LBI, _ in seen], dim=1).unflatten(2, SHAPE)


# A lane without is a lane as before -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*AUGMENT, *MIXING])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_neutral_setting_is_bit_identical_to_none_also_beside_a_lane_that_uses_it(
    key: str, dtype: torch.dtype
) -> None:
    base = {"training.seeds": [0, 1], "training.optimizer": "adam"}
    without = image_lab(base, {"this": {}, "other": {}}, dtype)
    neutral = image_lab(base, {"this": {key: 0}, "other": {key: ALL[key]}}, dtype)
    assert [len(lab._stacks) for lab in (without, neutral)] == [1, 1]
    plain, beside = (epochs_by_lane(list(lab.run())) for lab in (without, neutral))
    for seed in (0, 1):
        assert torch.equal(weights_of(without, "this", seed), weights_of(neutral, "this", seed))
        assert plain["this", seed] == beside["this", seed]
        assert not torch.equal(weights_of(without, "other", seed), weights_of(neutral, "other", seed))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_lane_alone_and_among_others_is_fed_the_same_bits_and_gives_the_same_curve(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = spy_on_steps(monkeypatch)
    only_rotated: Settings = {"augment.rotate": 20.0}
    others: dict[str, Settings] = {"plain": {}, "shifted": {"augment.shift": 3.0, "regularization.mixup": 2.0}}
    for this in (ALL, only_rotated):
        del seen[:]
        among = image_lab({"training.seeds": [4, 1, 9]}, {**others, "this": this, "last": ALL}, dtype)
        curve = epochs_by_lane(list(among.run()))["this", 1]
        fed_among = [x_LBI[4 + 2] for x_LBI, _ in seen]
        del seen[:]
        monkeypatch.setattr("tests.engine.images.image_task", lambda _, dtype: image_task([1], dtype))
        alone = image_lab({"training.seeds": [1]}, {"this": this}, dtype)
        expected = epochs_by_lane(list(alone.run()))["this", 1]
        for one, (other, _) in zip(fed_among, seen, strict=True):
            assert torch.equal(one, other[0])
        tolerance = 1e-10 if dtype == torch.float64 else 1e-4
        assert [e.val_loss for e in curve] == pytest.approx([e.val_loss for e in expected], rel=tolerance)
        monkeypatch.undo()
        seen = spy_on_steps(monkeypatch)


def test_a_stack_resumed_from_a_snapshot_is_fed_the_same() -> None:
    lab = image_lab({}, {"all": ALL, "plain": {}})
    lab.run_epoch()
    lab.advance()
    state = lab.state()
    first = list(lab.run())[1:]
    weights = weights_of(lab, "all")
    lab.restore(state)
    assert list(lab.run())[1:] == first
    assert torch.equal(weights_of(lab, "all"), weights)


def test_evaluation_meets_none_of_it() -> None:
    lab, plain = image_lab({"training.lr": 1e-300}, {"all": ALL}), image_lab({"training.lr": 1e-300}, {"all": {}})
    for event, expected in zip(lab.run_epoch(), plain.run_epoch(), strict=True):
        assert (event.train_loss, event.val_loss) == (expected.train_loss, expected.val_loss)  # type: ignore[attr-defined]


# Paired draws ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "axis"), [("augment.hflip", 4), ("augment.vflip", 3)])
def test_the_images_flipped_at_a_smaller_probability_are_among_those_flipped_at_a_larger(
    key: str, axis: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = steps_of(monkeypatch, {str(p): {key: p} for p in (0.0, 0.2, 0.6, 1.0)}, epochs=25)
    flipped = [(x[lane] == x[0].flip(axis - 1)).flatten(1).all(1) for lane in range(4)]
    for lane in range(4):
        assert torch.equal(x[lane][~flipped[lane]], x[0][~flipped[lane]])
    assert not flipped[0].any()
    assert flipped[3].all()
    assert not (flipped[1] & ~flipped[2]).any()
    for p, images in ((0.2, flipped[1]), (0.6, flipped[2])):
        assert abs(images.double().mean() - p) < 4 * (p * (1 - p) / len(images)) ** 0.5


@pytest.mark.parametrize("key", ["augment.shift", "augment.rotate", "augment.zoom"])
def test_a_weaker_range_is_the_same_draw_scaled(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[torch.Tensor, ...]] = []
    import engine.stack.input_transforms as input_transforms

    plain = input_transforms.warp

    def spy(x_NCHW: torch.Tensor, *warps: torch.Tensor) -> torch.Tensor:
        asked.append(warps)
        return plain(x_NCHW, *warps)

    monkeypatch.setattr(input_transforms, "warp", spy)
    strong = {"augment.shift": 4.0, "augment.rotate": 90.0, "augment.zoom": 0.8}[key]
    steps_of(monkeypatch, {"off": {}, "weak": {key: strong / 4}, "strong": {key: strong}}, epochs=25)
    shift, angle, scale = (
        torch.cat([draw.unflatten(0, (2, 20)) for draw in draws], 1) for draws in zip(*asked, strict=True)
    )
    settings = {"augment.shift": shift, "augment.rotate": angle, "augment.zoom": scale - 1}
    for name, values in settings.items():
        if name != key:
            assert not values.any()
            continue
        torch.testing.assert_close(4 * values[0], values[1], rtol=0, atol=1e-12)
        u = values[1].flatten() / strong
        assert (u.abs() <= 1).all()
        assert abs(u.mean()) < 4 * (1 / 3 / len(u)) ** 0.5
        assert abs(u.var() - 1 / 3) < 0.04
        assert u.unique().numel() == u.numel()
    if key == "augment.shift":
        assert abs(torch.corrcoef(shift[1].T)[0, 1]) < 0.15


def test_every_technique_and_every_seed_has_a_draw_of_its_own() -> None:
    streams = Streams([0, 1], CPU)
    names = [*AUGMENT, "mixing", "mixing partners"]
    drawn = [row for name in names for step in (1, 2) for row in streams.uniform(name, step, 40, dtype=torch.float64)]
    assert len({tuple(row.tolist()) for row in drawn}) == 4 * len(names)
    assert all((row.min() >= 0) and (row.max() < 1) for row in drawn)


# Together -------------------------------------------------------------------------------------------------------------


def test_the_order_is_augmentation_cutout_noise_mixing(monkeypatch: pytest.MonkeyPatch) -> None:
    noisy = {"regularization.input_noise": 0.5}
    warped = {"augment.rotate": 45.0, "augment.hflip": 0.5}
    arms: dict[str, Settings] = {
        "plain": {},
        "warped": warped,
        "cut": {**warped, "augment.cutout": 3},
        "noise": noisy,
        "noised": {**warped, "augment.cutout": 3, **noisy},
        "mixed": {**warped, "augment.cutout": 3, **noisy, "regularization.mixup": 5.0},
    }
    seen = spy_on_steps(monkeypatch)
    lab = image_lab({}, arms)
    lab.run_epoch()
    for x_LBI, targets in seen:
        plain, turned, cut, noise, noised, mixed = x_LBI
        assert targets.share_L is not None
        holes = cut == 0
        assert torch.equal(cut[~holes], turned[~holes])
        assert (holes & (turned != 0)).any()
        torch.testing.assert_close(noised, cut + (noise - plain), rtol=0, atol=1e-12)
        share = targets.share_L[5]
        distance, partner = torch.cdist((mixed - share * noised) / (1 - share), noised).min(dim=1)
        assert distance.max() < 1e-9
        assert torch.equal(partner.sort().values, torch.arange(len(partner)))


def test_with_mixup_and_cutmix_a_fair_coin_chooses_one_of_them_for_each_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    mixup: Settings = {"regularization.mixup": 1.0}
    cutmix: Settings = {"regularization.cutmix": 1.0}
    seen = spy_on_steps(monkeypatch)
    lab = image_lab({"training.epochs": 60}, {"mixup": mixup, "cutmix": cutmix, "both": {**mixup, **cutmix}})
    while not lab.finished:
        lab.advance()
    chosen = []
    for x_LBI, targets in seen:
        assert targets.share_L is not None
        same = [torch.equal(x_LBI[2], x_LBI[lane]) and targets.share_L[2] == targets.share_L[lane] for lane in (0, 1)]
        assert any(same)
        chosen.append(same[1])
    assert len(chosen) == 180
    assert 60 < sum(chosen) < 120


def test_mixup_and_cutmix_of_one_seed_draw_the_same_share_and_partners(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spy_on_steps(monkeypatch)
    lab = image_lab({}, {"mixup": {"regularization.mixup": 1.0}, "cutmix": {"regularization.cutmix": 1.0}})
    while not lab.finished:
        lab.advance()
    for step, (_, targets) in enumerate(seen, start=1):
        assert targets.share_L is not None
        assert targets.other_LB is not None
        u_S5 = Streams([0], CPU).uniform("mixing", step, 5, dtype=torch.float64)
        share = beta_share(u_S5[:, 0], u_S5[:, 1], torch.ones(1, dtype=torch.float64))
        _, left = cutmix_box(share, u_S5[:, 2:4], *SHAPE[1:])
        torch.testing.assert_close(targets.share_L, torch.cat([share, left]), rtol=1e-12, atol=0)
        assert torch.equal(targets.other_LB[0], targets.other_LB[1])


def test_knobs_turn_while_training(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spy_on_steps(monkeypatch)
    lab = image_lab({}, {"a": {}, "b": {}})
    lab.advance()
    lab.turn("augment.vflip", 1.0, "b")
    lab.advance()
    lab.turn("augment.vflip", 1.0, "a")
    lab.turn("augment.vflip", 0.0, "b")
    lab.advance()
    lab.turn("augment.vflip", 0.0)
    lab.turn("regularization.cutmix", 1.0)
    lab.advance()
    plain, flipped, other, mixed = (x_LBI.unflatten(2, SHAPE) for x_LBI, _ in seen)
    assert torch.equal(plain[0], plain[1])
    assert torch.equal(flipped[1], flipped[0].flip(2))
    assert torch.equal(other[0], other[1].flip(2))
    assert torch.equal(mixed[0], mixed[1])
    assert seen[3][1].share_L is not None


# Standardized images --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["random", "first"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_standardized_images_are_augmented_as_they_are_stored_and_standardized_again(
    split: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    arms: dict[str, Settings] = {
        "plain": {},
        "weak": {"augment.shift": 0.7, "augment.rotate": 5.0},
        "flipped": {"augment.hflip": 0.5, "augment.vflip": 1.0},
        "cut": {"augment.cutout": 3},
        "all": AUGMENT,
    }
    base: Settings = {
        "data.source": "digits", "data.split": split, "data.train": 300, "data.validation": 20, "data.test": 20,
        "training.seeds": [0, 3], "training.batch_size": 100, "training.epochs": 1,
    }  # fmt: skip
    seen = spy_on_steps(monkeypatch)
    fed: dict[str, torch.Tensor] = {}
    for scale in ("none", "standard"):
        del seen[:]
        lab = Lab(preset_of({**base, "data.scale": scale}, arms), "cpu", dtype)
        if scale == "none":
            train_SNI = lab.stacks[0].task.train_x_SNI.double()
        lab.run_epoch()
        fed[scale] = torch.cat([x_LBI for x_LBI, _ in seen], dim=1).double()
    mean_SI, std_SI = train_SNI.mean(dim=1), train_SNI.std(dim=1, unbiased=False)
    varies_SI = train_SNI.amax(dim=1) > train_SNI.amin(dim=1)
    assert not varies_SI.all()
    stored_SAI = fed["none"].view(len(mean_SI), -1, 64)
    standard_SAI = (stored_SAI - mean_SI.unsqueeze(1)) / std_SI.where(varies_SI, 1).unsqueeze(1)
    expected = torch.where(varies_SI.unsqueeze(1), standard_SAI, 0).view(fed["none"].shape)
    tolerance = 1e-10 if dtype == torch.float64 else 1e-3
    torch.testing.assert_close(fed["standard"], expected, rtol=tolerance, atol=tolerance)
    assert all(not torch.equal(fed["standard"][0], fed["standard"][lane]) for lane in range(1, 5))

    del seen[:]
    Lab(preset_of({**base, "data.scale": "standard"}, {name: {} for name in arms}), "cpu", dtype).run_epoch()
    untouched = torch.cat([x_LBI for x_LBI, _ in seen], dim=1).double()
    for lane in (0, 5):
        assert torch.equal(fed["standard"][lane], untouched[lane])


# Sources without images -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [*AUGMENT, "regularization.cutmix"])
def test_a_source_without_images_refuses_in_one_line_at_the_start_and_when_turned(key: str) -> None:
    value: Any = 1 if key == "augment.cutout" else 0.5
    words = f"{key} = {value}: the source 'iris' has no images \\(those that have: digits, mnist, .*folder\\)$"
    with pytest.raises(PresetError, match=words):
        lab_of({}, {"a": {}, "b": {key: value}})
    lab = lab_of({}, {"a": {}, "b": {}})
    before = lab.preset
    for arm in (None, "b"):
        with pytest.raises(PresetError, match=words):
            lab.turn(key, value, arm)
    assert lab.preset == before
    assert lab.turn("regularization.mixup", 0.5) != []
    list(lab.run())
    assert lab.finished


def test_features_cut_out_of_images_are_no_images_and_that_is_what_is_said() -> None:
    words = r"the first 9 features of 'digits' are no images: leave data.features out$"
    for settings in ({"augment.hflip": 0.5}, {"model.kind": "cnn"}):
        with pytest.raises(PresetError, match=words):
            Lab(preset_of({"data.source": "digits", "data.features": 9, **settings}), "cpu")


def test_a_worker_lives_on_after_a_refused_knob() -> None:
    from engine.commands import Stop, Turn

    worker = Worker(preset_of({"training.epochs": 1_000_000, "data.source": "iris"}), "cpu")
    worker.start()
    worker.send(Turn("augment.rotate", 10.0))
    worker.send(Turn("training.lr", 0.05))
    worker.send(Stop())
    for _ in range(200):
        if worker.view().state == "finished":
            break
        worker._thread.join(0.05)
    news = worker.news()
    assert worker.close()
    assert any("has no images" in receipt.refused for receipt in only(news, Receipt))
    assert [event.knob for event in only(news, Intervention)] == ["training.lr"]
    assert only(news, Finished)
