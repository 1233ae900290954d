"""A preset that cannot be used costs one line that says where, what, and what would be right."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from engine.preset import PresetError, builtin_list, builtin_names, load_preset, read_preset
from engine.preset.source import line_of

HEAD = 'title = "t"\nlesson = """\n[training]\nlr = "a trap"\n"""\n'

WRONG = [
    ("[training]\nlearning_rat = 1\nlr = 0.1", 7, "training.learning_rat", "one of: epochs"),
    ("[regularization]\ndropuot = 0.1", 7, "regularization.dropuot", "did you mean 'dropout'"),
    ("[regularisation]\nl2 = 1", 6, "regularisation", "did you mean 'regularization'"),
    ("[regularization]\ndropout = 1.2", 7, "1.2", "must be below 1 (did you mean 0.2?)"),
    ("[regularization]\ndropout = 20", 7, "20", "must be below 1 (did you mean 0.2?)"),
    ("[training]\nepochs = 3\nlr = -0.5", 8, "-0.5", "must be above 0"),
    ("[training]\nlr = nan", 7, "nan", "finite"),
    ("[training]\nlr = inf", 7, "inf", "finite"),
    ('[training]\nlr = "fast"', 7, "'fast'", "must be a number"),
    ("[training]\nepochs = 1.5", 7, "1.5", "whole number"),
    ("[training]\nepochs = true", 7, "True", "whole number"),
    ("[training]\nseeds = [1, 1]", 7, "[1, 1]", "different"),
    ("[training]\nseeds = []", 7, "[]", "one or more"),
    ("[model]\nhidden = 100", 7, "100", "list of whole numbers"),
    ("[model]\nhidden = [0]", 7, "[0]", "1 to 65536"),
    ('[model]\nactivation = "rellu"', 7, "'rellu'", "did you mean 'relu'"),
    ('[data]\nsource = "fashion"', 7, "'fashion'", "did you mean 'fashionmnist'"),
    ('[data]\nsource = "digit"', 7, "'digit'", "did you mean 'digits'"),
    ("[data]\ntrain = 0", 7, "0", "positive"),
    ('[data]\ntrain = "half"', 7, "'half'", "count"),
    ('[early_stopping]\nrestore_best = "yes"', 7, "'yes'", "true or false"),
    ("early_stopping.patience = -1", 6, "-1", "at least 0"),
    ("training = 5", 6, "5", "table"),
    ("speed = 0", 6, "0", "above 0"),
    ("summary = 3", 6, "3", "text in quotes"),
    ("arm = 5", 6, "arm", "[[arm]]"),
    ('[[arm]]\nname = "a"\n[[arm]]\nregularization.l2 = 1', 8, "arm 2", "name"),
    ('[[arm]]\nname = "a"\n[[arm]]\nname = "a"', 9, "'a'", "name of its own"),
    ('[[arm]]\nname = ""', 7, "''", "not empty"),
    ('[[arm]]\nname = "a"\n[[arm]]\nname = "b"\nregularization.dropout = 2', 10, "arm 'b'", "must be below 1"),
    ('[[arm]]\nname = "a"\n[arm.training]\nlr = 0', 9, "arm 'a'", "above 0"),
    ('[[arm]]\nname = "a"\ndropout = 2', 8, "'dropout'", "did you mean 'regularization.dropout'?"),
    ('[[arm]]\nname = "a"\nhiden = 2', 8, "'hiden'", "one of"),
    ("dropout = 0.2", 6, "unknown key 'dropout'", "did you mean 'regularization.dropout'?"),
    ("[training]\ndropout = 0.2", 7, "'training.dropout'", "did you mean 'regularization.dropout'?"),
    ("patience = 3", 6, "'patience'", "did you mean 'schedule.patience' or 'early_stopping.patience'?"),
    ('[[arm]]\nname = "a"\ntraining.seeds = [3]', 8, "arm 'a'", "[training]"),
]


@pytest.mark.parametrize(("body", "line", "value", "expected"), WRONG, ids=[body for body, *_ in WRONG])
def test_an_error_is_one_line_with_file_line_given_and_expected(
    body: str, line: int, value: str, expected: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(PresetError) as raised:
        load_preset(str(file))
    message = str(raised.value)
    assert message.startswith(f"{file}:{line}: ")
    assert value in message
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize("body", ["x =", "[training", 'title = "', "[training]\nlr = 1\nlr = 2", "a = [1,"])
def test_broken_toml_is_one_line_with_the_file(body: str) -> None:
    with pytest.raises(PresetError, match=r"^mine\.toml(:\d+)?: broken TOML: [^\n]+$"):
        read_preset(body, place="mine.toml")


def test_broken_toml_names_its_line() -> None:
    with pytest.raises(PresetError, match=r"^mine\.toml:3: broken TOML"):
        read_preset("[training]\nlr = 0.1\nepochs =\n", place="mine.toml")


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "true", "-1", "0.0", "1.5", "[1]", "1" + "0" * 400])
def test_no_amount_of_data_makes_a_traceback(value: str) -> None:
    with contextlib.suppress(PresetError):
        read_preset(f"data.train = {value}")


@pytest.mark.parametrize("key", ["training.lr", "training.epochs", "regularization.l2"])
@pytest.mark.parametrize("digits", [400, 5000])
def test_a_number_beyond_all_bounds_is_refused_like_any_other(key: str, digits: int) -> None:
    with pytest.raises(PresetError):
        read_preset(f"{key} = {'9' * digits}")


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("arm = 5", {"epochs": 3}),
        ("arm = 5", {"arm_sets": ["a:training.lr=1"]}),
        ('[[arm]]\nname = "a"\ntraining = 5', {"epochs": 3}),
        ('[[arm]]\nname = "a"\ntraining = 5', {"arm_sets": ["a:training.lr=1"]}),
        ("training = 5", {"sets": ["training.lr=1"]}),
        ("training = 5", {"seeds": 2}),
    ],
)
def test_a_wrong_file_under_options_is_still_one_line(text: str, changes: dict, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PresetError):
        load_preset(str(file), **changes)


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ({"sets": ["training.lr"]}, "--set training.lr: expected KEY=VALUE"),
        ({"sets": ["training.lrr=1"]}, "did you mean 'training.lr'"),
        ({"sets": ["dropout=0.5"]}, "unknown setting 'dropout' (did you mean 'regularization.dropout'?)"),
        ({"sets": ["modle.kind=cnn"]}, "unknown setting 'modle.kind' (did you mean 'model.kind'?)"),
        (
            {"arm_sets": ["dropout 0.2:dropout=0.5"]},
            "unknown setting 'dropout' (did you mean 'regularization.dropout'?)",
        ),
        ({"sets": ["training.lr=0"]}, "--set training.lr=0: training.lr = 0: must be above 0"),
        ({"sets": ["training.lr=fast"]}, "--set training.lr=fast: training.lr = 'fast': must be a number"),
        ({"arm_sets": ["dropout 0.3:training.lr=1"]}, "did you mean 'dropout 0.2'"),
        ({"arm_sets": ["training.lr=1"]}, "expected ARM:KEY=VALUE"),
        ({"arm_sets": ["dropout off:regularization.dropout=1"]}, "must be below 1"),
        ({"seeds": 0}, "--seeds 0: must be at least 1"),
        ({"epochs": 0}, "--epochs 0: training.epochs = 0: must be at least 1"),
    ],
)
def test_an_option_is_refused_in_its_own_words(option: dict, expected: str) -> None:
    with pytest.raises(PresetError) as raised:
        load_preset("dropout", **option)
    assert expected in str(raised.value)
    assert "\n" not in str(raised.value)


def test_options_change_the_base_and_one_arm_and_the_lengths_of_all() -> None:
    preset = load_preset(
        "dropout",
        sets=["training.lr=0.5", "model.hidden=[7]", "training.optimizer=adam"],
        arm_sets=["dropout 0.2:regularization.dropout=0.4", "dropout off:training.epochs=99"],
        seeds=4,
        epochs=12,
    )
    off, on = preset.arms
    assert [arm.settings.training.lr for arm in (off, on)] == [0.5, 0.5]
    assert on.settings.model.hidden == [7]
    assert on.settings.training.optimizer == "adam"
    assert (off.settings.regularization.dropout, on.settings.regularization.dropout) == (0.0, 0.4)
    assert preset.seeds == (0, 1, 2, 3)
    assert {arm.settings.training.epochs for arm in preset.arms} == {12}


def test_an_unknown_name_or_file_is_told_with_the_nearest() -> None:
    with pytest.raises(PresetError, match="did you mean 'dropout'"):
        load_preset("dropuot")
    with pytest.raises(PresetError, match="no such file"):
        load_preset("nowhere.toml")


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PresetError, match="cannot be read"):
        load_preset(str(file))
    with pytest.raises(PresetError, match="is a folder and no preset"):
        load_preset(f"{tmp_path}/")


def test_csv_without_its_path_or_column_says_what_is_missing() -> None:
    with pytest.raises(PresetError, match=r"data\.path"):
        read_preset('data.source = "csv"')
    with pytest.raises(PresetError, match=r"data\.target"):
        read_preset('[data]\nsource = "csv"\npath = "x.csv"')


def test_arms_override_the_base_and_leave_each_other_alone() -> None:
    preset = read_preset(
        '[training]\nlr = 0.3\n[[arm]]\nname = "a"\ntraining.lr = 0.1\n[[arm]]\nname = "b"\nmodel.hidden = [3]'
    )
    a, b = preset.arms
    assert (a.settings.training.lr, b.settings.training.lr, preset.base.training.lr) == (0.1, 0.3, 0.3)
    assert (a.settings.model.hidden, b.settings.model.hidden) == ([100, 100], [3])


def test_a_preset_without_arms_has_one() -> None:
    assert read_preset("training.lr = 0.3").arm_names == ("base",)


def test_the_short_word_style_and_the_long_one_name_the_same_setting() -> None:
    assert read_preset('regularization.style = "book"').base.regularization.dropout_style == "book"
    preset = read_preset(
        '[regularization]\nstyle = "book"\n[[arm]]\nname = "a"\nregularization.dropout_style = "inverted"\n'
        '[[arm]]\nname = "b"\nregularization.dropout = 0.1'
    )
    assert [arm.settings.regularization.dropout_style for arm in preset.arms] == ["inverted", "book"]


def test_the_line_of_a_key_is_found_past_texts_comments_and_other_arms() -> None:
    text = HEAD + '# lr = 3\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[arm.training]\nlr = 1\n'
    assert line_of(text, ("arm", 1, "training", "lr")) == 12
    assert line_of(text, ("arm", 0, "name")) == 8
    assert line_of(text, ("arm", 0, "training")) == 7
    assert line_of(text, ("nowhere",)) is None


def test_every_built_in_preset_can_be_read_and_the_default_comes_first() -> None:
    assert builtin_names()[0] == "clouds"
    for listed in builtin_list():
        preset = load_preset(listed.name)
        assert preset.title == listed.title
        assert preset.arm_names == listed.arms


def test_an_arm_whose_name_has_colons_is_found_by_all_of_it(tmp_path):
    (tmp_path / "p.toml").write_text('[[arm]]\nname = "lr"\n[[arm]]\nname = "lr: small"\n')
    preset = load_preset(str(tmp_path / "p.toml"), arm_sets=["lr: small:training.lr=0.5", "lr:training.lr=0.25"])
    assert [arm.settings.training.lr for arm in preset.arms] == [0.25, 0.5]


def test_a_count_written_as_a_float_that_no_preset_could_hold_is_refused() -> None:
    with pytest.raises(PresetError, match=r"data.test = 1e\+308: must be at most 9,223"):
        read_preset("[data]\ntest = 1e308\n")
