"""A CSV file of the user's."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from tests.engine.data import limited
from tests.engine.data.common import PARTS, error, inputs, labels, task

GOOD = "age,kind,size\n" + "".join(f"{n},{'cat' if n % 2 else 'dog'},{n / 4}\n" for n in range(40))


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, encoding="utf-8"):
        (tmp_path / "x.csv").write_bytes(text.encode(encoding))
        return {"source": "csv", "path": "x.csv", "target": "kind"}

    return write


def whole(settings):
    loaded = task(split="first", scale="none", **settings)
    x_NI = np.concatenate([inputs(loaded, part) for part in PARTS])
    return loaded, x_NI, np.concatenate([labels(loaded, part) for part in PARTS])


def test_features_are_the_other_columns_in_order_and_classes_are_sorted(write):
    loaded, x_NI, y_N = whole(write(GOOD))
    assert x_NI.tolist() == [[n, n / 4] for n in range(40)]
    assert y_N.tolist() == [1, 0] * 20
    assert (loaded.features, loaded.classes, loaded.class_names) == (2, 2, ("cat", "dog"))
    assert loaded.image_shape is None


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("cat", '"cat"'),
        GOOD.replace("\n", "\n\n"),
        GOOD.replace(",", ", "),
    ],
)
def test_the_dialects_of_spreadsheets_are_read_alike(write, text):
    loaded, x_NI, _ = whole(write(text))
    assert loaded.class_names == ("cat", "dog")
    assert x_NI.tolist() == [[n, n / 4] for n in range(40)]


def test_classes_that_are_numbers_are_in_order_of_size(write):
    loaded, _, _ = whole(write("a,kind\n" + "".join(f"{n},{(n % 3) * 5}\n" for n in range(30))))
    assert loaded.class_names == ("0", "5", "10")


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (("1", "1.0", "2"), ("1", "2")),
        (("1.0", "1", "01", "+1", "1e0", "10e-1", "2"), ("1.0", "2")),
        (("-0", "0", "1"), ("-0", "1")),
        (("10", "9", "9.0"), ("9", "10")),
        (("9007199254740993", "9007199254740992"), ("9007199254740992", "9007199254740993")),
        (("1e-999999999", "1e-99999999999999999999999", "1"), ("1e-99999999999999999999999", "1e-999999999", "1")),
        (("1", "1.0", "one"), ("1", "1.0", "one")),
        (("1", "1_0", "10"), ("1", "10", "1_0")),
        (("1", "１"), ("1", "１")),
        (("1", "nan"), ("1", "nan")),
    ],
)
def test_a_number_is_one_class_however_it_is_written(write, values, names):
    rows = [(number, value) for number in range(10) for value in values]
    loaded, _, y_N = whole(write("a,kind\n" + "".join(f"{number},{value}\n" for number, value in rows)))
    assert loaded.class_names == names
    for value, number in zip([value for _, value in rows], y_N, strict=True):
        assert value == names[number] or float(value) == float(names[number])


@pytest.mark.parametrize("number", ["1_000", "１２", "٣", "1e5_0", "0x10", "1,5", "1 000", "1" * 101, "--1", "½"])
def test_what_only_python_takes_for_a_number_is_none(write, number):
    message = error(**write(GOOD.replace("\n5,", f'\n"{number}",')))
    assert message.startswith("data.path = 'x.csv', line 7: column 'age' = '")
    assert ": must be a number" in message
    assert message.endswith("mend it, or name the column in data.categorical or data.drop")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("\n5,", "\nabc,"), "data.path = 'x.csv', line 7: column 'age' = 'abc': must be a number"),
        (GOOD.replace("\n5,", "\n1e99,"), "data.path = 'x.csv', line 7: column 'age' = '1e99': must be a number from"),
        (GOOD.replace("\n5,cat", "\n5,"), "data.path = 'x.csv', line 7: column 'kind' is empty: must be a class"),
        (GOOD.replace("\n5,", "\n5,5,"), "data.path = 'x.csv', line 7: has 4 cells, but the header has 3"),
        (GOOD.replace("\n5,", "\n"), "data.path = 'x.csv', line 7: has 2 cells, but the header has 3"),
        (GOOD.replace("dog", "cat"), "data.path = 'x.csv': column 'kind' is 'cat' everywhere: two classes are the"),
        ("", "data.path = 'x.csv': is empty"),
        ("\n\n", "data.path = 'x.csv': is empty"),
        ("age,kind\n", "data.path = 'x.csv': has a header line and no examples"),
        ("kind\ncat\ndog\n", "data.path = 'x.csv': has no column but 'kind'"),
        ("age,age,kind\n1,2,cat\n", "data.path = 'x.csv', line 1: two columns are named 'age'"),
        ("age,Kinds\n1,cat\n", "data.target = 'kind': no such column in data.path = 'x.csv' (did you mean 'Kinds'?)"),
        ("age,q\n1,cat\n", "data.target = 'kind': no such column in data.path = 'x.csv' (one of: age, q)"),
        (
            "age,kind\n" + "".join(f"1,{n}.5\n" for n in range(50)),
            "data.path = 'x.csv': column 'kind' has 50 different",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(write, text, message):
    assert error(**write(text)).startswith(message)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    assert error(source="csv", path="none.csv", target="y") == "data.path = 'none.csv': no such file"
    assert error(source="csv", path=str(tmp_path), target="y").endswith(": is not a file")


# Files that are no CSV -----------------------------------------------------------------------------------------------

HOSTILE = {
    "a NUL": (b"age,kind\n1,c\0at\n", "line 2: has a NUL byte"),
    "a NUL in the header": (b"a\0ge,kind\n1,cat\n", "line 1: has a NUL byte"),
    "zeros": (bytes(1 << 20), "line 1: has a NUL byte"),
    "UTF-16 that is cut off": (GOOD.encode("utf-16")[:-1], "is not text in UTF-16"),
    "UTF-16 without its mark": (GOOD.encode("utf-16-le"), "has a NUL byte"),
    "a byte that begins nothing": (
        GOOD.encode() + "1,ö,1\n".encode() + b"1,\xff,1\n",
        "line 43: byte 0xff is no UTF-8",
    ),
    "a surrogate": ((GOOD + "1,ö,1\n").encode() + b"1,\xed\xa0\x80,1\n", "line 43: byte 0xed is no UTF-8"),
    "a control character": (GOOD.encode() + b"1,\xff\x07,1\n", "line 42: has the byte 0x07: is not text"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "line 2: has the byte 0x1a: is not text"),
    "only commas": (b"a,b,kind\n1,2,cat\n" + b",,cat\n" * 60_000 + b"x\n", "line 60003: has 1 cells"),
    "texts in 9,000 columns": (
        b",".join(b"%d" % n for n in range(9_000))
        + b",kind\n"
        + b"".join(b"a%d," % n * 9_000 + b"cat\n" for n in range(40)),
        "has more than 100,000 different texts so far",
    ),
    "a huge cell": (b"age,kind\n1," + b"x" * 200_000 + b"\n", "cannot be read as CSV (field larger than field limit"),
    "a quote that never ends": (GOOD.encode() + b'1,"' + b"x\n" * 200_000, "cannot be read as CSV (field larger"),
    "a line that never ends": (b"1," * (5 << 20), "line 1: has more than 4,194,304 characters"),
    "a row over many lines": (b"age,kind\n" + b'"\n",' * (1 << 20), "has more than 4,194,304 characters"),
    "a header of a million": (b",".join(b"%d" % n for n in range(600_000)) + b"\n", "has 600,000 columns"),
    "a header of 90,000": (b",".join(b"%d" % n for n in range(90_000)) + b",kind\n1\n", "line 2: has 1 cells"),
    "names like the target": (b",".join(b"kin" + b"%d" % n for n in range(90_000)) + b"\n", "no such column"),
    "16 long names": (b",".join(b"%d" % n * 5_000 for n in range(16)) + b"\n", "no such column"),
    "two long names": (b"x" * 99_999 + b"," + b"x" * 99_999 + b",kind\n", "two columns are named 'xxx"),
    "long numbers": (
        b"age,kind\n" + b"1,cat\n" * 101 + (b"1" * 100_000 + b",cat\n") * 100,
        "line 103: column 'age' = '111",
    ),
    "signs of a terminal": (
        b"age,kind\n1,cat\n2,dog\n\x1b]52;c;eA==\x07,cat\n",
        "'\\x1b]52;c;eA==\\x07': must be a number",
    ),
    "C1 signs": (b"age,kind\n1,cat\n2,dog\n\xc2\x9b2J,cat\n", "'\\x9b2J': must be a number"),
    "a million classes": (
        b"age,kind\n" + b"".join(b"1,%d\n" % n for n in range(500_000)),
        "more than 10,000 different",
    ),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the size of a process is read from /proc")
def test_files_that_are_no_csv_are_told_in_a_line_in_little_memory_and_time(tmp_path):
    cases = []
    for name, (raw, _) in HOSTILE.items():
        (tmp_path / name).write_bytes(raw)
        cases.append({"source": "csv", "path": str(tmp_path / name), "target": "kind"})
    with (tmp_path / "a terabyte").open("wb") as file:
        file.truncate(1 << 40)
    cases.append({"source": "csv", "path": str(tmp_path / "a terabyte"), "target": "kind"})
    expected = [
        *(refusal for _, refusal in HOSTILE.values()),
        "has 1,099,511,627,776 bytes, and at most 536,870,912 are",
    ]
    for line, refusal in zip(limited.refusals(cases, megabytes=150), expected, strict=True):
        assert refusal in line


def test_pipes_and_devices_are_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (str(tmp_path / "pipe.csv"), "/dev/zero", "/dev/null"):
        assert error(source="csv", path=path, target="y").endswith(": is not a file")


def test_names_of_classes_are_printable(write):
    loaded, _, _ = whole(write(GOOD.replace("cat", "c\x1b[2Jat").replace("dog", "d" * 1000)))
    assert loaded.class_names[0] == "c\\x1b[2Jat"
    assert len(loaded.class_names[1]) <= 80


@pytest.mark.parametrize("path", ["no\0file", "~nobody of that name/x", "x" * 5000, "/".join(["x" * 200] * 30)])
def test_paths_that_no_file_can_have_are_told(path):
    assert error(source="csv", path=path, target="y").startswith("data.path = '")
    assert error(source="folder", path=path).startswith("data.path = '")
