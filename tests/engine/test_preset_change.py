"""A changed preset, and a preset written out: reading it gives the same experiment."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.preset import (
    Preset,
    PresetError,
    builtin_names,
    load_preset,
    read_preset,
    settings_by_key,
    title_of,
    with_copy,
    with_value,
    write_preset,
)
from engine.preset.schema import Subject
from engine.text import harmful
from tests.engine.small import Settings, preset_of

TEXTS = st.text(max_size=30).filter(lambda text: harmful(text) is None)
LINES = st.text(max_size=30).filter(lambda text: harmful(text, lines=True) is None)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "model.hidden": st.lists(st.integers(1, 65536), max_size=4),
    "model.activation": st.sampled_from(["relu", "tanh", "sigmoid", "gelu"]),
    "model.init_std": st.floats(0, 100, exclude_min=True),
    "data.train": st.one_of(st.integers(1, 10**6), st.floats(0.01, 0.99)),
    "data.path": TEXTS,
    "training.lr": st.floats(1e-300, 1e9),
    "training.epochs": st.integers(1, 10**8),
    "schedule.kind": st.sampled_from(["constant", "cosine", "plateau"]),
    "schedule.warmup": st.integers(0, 10**6),
    "regularization.dropout": st.floats(0, 0.9999),
    "regularization.dropout_style": st.sampled_from(["inverted", "book"]),
    "regularization.l2": st.one_of(st.just(0), st.floats(0, 1000)),
    "early_stopping.patience": st.integers(0, 10**9),
    "early_stopping.restore_best": st.booleans(),
    "early_stopping.action": st.sampled_from(["stop", "watch"]),
}
CHANGES = st.lists(
    st.sampled_from(sorted(VALUES)).flatmap(lambda key: st.tuples(st.just(key), VALUES[key], st.booleans())), max_size=6
)


@st.composite
def presets(draw: st.DrawFn) -> Preset:
    def toml_text() -> str:
        return draw(TEXTS)

    names = draw(st.lists(TEXTS.filter(lambda text: text.strip()), max_size=3, unique=True))
    preset = preset_of(draw(st.just({})), {name: {} for name in names} or None)
    for key, value, everywhere in draw(CHANGES):
        arm = None if everywhere else draw(st.sampled_from(preset.arm_names))
        preset = with_value(preset, key, value, arm)
    texts = {"title": toml_text() or "preset", "summary": draw(LINES), "lesson": draw(LINES).strip()}
    return preset.model_copy(update={**texts, "speed": draw(st.none() | st.floats(1e-3, 1e6))})


@settings(max_examples=50, deadline=None)
@given(presets())
def test_a_preset_written_and_read_is_the_same(preset: Preset) -> None:
    read = read_preset(write_preset(preset), preset.name)
    assert read == preset.model_copy(update={"title": title_of(preset), "written": read.written})
    assert read.written == {arm.name: Subject.of(arm.settings) for arm in preset.arms}


@pytest.mark.parametrize("lesson", ["a\n\nb", 'say """ or \\', "tab\t, ⠿"])
def test_a_lesson_is_written_to_the_letter(lesson: str) -> None:
    preset = preset_of().model_copy(update={"lesson": lesson})
    assert read_preset(write_preset(preset)).lesson == lesson


@pytest.mark.parametrize("name", builtin_names())
def test_every_built_in_preset_survives_being_written(name: str) -> None:
    preset = load_preset(name)
    assert read_preset(write_preset(preset), name) == preset


def test_a_change_of_one_arm_leaves_the_others_and_the_original() -> None:
    before = preset_of({}, {"a": {}, "b": {"regularization.l2": 0.5}})
    after = with_value(before, "regularization.l2", 0.1, "a")
    assert [arm.settings.regularization.l2 for arm in after.arms] == [0.1, 0.5]
    assert [arm.settings.regularization.l2 for arm in before.arms] == [0.0, 0.5]
    assert before.arms[0].overrides == {}
    everywhere = with_value(after, "regularization.l2", 0.2)
    assert [arm.settings.regularization.l2 for arm in everywhere.arms] == [0.2, 0.2]
    assert everywhere.base.regularization.l2 == 0.2
    assert read_preset(write_preset(everywhere)) == everywhere


@pytest.mark.parametrize("arm", [None, "a"])
def test_a_change_reaches_an_arm_that_used_the_short_word(arm: str | None) -> None:
    before = preset_of({}, {"a": {"regularization.style": "book"}, "b": {}})
    after = with_value(before, "regularization.dropout_style", "inverted", arm)
    read = read_preset(write_preset(after))
    assert read.arm("a").settings.regularization.dropout_style == "inverted"


@pytest.mark.parametrize(
    ("key", "value", "arm", "expected"),
    [
        ("regularization.dropuot", 0.1, None, "did you mean 'regularization.dropout'"),
        ("regularization.dropout", 1.0, "a", "must be below 1"),
        ("training.epochs", 1.5, None, "whole number"),
        ("training.lr", "fast", None, "must be a number"),
        ("early_stopping.action", "halt", None, "early_stopping.action = 'halt'"),
        ("model.hidden", [0], None, "65536"),
        ("training.lr", 0.1, "c", "no arm 'c' (there is: a, b)"),
    ],
)
def test_a_refused_change_says_why(key: str, value: Any, arm: str | None, expected: str) -> None:
    with pytest.raises(PresetError) as raised:
        with_value(preset_of({}, {"a": {}, "b": {}}), key, value, arm)
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("key", ["augment.hflip", "augment.cutout", "regularization.cutmix"])
def test_what_only_images_have_is_refused_by_every_way_in_with_the_same_words(key: str) -> None:
    value: Any = 1 if key == "augment.cutout" else 0.5
    others = "has no images (those that have: digits, mnist, fashionmnist, cifar10, cifar100, folder)"
    cut: Settings = {"data.source": "folder", "data.path": "f", "data.size": 2, "data.features": 9}
    cases: list[tuple[Settings, str]] = [
        ({"data.source": "iris"}, f"the source 'iris' {others}"),
        ({"data.source": "csv", "data.path": "t.csv", "data.target": "y"}, f"the source 'csv' {others}"),
        (
            {"data.source": "digits", "data.features": 9},
            "the first 9 features of 'digits' are no images: leave data.features out",
        ),
        (cut, "the first 9 features of 'folder' are no images: leave data.features out"),
    ]
    for table, words in cases:
        message = f"{key} = {value}: {words}"
        with pytest.raises(PresetError) as raised:
            preset_of({**table, key: value})
        assert re.sub(r"^preset:\d+: ", "", str(raised.value)) == message
        with pytest.raises(PresetError) as raised:
            preset_of(table, {"a": {}, "b": {key: value}})
        assert re.sub(r"^preset:\d+: arm 'b': ", "", str(raised.value)) == message
        for arm in (None, "b"):
            with pytest.raises(PresetError) as raised:
                with_value(preset_of(table, {"a": {}, "b": {}}), key, value, arm)
            assert str(raised.value) == message
    with pytest.raises(PresetError, match=rf"^--set {key}={value}: {key} = {value}: the source 'iris' has no images"):
        load_preset("early-stopping", [f"{key}={value}", "data.source=iris"])
    whole: list[Settings] = [
        {"data.source": "digits", "data.features": 64},
        {"data.source": "folder", "data.path": "f", "data.size": 2, "data.features": 12},
        {"data.source": "folder", "data.path": "f"},
    ]
    for table in whole:
        changed = with_value(preset_of(table), key, value)
        assert changed.base.get(key) == value == read_preset(write_preset(changed)).base.get(key)
    with pytest.raises(PresetError, match=rf"^data.features = 9: {key} = {value}: the first 9 features"):
        with_value(preset_of({"data.source": "digits", key: value}), "data.features", 9)


def test_structure_is_all_that_is_neither_live_nor_the_scale_of_the_first_weights() -> None:
    digits: Settings = {"data.source": "digits"}  # some knobs are for images
    plain = preset_of(digits).base
    for key, value in [
        ("model.hidden", [8]),
        ("model.activation", "tanh"),
        ("training.batch_size", 7),
        ("training.optimizer", "adam"),
        ("regularization.dropout_style", "book"),
        ("data.train", 20),
    ]:
        assert preset_of({**digits, key: value}).base.structure() != plain.structure(), key
    for key in (knob.key for knob in settings_by_key().values() if knob.live and not knob.choices):
        turned = settings_by_key()[key].turn(settings_by_key()[key].default, 1)
        assert preset_of({**digits, key: turned}).base.structure() == plain.structure(), key
    assert preset_of({**digits, "model.init": "xavier", "model.init_std": 3.0}).base.structure() == plain.structure()


def test_a_copy_of_an_arm_is_one_more_with_all_its_settings_and_what_it_is_about() -> None:
    preset = with_value(load_preset("dropout"), "regularization.dropout", 0.4, "dropout 0.2")
    copied = with_copy(preset, "dropout 0.2", "mine")
    assert copied.arm_names == (*preset.arm_names, "mine")
    assert copied.arm("mine").settings == preset.arm("dropout 0.2").settings
    again = read_preset(write_preset(copied), name="copied")
    assert again.arm("mine").settings == copied.arm("mine").settings
    assert title_of(copied) == title_of(preset)
    other = with_value(copied, "regularization.dropout", 0.1, "mine")
    assert other.arm("dropout 0.2").settings.regularization.dropout == 0.4
    with pytest.raises(PresetError, match="there is one of that name already"):
        with_copy(preset, "dropout 0.2", "dropout off")
