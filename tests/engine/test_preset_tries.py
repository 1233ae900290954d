"""Question, reveal and tries of a preset: read, refused, written, and turned into a preset or into turned knobs."""

import pytest

from engine.preset import (
    PresetError,
    in_settings,
    load_preset,
    question_of,
    read_preset,
    tried,
    turns,
    with_value,
    write_preset,
)

ARMS = '[[arm]]\nname = "off"\n[[arm]]\nname = "on"\nregularization.dropout = 0.2\n'
TRY = '[[try]]\ntext = "More of it?"\n'


def test_question_reveal_and_tries_are_read_and_written_and_read_again():
    preset = read_preset(
        f'question = "Which one?"\nlesson = "Look."\nreveal = """\nlines\nof\tnumbers\n"""\n{ARMS}'
        f'{TRY}regularization.dropout = 0.5\nreveal = "It helps."\n'
        f'{TRY}arm = "off"\nepoch = 50\nregularization.l2 = 0.1\n'
    )
    assert (preset.question, preset.reveal) == ("Which one?", "lines\nof\tnumbers")
    assert [(found.arm, found.epoch, found.reveal) for found in preset.tries] == [
        ("", None, "It helps."),
        ("off", 50, ""),
    ]
    assert preset.tries[1].changes == {"regularization": {"l2": 0.1}}
    assert read_preset(write_preset(preset)) == preset


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("try = 3", "written as [[try]] tables"),
        ("[[try]]\ntraining.lr = 1.0", "try: has no text"),
        (f"{TRY}", "changes nothing: add a setting"),
        (f"{TRY}training.lr = -1", "try: training.lr = -1: must be above 0"),
        (f"{TRY}lr = 1", "did you mean 'training.lr'?"),
        (f"{TRY}changes = 1\ntraining.lr = 1.0", "unknown key 'changes'"),
        (f'{TRY}arm = "of"\ntraining.lr = 1.0', "no arm 'of' (did you mean 'off'?)"),
        (f'{TRY}arm = "off"\ntraining.seeds = [1]', "leave arm out"),
        (f"{TRY}epoch = 0\ntraining.lr = 1.0", "must be a whole number, 1 or more"),
        (f"{TRY}epoch = 5\nmodel.hidden = [3]", "model.hidden cannot be turned while training: leave epoch out"),
        (f"{TRY}training.seeds = {list(range(6000))}", "12,000 lanes: must be at most 10,000"),
        (f'{TRY}training.lr = 1.0\nreveal = "\\u001b"', "U+001B"),
        (f'[[try]]\ntext = "{"x" * 301}"\ntraining.lr = 1.0', "301 characters: must be at most 300"),
        (10 * f"{TRY}training.lr = 1.0\n", "10 [[try]] tables: must be at most 9"),
        (f'question = "{"x" * 201}"', "must be at most 200"),
        ('question = "a\\nb"', "U+000A"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_one_line_that_names_it(text, why):
    with pytest.raises(PresetError) as refused:
        read_preset(f"{text}\n{ARMS}" if text.startswith(("try", "question")) else f"{ARMS}{text}\n")
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_try_that_does_not_go_with_an_option_is_left_out_and_the_preset_still_opens(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(f'data.source = "digits"\n{ARMS}{TRY}augment.shift = 1.0\n{TRY}training.lr = 0.5\n')
    assert len(load_preset(str(file)).tries) == 2
    found = load_preset(str(file), sets=["data.source=wine"]).tries
    assert [in_settings(try_) for try_ in found] == ["training.lr = 0.5"]


def test_a_try_of_the_base_leaves_an_arms_own_setting_as_an_option_does(tmp_path):
    text = (
        f'title = "T"\nquestion = "Old?"\nreveal = "Old."\n{ARMS}{TRY}regularization.dropout = 0.5\nreveal = "New."\n'
    )
    preset = read_preset(text)
    other = tried(preset, preset.tries[0])
    assert [arm.settings.regularization.dropout for arm in other.arms] == [0.5, 0.2]
    assert (other.question, other.reveal, other.tries) == ("More of it?", "New.", ())
    assert read_preset(write_preset(other)) == other.model_copy(update={"title": other.title})
    file = tmp_path / "p.toml"
    file.write_text(text)
    with_option = load_preset(str(file), sets=["regularization.dropout=0.5"])
    assert [arm.settings for arm in with_option.arms] == [arm.settings for arm in other.arms]


def test_a_try_of_one_arm_changes_that_arm_and_no_other():
    preset = read_preset(f'{ARMS}{TRY}arm = "on"\nmodel.hidden = [3]\n')
    other = tried(preset, preset.tries[0])
    assert [arm.settings.model.hidden == [3] for arm in other.arms] == [False, True]


def test_a_try_in_a_running_lab_turns_what_is_not_so_yet():
    preset = read_preset(
        f'{ARMS}{TRY}epoch = 9\nregularization.l2 = 0.1\n{TRY}arm = "off"\nepoch = 9\ntraining.lr = 0.7'
    )
    everywhere, one = preset.tries
    assert turns(preset, everywhere) == [("regularization.l2", 0.1, "off"), ("regularization.l2", 0.1, "on")]
    assert turns(preset, one) == [("training.lr", 0.7, "off")]
    assert turns(with_value(preset, "regularization.l2", 0.1, "on"), everywhere) == [("regularization.l2", 0.1, "off")]
    assert turns(with_value(preset, "training.lr", 0.7), one) == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        (f'question = "Which?"\n{ARMS}', "Which?"),
        (ARMS, "'off' against 'on': which ends with the lower validation loss?"),
        (f'{ARMS}[[arm]]\nname = "third"', "3 arms from the same seeds: which ends with the lowest validation loss?"),
        ("", "One network: does validation follow train, or does it turn?"),
        (f'{ARMS}data.source = "wine"', "2 arms, each measured on data of its own: how do their curves differ?"),
    ],
)
def test_a_preset_without_a_question_is_given_one_that_is_true_of_it(text, question):
    assert question_of(read_preset(text)) == question
