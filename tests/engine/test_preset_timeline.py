"""What a `[[timeline]]` may hold; what it may not is refused in a line that names its place and the reason."""

from __future__ import annotations

import math

import pytest

from engine.preset import Preset, PresetError, read_preset, write_preset
from engine.preset.condition import Condition, Trend, read_condition
from engine.preset.timeline import in_words

HEAD = '[data]\nsource = "moons"\n[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[[timeline]]\n'
LINE = HEAD.count("\n")  # of the [[timeline]]
ALL = """at = 3
arm = "a"
set = { regularization.dropout = 0.5, early_stopping.action = "watch" }
batch = 1
say = "text\\nof two lines"
[[timeline]]
when = "val_loss rises 10"
set.training.lr = 0.01
over = 20
[[timeline]]
at = 0
ask = "Which?"
choices = ["a", "b"]
answer = "b"
reveal = "It was b."
reveal_after = 5
[[timeline]]
when = "stopped"
pause = true
look = "surface"
[[timeline]]
at = 9
arm = "a"
fork = "c"
[[timeline]]
at = 10
arm = "c"
set.regularization.l2 = 0.1
"""


def refusal(text: str) -> str:
    with pytest.raises(PresetError) as raised:
        read_preset(HEAD + text, place="x.toml")
    message = str(raised.value)
    assert message.isprintable()
    return message


def test_every_key_is_read_and_written_as_it_was() -> None:
    preset = read_preset(HEAD + ALL)
    first, ramp, asked, stopped, fork, last = preset.timeline
    assert (first.at, first.batch, first.arm, first.say) == (3, 1, "a", "text\nof two lines")
    assert list(first.settings) == [("regularization.dropout", 0.5), ("early_stopping.action", "watch")]
    assert (ramp.when, ramp.over, list(ramp.settings)) == ("val_loss rises 10", 20, [("training.lr", 0.01)])
    assert (asked.choices, asked.answer, asked.reveal, asked.reveal_after) == (["a", "b"], "b", "It was b.", 5)
    assert (stopped.pause, stopped.look, fork.fork, last.arm) == (True, "surface", "c", "c")
    assert read_preset(write_preset(preset)).timeline == preset.timeline
    assert Preset.model_validate_json(preset.model_dump_json()).timeline == preset.timeline


def test_an_entry_in_words_says_when_where_and_what() -> None:
    assert [in_words(entry) for entry in read_preset(HEAD + ALL).timeline] == [
        "after epoch 3 and 1 batches, in 'a': regularization.dropout = 0.5; early_stopping.action = watch;"
        " says: text of two lines",
        "once val_loss rises 10: training.lr = 0.01 over 20 epochs",
        "after epoch 0: asks: Which?",
        "once stopped: look 'surface'; pauses",
        "after epoch 9, in 'a': fork 'c'",
        "after epoch 10, in 'c': regularization.l2 = 0.1",
    ]


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("say = 'x'", 0, "needs either at = EPOCH or when"),
        ("at = 1\nwhen = 'stopped'\nsay = 'x'", 0, "needs either at = EPOCH or when"),
        ("at = 1", 0, "does nothing: add one of set, say, ask, pause, look, fork"),
        ("at = -1\nsay = 'x'", 1, "timeline.at = -1: must be a whole number of epochs, 0 or more"),
        ("at = 1.5\nsay = 'x'", 1, "timeline.at = 1.5: must be a whole number"),
        ("at = 9999999999\nsay = 'x'", 1, "timeline.at = 9999999999: must be a whole number"),
        ("at = 1\nsays = 'x'", 2, "unknown key 'says' (did you mean 'say'?)"),
        ("at = 1\nchanges.training.lr = 1.0", 2, "unknown key 'changes'"),
        ("at = 1\ntraining.lr = 1.0", 2, "unknown key 'training' (settings stand under set)"),
        ("at = 1\narm = 'c'\nsay = 'x'", 2, "no arm 'c' (one of: a, b)"),
        ("at = 1\nset = 5", 2, "timeline.set = 5: must be settings and their values"),
        ("at = 1\nset.lr = 5", 2, "unknown setting 'lr' (did you mean 'training.lr'?)"),
        ("at = 1\nset.training.lrr = 5", 2, "unknown setting 'training.lrr'"),
        ("at = 1\nset.training.lr = 'fast'", 2, "training.lr = 'fast': must be a number"),
        ("at = 1\nset.training.lr = -1", 2, "training.lr = -1: must be above 0"),
        ("at = 1\nset.training.batch_size = 5", 2, "training.batch_size cannot be turned while training"),
        ("at = 1\nset.early_stopping.action = 'watch'\nover = 5", 2, "is no number: leave over out"),
        ("at = 1\nset.regularization.cutmix = 0.5", 2, "regularization.cutmix"),
        ("at = 1\nsay = 'x'\nover = 5", 3, "timeline.over: is the length of a ramp"),
        ("at = 1\nset.training.lr = 0.5\nbatch = 2\nover = 5", 3, "timeline.batch: goes with at, and not with over"),
        ("at = 1\nask = 'x'", 2, "timeline.ask: has no choices"),
        ("at = 1\nask = 'x'\nchoices = ['a']", 3, "1 choices: must be 2 to 9"),
        ("at = 1\nask = 'x'\nchoices = ['a', 'a']", 3, "must be different texts"),
        ("at = 1\nask = 'x'\nchoices = ['a', 'b']\nanswer = 'c'", 4, "timeline.answer: 'c' is none of the choices"),
        ("at = 1\nsay = 'x'\nreveal = 'y'", 3, "timeline.reveal: belongs to a question"),
        ("at = 1\nfork = 'x'", 2, "timeline.fork: needs the arm that is copied"),
        ("at = 1\narm = 'a'\nfork = 'b'", 3, "there is an arm of that name already"),
        ("at = 1\npause = 'yes'", 2, "timeline.pause = 'yes': must be true or false"),
        ("at = 1\nsay = 5", 2, "timeline.say = 5: must be a text in quotes"),
        (f"at = 1\nsay = '{'x' * 700}'", 2, "timeline.say has 700 characters: must be at most 600"),
        ('at = 1\nsay = "\\u001b[2J"', 2, "timeline 1: say holds U+001B"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line_and_the_reason(text: str, line: int, reason: str) -> None:
    message = refusal(text)
    assert message.startswith(f"x.toml:{LINE + line}: ")
    assert reason in message


HOSTILE = [
    ("", "is empty"),
    ("   ", "is empty"),
    ("__import__('os').system('true')", "is no condition"),
    ("train_acc > 0.9 or True", "is no condition"),
    ("train_acc > (1)", "expected a number"),
    ("train_acc > 1e999", "expected a number from -1e+09 to 1e+09"),
    ("train_acc > 99999999999", "expected a number from -1e+09 to 1e+09"),
    ("train_acc > nan", "expected a number"),
    ("train_acc > 0x10", "expected a number"),
    ("train_acc > 1_0", "expected a number"),
    ("train_acc > ٣", "expected a number"),
    ("train_acc ＞ 0.9", "is no condition"),
    ("train_аcc > 0.9", "is no condition"),  # a Cyrillic letter
    ("accuracy > 0.9", "no metric 'accuracy'"),
    ("penalty.l2 > 0.9", "is no condition"),
    ("train_acc == 0.9", "is no condition"),
    ("train_acc > 0.9; stopped", "is no condition"),
    ("val_loss rises", "is no condition"),
    ("val_loss rises 0", "expected a count of epochs, 1 to 1,000,000"),
    ("val_loss rises 1.5", "expected a count of epochs"),
    ("val_loss rises -3", "expected a count of epochs"),
    ("val_loss rises 99999999", "expected a count of epochs"),
    ("val_loss\trises 3", "holds U+0009"),
    ("x" * 100_000, "has 100,000 characters, more than 80"),
    ("stopped now", "is no condition"),
    ("{val_loss} > 1", "is no condition"),
]


@pytest.mark.parametrize(("when", "reason"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_condition_is_refused_with_its_line_and_the_reason(when: str, reason: str) -> None:
    written = when.replace("\t", "\\t")
    message = refusal(f'say = "x"\nwhen = "{written}"')
    assert message.startswith(f"x.toml:{LINE + 2}: timeline")
    assert reason in message


def test_conditions_are_read_with_and_without_blanks() -> None:
    assert read_condition("train_acc > 0.99") == read_condition(" train_acc>.99 ") == Condition(">", "train_acc", 0.99)
    assert read_condition("gap<= -1.5e-3") == Condition("<=", "gap", -0.0015)
    assert read_condition("val_loss  rises  10") == Condition("rises", "val_loss", 10)
    assert read_condition("stopped") == Condition("stopped")


def test_each_comparison_holds_on_its_side_and_never_for_what_is_not_finite() -> None:
    expected = {"<": (True, False, False), "<=": (True, True, False), ">": (False, False, True)}
    for sign, sides in {**expected, ">=": (False, True, True)}.items():
        condition = read_condition(f"val_loss {sign} 2")
        assert tuple(condition.holds_for(number) for number in (1.0, 2.0, 3.0)) == sides
        assert not any(map(condition.holds_for, (math.nan, math.inf, -math.inf)))


def test_a_rise_counts_epochs_above_the_lowest_value_and_begins_anew_below_it() -> None:
    rises, falls = Trend(), Trend()
    numbers = [3.0, 2.0, 2.5, 2.1, 2.0, 2.2, 2.3, math.nan, 2.4, 1.9]
    counts = []
    for number in numbers:
        rises.take("rises", number)
        falls.take("falls", -number)
        counts.append((rises.epochs, falls.epochs))
    assert [count for count, _ in counts] == [0, 0, 1, 2, 0, 1, 2, 0, 1, 0]
    assert all(one == other for one, other in counts)
