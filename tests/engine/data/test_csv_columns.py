"""Columns of text and missing values of a CSV file, beside scikit-learn's own encoder, imputer and scaler."""

from __future__ import annotations

import random

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from engine.data.fingerprint import sha256_of
from tests.engine.data.common import PARTS, error, inputs, labels, task

CITIES = ("Oslo", "Bergen", "Ålesund", "")
SEEDS = (3, 8)


def rows_of(seed: int, count: int = 90) -> list[list[str]]:
    """The number of the row, an amount with gaps, a city with gaps, a code that is a number, and a class."""
    rng = random.Random(seed)
    return [
        [str(n), rng.choice(("", "NA", f"{rng.gauss(50, 20):.3f}", f"{rng.gauss(50, 20):.3f}", f"{n}")),
         rng.choice(CITIES), rng.choice(("1", "2", "10")), "yes" if rng.random() < 0.5 else "no"]
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(rows, header="row,amount,city,code,kind"):
        (tmp_path / "x.csv").write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
        return {"source": "csv", "path": "x.csv", "target": "kind"}

    return write


def amounts(rows: list[list[str]]) -> np.ndarray:
    return np.array([[float(row[1]) if row[1] not in ("", "NA") else np.nan] for row in rows])


@pytest.mark.parametrize("seed", SEEDS)
def test_text_is_one_hot_and_gaps_are_the_training_parts_median_as_in_scikit_learn(write, seed):
    rows = rows_of(1)
    loaded = task(SEEDS, scale="none", categorical=["code"], **write(rows))
    cities = OneHotEncoder(categories=[sorted(city for city in CITIES if city)], handle_unknown="ignore")
    city_NC = cities.fit_transform([[row[2]] for row in rows]).toarray()
    code_NC = OneHotEncoder().fit_transform([[int(row[3])] for row in rows]).toarray()
    place = SEEDS.index(seed)
    parts = {part: inputs(loaded, part, place)[:, 0].astype(int) for part in PARTS}  # the number of the row is an input
    filler = SimpleImputer(strategy="median").fit(amounts(rows)[parts["train"]])
    expected = np.hstack([np.arange(90)[:, None], filler.transform(amounts(rows)), city_NC, code_NC])
    for part, rows_N in parts.items():
        assert inputs(loaded, part, place).tolist() == expected[rows_N].tolist()
    assert loaded.features == 1 + 1 + 3 + 3


def test_what_is_filled_is_scaled_as_in_scikit_learn(write):
    rows = rows_of(2)
    settings = {"split": "first", "drop": ["city", "code"], **write(rows)}
    whole = np.hstack([np.arange(90.0)[:, None], amounts(rows)])
    filled = SimpleImputer(strategy="median").fit(whole[:54]).transform(whole)
    expected = StandardScaler().fit(filled[:54]).transform(filled)
    loaded = task(scale="standard", **settings)
    assert np.concatenate([inputs(loaded, part) for part in PARTS]) == pytest.approx(expected, abs=1e-12)


def test_nothing_of_validation_and_test_reaches_the_training_part_or_what_gaps_are_filled_with(write):
    rows = rows_of(3)
    before = task(split="first", scale="standard", **write(rows))
    gap = next(n for n in range(54, 90) if rows[n][1] in ("", "NA"))
    for n in range(54, 90):
        if n != gap:
            rows[n][1] = "1e6"
    after = task(split="first", scale="standard", **write(rows))
    assert inputs(after, "train").tolist() == inputs(before, "train").tolist()
    part, place = ("val", gap - 54) if gap < 72 else ("test", gap - 72)
    assert inputs(after, part)[place].tolist() == inputs(before, part)[place].tolist()
    assert sha256_of(after) != sha256_of(before), "other data are other data all the same"


def test_a_column_with_gaps_alone_in_the_training_part_is_zero_there(write):
    rows = [[str(n), "" if n < 54 else "7", "Oslo", "1", "ab"[n % 2]] for n in range(90)]
    loaded = task(split="first", scale="none", drop=["city", "code"], **write(rows))
    assert not inputs(loaded, "train")[:, 1].any()
    assert set(inputs(loaded, "val")[:, 1]) == {7.0}


def test_what_was_done_is_said(write):
    rows = rows_of(1)
    gaps = sum(row[1] in ("", "NA") for row in rows)
    loaded = task(categorical=["code"], **write(rows))
    assert loaded.warnings == (
        "csv: one-hot: 'city' (3) and 'code' (3); missing values filled with the training part's median: 'amount'"
        f" ({gaps} of 90); missing values of no category: 'city'",
    )
    assert task(drop=["amount", "city"], **write(rows)).warnings == ()


def test_numbers_of_a_category_are_one_however_they_are_written(write):
    rows = [[str(n), "1", "Oslo", ("1", "1.0", "01", "2")[n % 4], "ab"[n % 2]] for n in range(40)]
    loaded = task(split="first", scale="none", categorical=["code"], drop=["row", "amount", "city"], **write(rows))
    assert inputs(loaded, "train")[:4].tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ((7, 1, "many"), {}, "data.path = 'x.csv', line 9: column 'amount' = 'many': must be a number, as 89 cells"),
        ((7, 1, ""), {"missing": "refuse"}, "data.path = 'x.csv', line 9: column 'amount' is empty: a value is"),
        ((7, 1, "?"), {"missing": "refuse"}, "data.path = 'x.csv', line 9: column 'amount' = '?': a value is missing"),
        ((7, 2, "NaN"), {"missing": "refuse"}, "data.path = 'x.csv', line 9: column 'city' = 'NaN': a value is"),
        ((7, 4, ""), {}, "data.path = 'x.csv', line 9: column 'kind' is empty: must be a class"),
        ((7, 1, "inf"), {}, "data.path = 'x.csv', line 9: column 'amount' = 'inf': must be a number from -1e30"),
        ((7, 2, "Rome"), {"categories": 2}, "data.path = 'x.csv', line 9: column 'city' has more than 2 categories"),
        ((7, 3, "3"), {"categories": 3, "categorical": ["code"]}, "data.path = 'x.csv': column 'code' has more than 3"),
        ((7, 3, "3"), {"drop": ["kode"]}, "data.drop = 'kode': no such column in data.path = 'x.csv' (did you mean"),
        ((7, 3, "3"), {"categorical": ["kode"]}, "data.categorical = 'kode': no such column in data.path = 'x.csv'"),
        ((7, 3, "3"), {"drop": ["row", "amount", "city", "code"]}, "data.path = 'x.csv': has no column but 'kind'"),
    ],
)  # fmt: skip
def test_what_is_refused_names_the_line_and_what_to_do(write, change, settings, message):
    rows = [[str(n), str(n), ("Oslo", "Bergen")[n % 2], ("1", "2", "10")[n % 3], "ab"[n % 2]] for n in range(90)]
    row, column, cell = change
    rows[row][column] = cell
    assert error(**settings, **write(rows)).startswith(message)


def test_targets_of_a_regression_are_standardized_by_the_training_part_as_in_scikit_learn(write):
    rows = [[str(n), str(n), "Oslo", "1", str(1000 + n * n)] for n in range(90)]
    loaded = task(SEEDS, task="regression", target_scale="standard", scale="none", **write(rows))
    for place in range(len(SEEDS)):
        numbers = {part: inputs(loaded, part, place)[:, 0] for part in PARTS}
        scaler = StandardScaler().fit(1000 + numbers["train"][:, None] ** 2)
        for part in PARTS:
            expected = scaler.transform(1000 + numbers[part][:, None] ** 2)[:, 0]
            assert labels(loaded, part, place) == pytest.approx(expected, abs=1e-12)
