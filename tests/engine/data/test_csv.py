"""A CSV file of the user's."""

from __future__ import annotations

import numpy as np
import pytest

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
    made = task(split="first", scale="none", **settings)
    x_NI = np.concatenate([inputs(made, part) for part in PARTS])
    return made, x_NI, np.concatenate([labels(made, part) for part in PARTS])


def test_features_are_the_other_columns_in_order_and_classes_are_sorted(write):
    made, x_NI, y_N = whole(write(GOOD))
    assert x_NI.tolist() == [[n, n / 4] for n in range(40)]
    assert y_N.tolist() == [1, 0] * 20
    assert (made.features, made.classes, made.class_names) == (2, 2, ("cat", "dog"))
    assert made.image_shape is None


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
    made, x_NI, _ = whole(write(text))
    assert made.class_names == ("cat", "dog")
    assert x_NI.tolist() == [[n, n / 4] for n in range(40)]


def test_classes_that_are_numbers_are_in_order_of_size(write):
    made, _, _ = whole(write("a,kind\n" + "".join(f"{n},{(n % 3) * 5}\n" for n in range(30))))
    assert made.class_names == ("0", "5", "10")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("\n5,", "\nabc,"), "data.path = 'x.csv', line 7: column 'age' = 'abc': must be a number"),
        (GOOD.replace("\n5,", "\n,"), "data.path = 'x.csv', line 7: column 'age' is empty: must be a number"),
        (GOOD.replace("\n5,", "\nnan,"), "data.path = 'x.csv', line 7: column 'age' = 'nan': must be a number from"),
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
def test_what_cannot_be_used_is_named_with_its_line(write, text, told):
    assert error(**write(text)).startswith(told)


def test_text_in_another_encoding_is_told_so(write):
    assert "UTF-8" in error(**write(GOOD.replace("cat", "käse"), "latin1"))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    assert error(source="csv", path="none.csv", target="y") == "data.path = 'none.csv': no such file"
    assert error(source="csv", path=str(tmp_path), target="y").endswith(": is not a file")
