"""A preset written to do harm is refused soon and in a printable line; what only looks like it is read."""

from __future__ import annotations

import os
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.preset import PresetError, load_preset, read_preset
from engine.text import LONGEST_LINE

# As TOML writes them: the clipboard's OSC, a C1 sequence, a mark of direction, and plain controls.
SIGNS = [r"\u001b]52;c;aGk=\u0007", r"\u009b31m", r"\u202e", r"\u0000", r"\u007f", r"\r"]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    ("text", "line", "where"),
    [
        ('title = "a~"', 1, "title"),
        ('summary = "a~"', 1, "summary"),
        ('\nlesson = "a~"', 2, "lesson"),
        ('group = "a~"', 1, "group"),
        ('[data]\nsource = "csv"\npath = "a~"', 3, "data.path"),
        ('[data]\nsource = "di~"', 2, "data.source"),
        ('[[arm]]\nname = "a"\n[[arm]]\nname = "a~"', 4, "arm 2: name"),
        ('[[arm]]\nname = "a"\ndata.path = "b~"', 3, "arm 1: data.path"),
        ('[[reported]]\narm = "base"\nmetric = "val_acc"\ntext = "~"', 4, "reported 1: text"),
        ('[[reported]]\narm = "base"\nmetric = "val_acc"\nvalue = 1\nnote = "~"', 5, "reported 1: note"),
        ('[training]\n"l~" = 1', 1, "the key"),
    ],
)
def test_what_a_terminal_would_obey_is_refused_where_it_stands(text: str, line: int, where: str, sign: str) -> None:
    with pytest.raises(PresetError) as raised:
        read_preset(text.replace("~", sign), place="x.toml")
    message = str(raised.value)
    assert message.startswith(f"x.toml:{line}: {where}")
    assert re.search(r"holds U\+[0-9A-F]{4}, a character that a terminal obeys", message)
    assert message.isprintable()


@pytest.mark.parametrize("text", [r'title = "a\nb"', r'group = "a\tb"', '[[arm]]\nname = "a\\nb"'])
def test_lines_and_tabs_are_for_texts_of_several_lines(text: str) -> None:
    with pytest.raises(PresetError, match=r"holds U\+000"):
        read_preset(text)
    assert read_preset('lesson = "a\\n\\tb"\nsummary = "a\\nb"').lesson == "a\n\tb"


ENDLESS = {
    "lists in lists": ("[training]\nlr = " + "[" * 1000, "preset:2: broken TOML: arrays or tables more than 16 deep"),
    "tables in tables": ("x = " + "{a=" * 1000, "preset:1: broken TOML: arrays or tables more than 16 deep"),
    "a dotted key": ("a." * 20_000 + "a = 1", "preset:1: broken TOML: more than 16 names in one key"),
    "a dotted header": ("[" + '"a".' * 20_000 + "a]", "preset:1: broken TOML: more than 16 names in one key"),
    "dots and blanks": ("x = {" + "a . " * 20_000 + "a = 1}", "preset:1: broken TOML: more than 16 names in one key"),
    "5,000 digits": ("training.epochs = " + "9" * 5_000, "preset: broken TOML: a whole number of too many digits"),
    "hexadecimal": (
        "training.epochs = 0x" + "f" * 5_000,
        "preset:1: training.epochs: a whole number must be at most 9",
    ),
    "4,000 digits": ("training.lr = " + "9" * 4_000, "preset:1: training.lr: a whole number must be at most 9"),
    "65 bits": (
        f"training.batch_size = {2**63}",
        "preset:1: training.batch_size: a whole number must be at most 9",
    ),
    "a list of them": ("model.hidden = [1, 0x" + "f" * 5_000 + "]", "preset:1: model.hidden.1: a whole number must be"),
    "seeds": ("training.seeds = [" + "1," * 300_000 + "]", "300,000 seeds: must be at most 10,000"),
    "layers": ("regularization.l2_layers = [" + "1," * 300_000 + "]", "must be at most 256 layers"),
    "a name": ("x" * 900_000 + " = 1", "unknown key 'xxx"),
    "a title": ('title = "' + "x" * 900_000 + '"', "title has 900,000 characters: must be at most 200"),
    "a name of an arm": (f'[[arm]]\nname = "{"x" * 900_000}"', "name has 900,000 characters: must be at most 200"),
    "a choice": ('data.source = "' + "x" * 900_000 + '"', "must be one of digits | iris"),
    "arms": ('[[arm]]\nname = "a"\n' * 40_000, "preset: 40,000 [[arm]] tables: must be at most 1,000"),
    "reports": ('[[reported]]\narm = "a"\n' * 20_000, "20,000 [[reported]] tables: must be at most 1,000"),
    "lanes": (
        f"training.seeds = {list(range(200))}\n" + "".join(f'[[arm]]\nname = "{n}"\n' for n in range(100)),
        "preset:1: 100 arms under 200 seeds are 20,000 lanes: must be at most 10,000",
    ),
    "quotes": ('x = "' + '\\"' * 450_000, "broken TOML: Unterminated string"),
    "blanks": ("[ " + " " * 900_000 + "x", "broken TOML"),
    "blanks on a line": ("training.lr = [\n[" + " " * 100_000 + "1,\n]]", "training.lr = [[1]]: must be a number"),
}


@pytest.mark.parametrize(("text", "expected"), ENDLESS.values(), ids=ENDLESS)
def test_what_would_take_too_long_is_refused_soon_and_in_a_line(text: str, expected: str) -> None:
    began = time.process_time()  # what others do meanwhile is not in it
    with pytest.raises(PresetError) as raised:
        read_preset(text)
    assert time.process_time() - began < 3
    assert expected in str(raised.value)
    assert len(str(raised.value)) < LONGEST_LINE


def test_brackets_dots_and_quotes_in_texts_and_comments_are_no_nesting() -> None:
    many = "[" * 50
    preset = read_preset(
        f'lesson = """{many}{"a.b" * 50} ""\\""""""\n# {many}\nsummary = \'\'\'{many}\'\'\'\'\'\n'
        f"title = \"{many}\\\\\"\ngroup = '{'.' * 50}'\n[model]\nhidden = [\n{'1, # [[' * 1}\n"
        + "1, # [[\n" * 19
        + "]\n"
    )
    assert (preset.lesson[:3], preset.summary[-3:], preset.title[-1]) == ("[[[", "[''", "\\")
    assert preset.base.model.hidden == [1] * 20


def test_a_file_without_end_and_one_that_is_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="/dev/zero: more than 1,000,000 bytes are no preset"):
        load_preset("/dev/zero")
    (tmp_path / "large.toml").write_text("# " + "x" * 1_000_000)
    with pytest.raises(PresetError, match="more than 1,000,000 bytes"):
        load_preset(str(tmp_path / "large.toml"))


def test_a_preset_can_come_through_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    writer = threading.Thread(target=(tmp_path / "pipe.toml").write_text, args=('title = "Piped"',))
    writer.start()
    assert load_preset(str(tmp_path / "pipe.toml")).title == "Piped"
    writer.join()


@pytest.mark.parametrize("name", ["a\x1b]0;x\x07.toml", "two\nlines.toml", "half\udcff.toml"])
def test_a_file_of_any_name_is_read_and_told_of_in_printable_words(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("training.lr = 0.5")
    preset = load_preset(str(path))
    assert preset.name.isprintable()
    assert preset.title == preset.name
    path.write_text("training.lr = 0")
    with pytest.raises(PresetError) as raised:
        load_preset(str(path))
    assert str(raised.value).isprintable()
    assert ":1: training.lr = 0: must be above 0" in str(raised.value)


OPTIONS = {
    "two settings": ("training.lr=0.1\ntraining.lr=7", "holds the character U+000A: one setting each"),
    "a control": ('title="a\x1b[31m"', "holds the character U+001B"),
    "a control, escaped": (r'title="a\u009b"', "title holds U+009B"),
    "lists in lists": ("training.lr=" + "[" * 1000, "training.lr = '[[["),
    "a dotted key": ("training." * 20_000 + "lr=1", "unknown setting 'training.training."),
    "5,000 digits": ("training.epochs=" + "9" * 5_000, "training.epochs = '999"),
    "hexadecimal": ("training.epochs=0x" + "f" * 5_000, "training.epochs: a whole number must be at most 9"),
}


@pytest.mark.parametrize(("option", "expected"), OPTIONS.values(), ids=OPTIONS)
def test_an_option_that_is_no_setting_is_refused_in_a_line(option: str, expected: str) -> None:
    with pytest.raises(PresetError) as raised:
        load_preset("dropout", [option])
    assert str(raised.value).startswith("--set ")
    assert expected in str(raised.value)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < LONGEST_LINE


@pytest.mark.parametrize(
    ("options", "blamed"),
    [
        ({"sets": ["data.source=csv"]}, "--set data.source=csv: data.path: the source 'csv' needs"),
        ({"sets": ["training.lr=1", "data.source=csv", "data.path=x.csv"]}, "--set data.source=csv: data.target: "),
        ({"arm_sets": ["on:data.source=moons"]}, "--arm-set on:data.source=moons: arm 'on': augment.hflip = 0.5"),
        ({"sets": ["data.source=moons"]}, "--set data.source=moons: arm 'on': augment.hflip = 0.5"),
        ({"seeds": 10_000}, "--seeds 10000: 2 arms under 10000 seeds are 20,000 lanes"),
        ({"seeds": 999_999_999}, "--seeds 999999999: must be at least 1 and at most 10,000"),
    ],
)
def test_what_an_option_breaks_is_told_of_the_option_and_of_no_line(
    options: dict[str, Any], blamed: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    text = '[data]\nsource = "digits"\n[[arm]]\nname = "off"\n[[arm]]\nname = "on"\naugment.hflip = 0.5\n'
    file.write_text(text)
    with pytest.raises(PresetError) as raised:
        load_preset(str(file), **options)
    assert str(raised.value).startswith(blamed)
    file.write_text(f"training.lr = 0\n{text}")  # which no option brought in
    with pytest.raises(PresetError, match=r"mine\.toml:1: training\.lr = 0|--seeds 999999999"):
        load_preset(str(file), **options)
