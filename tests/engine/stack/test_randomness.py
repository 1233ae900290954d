"""Randomness is a function of (seed, technique, place): even, independent, and the same whoever asks."""

from __future__ import annotations

import math

import torch

from engine.stack.randomness import Streams, batch_order, stream_key
from tests.engine.small import CPU


def test_keys_differ_by_seed_technique_and_place_and_fit_a_generator() -> None:
    keys = {
        stream_key(seed, technique, place)
        for seed in range(20)
        for technique in ("dropout", "init", "input_noise", "batches")
        for place in range(50)
    }
    assert len(keys) == 20 * 4 * 50
    assert all(0 <= key < 2**63 for key in keys)
    assert stream_key(1, "init", 2) != stream_key(2, "init", 1)


def test_dropouts_numbers_are_even_over_all_65536_values() -> None:
    bits = Streams([0], CPU).bits16("dropout", 1, 1000, 1000).flatten().int()
    assert bits.min() == -32768
    assert bits.max() == 32767
    counts = torch.bincount((bits + 32768) // 256, minlength=256).double()
    expected = 1e6 / 256
    chi2 = ((counts - expected) ** 2 / expected).sum()
    assert abs(chi2 - 255) < 5 * math.sqrt(2 * 255)
    u = (bits.double() + 32768.5) / 65536
    for lag in (1, 2, 3, 4, 1000):
        assert abs(torch.corrcoef(torch.stack([u[:-lag], u[lag:]]))[0, 1]) < 0.005


def test_a_seeds_draw_is_the_same_alone_and_beside_others_and_in_any_order() -> None:
    def draws(seeds: list[int], first: str) -> dict[tuple[int, str, int], torch.Tensor]:
        streams, draws_by_key = Streams(seeds, CPU), {}
        for technique in (first, "b" if first == "a" else "a"):
            for step in (3, 1):
                normal = streams.normal(technique, step, 5, 4, dtype=torch.float64)
                bits = streams.bits16(technique, step, 5, 7).clone()
                for row, seed in enumerate(seeds):
                    draws_by_key[seed, technique, step] = torch.cat([normal[row].flatten(), bits[row].flatten()])
        return draws_by_key

    alone, among = draws([4], "a"), draws([0, 4, 2], "b")
    for key, draw in alone.items():
        assert torch.equal(draw, among[key])


def test_no_two_of_seed_technique_and_step_share_a_draw() -> None:
    streams = Streams([0, 1], CPU)
    all_draws = [
        row.clone()
        for technique in ("dropout", "input_noise")
        for step in (1, 2)
        for row in streams.bits16(technique, step, 64)
    ]
    assert len({tuple(row.tolist()) for row in all_draws}) == 8


def test_a_shuffled_epoch_sees_each_example_once_and_every_epoch_another_order() -> None:
    first, second = batch_order(0, 1, 100, False), batch_order(0, 2, 100, False)
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(100))
    assert not torch.equal(first, second)
    assert not torch.equal(first, batch_order(1, 1, 100, False))
    assert torch.equal(first, batch_order(0, 1, 100, False))


def test_drawing_with_replacement_repeats_some_and_leaves_some_out() -> None:
    distinct = len(set(batch_order(0, 1, 1000, True).tolist()))
    assert abs(distinct - 1000 * (1 - 1 / math.e)) < 60
