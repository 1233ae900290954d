"""The guided tour: six built-in experiments, each of which asks two or three times and knows its answers."""

from engine.preset import builtin_names, load_preset
from engine.preset.tour import stop_of, tour


def test_every_stop_is_a_built_in_experiment_with_questions_that_have_an_answer_in_time():
    stops = tour()
    assert len(stops) == 6
    for number, stop in enumerate(stops):
        assert stop.name in builtin_names()
        assert stop_of(stop) == number
        assert stop.title.startswith(f"Tour {number + 1} of 6, ")
        asked = [entry for entry in stop.timeline if entry.ask]
        assert 2 <= len(asked) <= 3
        for entry in asked:
            assert entry.answer
            assert entry.reveal
            assert entry.at is not None
            assert entry.at + (entry.reveal_after or 0) <= stop.epochs
        plain = load_preset(stop.name)
        assert (stop.arms, stop.base, stop.lesson) == (plain.arms, plain.base, plain.lesson)
    assert stop_of(load_preset("clouds")) is None


def test_the_texts_of_the_tour_name_arms_that_there_are():
    for stop in tour():
        for entry in stop.timeline:
            quoted = (entry.say + entry.ask).split('"')[1::2]
            assert set(quoted) <= set(stop.arm_names)
