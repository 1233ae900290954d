"""The outcome as a table: for people in Markdown, for programs in CSV."""

from __future__ import annotations

import csv
import io
import statistics

import pytest
from markdown_it import MarkdownIt
from scipy import stats

import engine
from engine.compared import compared
from engine.export.results import csv_of, markdown
from engine.preset import read_preset
from engine.record import RunRecord
from engine.summary import summarize

PRESET = """
title = "A | B *and* <c>"
[data]
source = "{source}"
samples = 60
[model]
hidden = [6]
[training]
epochs = 4
seeds = [0, 1, 2]
[[arm]]
name = "plain"
[[arm]]
name = "a|b `c` **d**"
regularization.dropout = 0.5
"""


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return engine.run(read_preset(PRESET.format(source="moons"), name="small"))


def rows_of(record: RunRecord) -> list[dict[str, str]]:
    file = io.BytesIO()
    csv_of(record, file)
    return list(csv.DictReader(io.StringIO(file.getvalue().decode())))


def test_csv_holds_mean_and_deviation_over_the_seeds(record):
    rows = rows_of(record)
    assert tuple(row["arm"] for row in rows) == record.preset.arm_names
    for row in rows:
        lanes = [record.last[row["arm"], seed] for seed in (0, 1, 2)]
        tests = [record.finished[row["arm"], seed] for seed in (0, 1, 2)]
        assert row["seeds"] == "3"
        for metric, values in (
            ("val_loss", [lane.val_loss for lane in lanes]),
            ("val_acc", [lane.val_acc for lane in lanes]),
            ("test_acc", [test.test_acc for test in tests]),
            ("best_epoch", [lane.best_epoch for lane in lanes]),
        ):
            assert float(row[f"{metric}_mean"]) == pytest.approx(statistics.mean(values), rel=1e-12)
            assert float(row[f"{metric}_std"]) == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-15)


def test_what_an_arm_gains_on_the_first_is_there_with_scipys_interval(record):
    plain, other = rows_of(record)
    names = ("reference", "difference_mean", "difference_low", "same_sign", "seeds_needed", "verdict")
    assert [plain[name] for name in names] == [""] * len(names)
    kept = [[record.last[row["arm"], seed].best_val_loss for seed in (0, 1, 2)] for row in (plain, other)]
    low, high = stats.ttest_rel(kept[1], kept[0]).confidence_interval()
    assert other["reference"] == "plain"
    assert (float(other["difference_low"]), float(other["difference_high"])) == pytest.approx((low, high), rel=1e-9)
    assert (other["difference_seeds"], other["verdict"]) == ("3", compared(summarize(record))[0].verdict)
    text = markdown(record)
    assert "val loss against 'plain', with the weights kept" in text
    assert f"| {low:.4f} to {high:.4f} |" in text


def test_markdown_is_tables_whatever_arms_are_called(record):
    tokens = MarkdownIt().enable("table").parse(markdown(record, origin="Run 1f3a"))
    first, second = (place for place, token in enumerate(tokens) if token.type == "table_open")
    differences = [token.content for token, before in zip(tokens[1:], tokens, strict=False) if before.type == "td_open"]
    assert "".join(child.content for child in tokens_of(differences[-6])) == "a|b `c` **d**"
    assert first < second
    tokens = tokens[:second]
    cells = [token.content for token, before in zip(tokens[1:], tokens, strict=False) if before.type == "td_open"]
    shown = ["".join(child.content for child in tokens_of(cell)) for cell in cells]
    columns = sum(token.type == "th_open" for token in tokens)
    assert len(cells) == 2 * columns
    assert [name.removesuffix(" ★") for name in shown[::columns]] == ["plain", "a|b `c` **d**"]
    heading = next(token.content for token, before in zip(tokens[1:], tokens, strict=False) if before.tag == "h2")
    assert "".join(child.content for child in tokens_of(heading)) == "A | B *and* <c>"


def tokens_of(cell: str):
    """What a cell shows, piece by piece."""
    return [child for token in MarkdownIt().parseInline(cell) for child in token.children or []]


def test_markdown_leaves_out_what_was_not_measured():
    record = engine.run(read_preset(PRESET.format(source="curve"), name="small"))
    head = next(line for line in markdown(record).splitlines() if line.startswith("| arm"))
    assert "val loss" in head
    assert "acc" not in head
    assert rows_of(record)[0]["val_acc_mean"] == ""
