"""`regtui export`: the formats of others, whole or not at all."""

from __future__ import annotations

import csv
import html.parser
import io
import itertools
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from engine.commands import Pause
from engine.events import Epoch, Event, Receipt, from_json
from engine.export import FORMATS, events
from engine.export.curves import drawings
from engine.export.page import page
from engine.export.svg import ticks
from engine.runs.library import meta_at
from engine.runs.reader import RunReader
from tests.tui.dashboard import experiment
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main


def test_csv_has_a_row_for_every_number(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    path = recorded(folder, name="my moons")
    id = meta_at(path).id
    assert main(["export", "my moons", "--csv"]) == 0
    assert capsys.readouterr().out == f"my-moons-{id}.csv\n"
    rows = list(csv.DictReader((tmp_path / f"my-moons-{id}.csv").read_text().splitlines()))
    with RunReader(path) as reader:
        numbers = {
            (lane.arm, lane.seed, lane.epoch, metric): value
            for lanes in reader.epochs()
            for lane in lanes
            for metric, value in lane.metrics.items()
        }
    assert len(rows) == len(numbers)
    for row in rows:
        assert row["run"] == id
        value = numbers[row["arm"], int(row["seed"]), int(row["epoch"]), row["metric"]]
        assert float(row["value"] or "nan") == pytest.approx(value, nan_ok=True, rel=0, abs=0)


def test_json_tells_the_events_in_the_order_of_the_run(folder, capsysbinary):
    """A knob is turned between epochs, a command answered, an arm stopped early, and the end is tested."""
    preset = preset_of(9, {"plain": {}, "stops": {"early_stopping.action": "stop", "early_stopping.patience": 1,
                                                  "training.lr": 3.0}})  # fmt: skip
    writer, lab = recording(folder, preset)
    expected: list[Event] = [lab.started]
    while not lab.finished:
        if lab.epoch == 4:
            turned = lab.turn("training.lr", 0.02, "plain")
            writer.take(turned)
            expected += turned
            writer.command(Pause(), Receipt("pause", True, 4))
        fresh = lab.run_epoch()
        writer.take(fresh)
        expected += sorted(fresh, key=lambda event: not isinstance(event, Epoch))  # the lanes of an epoch come together
    writer.close("finished")
    with RunReader(writer.path) as reader:
        found = [event for event in events.in_order(reader) if not isinstance(event, Receipt)]
    assert list(map(repr, found)) == list(map(repr, expected))
    assert main(["export", meta_at(writer.path).id, "--json", "-o", "-"]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [from_json(line).kind for line in lines if '"receipt"' not in line] == [event.kind for event in expected]


def test_json_tells_of_the_newest_start_only(folder):
    writer, lab = recording(folder, preset_of(5))
    train(writer, lab, 3)
    again, lab = recording(folder / "other", preset_of(5))
    again.discard()
    writer.take([lab.started])
    train(writer, lab, 2)
    writer.close()
    with RunReader(writer.path) as reader:
        found = list(events.in_order(reader))
    assert [event.kind for event in found].count("started") == 1
    assert max(event.epoch for event in found if isinstance(event, Epoch)) == 2


class Page(html.parser.HTMLParser):
    """Its tags, its texts, and whether each is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


def page_of(path: Path) -> Page:
    with RunReader(path) as reader, warnings.catch_warnings():
        warnings.simplefilter("error")
        return Page(page(reader))


def test_the_page_holds_all_and_asks_nobody(folder, tmp_path):
    path = recorded(folder)
    target = tmp_path / "page.html"
    assert main(["export", str(path), "--html", "-o", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    read = Page(text)
    assert read.open == []
    shown = " ".join(read.texts)
    assert all(
        word in shown for word in ("Two moons", "plain", "dropped", "Look at the gap.", "training", "best val loss")
    )
    assert [tag for tag, _ in read.tags].count("svg") == 4
    assert not {"script", "img", "link", "iframe", "object"} & {tag for tag, _ in read.tags}
    assert not re.search(r"https?:|//|@import|src=|href=", text.replace("//EN", ""))
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {
        f"#{name}" for name in re.findall(r'clipPath id="([^"]*)"', text)
    }


def test_the_page_draws_numbers_that_it_is_given(folder):
    path = recorded(folder)
    with RunReader(path) as reader:
        epochs, mean, _, _ = reader.record.history.mean("weight_norm", "plain")
    tags = page_of(path).tags
    curves = [
        attributes["d"]
        for tag, attributes in tags
        if tag == "path" and "curve" in (attributes.get("class") or "").split()
    ]
    # train and validation loss and accuracy of two arms, then their gaps, then their norms
    norm = [float(pair.split()[1]) for pair in re.findall(r"[\d.]+ [\d.]+", curves[10])][: len(epochs)]
    rises = [a > b for a, b in itertools.pairwise(mean)]
    assert [a < b for a, b in itertools.pairwise(norm)] == rises  # what is larger stands higher


def test_words_of_others_are_no_markup(folder):
    evil = "<script>alert(1)</script>&\"'"
    arms = {evil: {}, "plain": {}}
    preset = experiment({"training.epochs": 2}, arms, title=evil, lesson=evil)
    shown = page_of(recorded(folder, preset, name="a"))
    assert "script" not in {tag for tag, _ in shown.tags}
    assert any(evil in text for text in shown.texts)


def test_a_run_that_explodes_or_has_no_epoch_gives_a_page(folder):
    burst = recorded(folder, preset_of(4, training__lr=1e8))
    assert "svg" in {tag for tag, _ in page_of(burst).tags}
    assert "No epoch is recorded yet." in page_of(recorded(folder, epochs=0)).texts
    assert "svg" in {tag for tag, _ in page_of(recorded(folder, epochs=1)).tags}


def test_an_arm_that_explodes_presses_no_other_flat(folder):
    arms = {"plain": {}, "bursts": {"training.lr": 1e4}}
    with RunReader(recorded(folder, preset_of(6, arms))) as reader:
        gap = next(drawing for drawing in drawings(reader) if drawing.title.startswith("gap"))
    plain = next(curve for curve in gap.curves if curve.label == "plain")
    assert gap.limits is not None
    low, high = gap.limits
    assert max(abs(curve.mean).max() for curve in gap.curves) > 100 * abs(plain.mean).max()
    assert high - low < 3 * (plain.limits[1] - plain.limits[0])


def test_the_spread_of_the_seeds_is_within_the_chart(folder):
    with RunReader(recorded(folder)) as reader:
        norm = next(drawing for drawing in drawings(reader) if drawing.title.startswith("norm"))
        curve = norm.curves[0]
        values = [reader.series("weight_norm", curve.label, seed)[1] for seed in (0, 1)]
    low, high = curve.limits
    assert low < curve.mean.min()
    assert curve.mean.max() < high
    assert min(map(min, values)) <= low < high <= max(map(max, values))


def test_what_is_there_stays_unless_forced(folder, tmp_path, capsys):
    path = recorded(folder)
    target = tmp_path / "mine.csv"
    target.write_text("precious")
    assert main(["export", str(path), "--csv", "-o", str(target)]) == 2
    assert "already exists: --force replaces it" in capsys.readouterr().err
    assert target.read_text() == "precious"
    assert main(["export", str(path), "--csv", "-o", str(target), "--force"]) == 0
    assert target.read_text().startswith("run,arm,seed,epoch,metric,value\n")
    assert sorted(tmp_path.iterdir()) == sorted([folder, target])


def test_the_ending_of_the_file_says_which_format(folder, tmp_path):
    path, target = recorded(folder), tmp_path / "run.jsonl"
    assert main(["export", str(path), "-o", str(target)]) == 0
    assert json.loads(target.read_text().splitlines()[0])["event"] == "started"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.txt"], "which format: --csv"),
        ([], "which format: --csv, --results, --markdown, --json, --html, --svg, --png, --parquet, --tensorboard"),
        (["--csv", "--json"], "--csv and --json: one at a time"),
        (["--png", "-o", "-"], "--png does not go to stdout"),
        (["--cvs"], "unknown option '--cvs' (did you mean '--csv'?)"),
        (["--csv", "-o", "nowhere/there.csv"], "nowhere/there.csv: not written: No such file or directory"),
        (["nothing", "--csv"], "'nothing': there is no such run"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(folder, capsys, arguments, message):
    recorded(folder)
    assert main(["export", *arguments]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.needs])
def test_a_package_that_is_missing_is_named_with_its_extra(folder, tmp_path, monkeypatch, capsys, name):
    form = FORMATS[name]
    monkeypatch.setitem(sys.modules, form.needs, None)
    target = tmp_path / f"out{form.ending}"
    assert main(["export", str(recorded(folder)), f"--{name}", "-o", str(target)]) == 2
    assert capsys.readouterr().err == (
        f"regtui: --{name} takes {form.needs}, which is not installed: pip install 'regtui[{form.extra}]'\n"
    )
    assert not target.exists()


@pytest.mark.parametrize("name", ["svg", "png"])
def test_matplotlib_draws_a_picture(folder, tmp_path, name):
    pytest.importorskip("matplotlib")
    target = tmp_path / f"out.{name}"
    arms = {"$\\frac{": {}, "_under": {"training.lr": 1e8}}
    assert main(["export", str(recorded(folder, preset_of(4, arms))), f"--{name}", "-o", str(target)]) == 0
    assert target.read_bytes().startswith(b"\x89PNG" if name == "png" else b"<?xml")


def test_parquet_has_the_rows_of_the_csv(folder, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = str(recorded(folder))
    for name in ("csv", "parquet"):
        assert main(["export", path, f"--{name}", "-o", str(tmp_path / f"out.{name}")]) == 0
    table = parquet.read_table(tmp_path / "out.parquet").to_pylist()
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert [{**row, "value": repr(row["value"]).replace("nan", "")} for row in table] == [
        {**row, "seed": int(row["seed"]), "epoch": int(row["epoch"])} for row in rows
    ]


def test_tensorboard_reads_its_folder(folder, tmp_path):
    reading = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    path, target = recorded(folder), tmp_path / "board"
    assert main(["export", str(path), "--tensorboard", "-o", str(target)]) == 0
    scalars = reading.EventAccumulator(str(target / "1-plain" / "seed-0")).Reload().Scalars("val_loss")
    with RunReader(path) as reader:
        _, values = reader.series("val_loss", "plain", 0)
    assert [scalar.value for scalar in scalars] == pytest.approx(values.tolist(), rel=1e-6)
    assert [scalar.step for scalar in scalars] == [1, 2, 3, 4, 5, 6]
    assert main(["export", str(path), "--tensorboard", "-o", str(target)]) == 2
    assert main(["export", str(path), "--tensorboard", "-o", str(target), "--force"]) == 0
    assert sorted(tmp_path.iterdir()) == sorted([folder, target])


def test_no_folder_but_an_export_is_replaced(folder, tmp_path, capsys):
    pytest.importorskip("tensorboard")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "precious").touch()
    assert main(["export", str(recorded(folder)), "--tensorboard", "-o", str(mine), "--force"]) == 2
    assert "is no folder that regtui has exported" in capsys.readouterr().err
    assert (mine / "precious").exists()


def test_neither_torch_nor_a_screen_is_imported(folder, tmp_path):
    code = "import sys, tui.cli; tui.cli.main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    arguments = ["export", str(recorded(folder)), "--html", "-o", str(tmp_path / "page.html")]
    completed = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in completed.stderr.split()} & {"torch", "textual", "rich"}


def test_json_lines_are_json(folder, tmp_path):
    target = tmp_path / "events.jsonl"
    assert main(["export", str(recorded(folder, preset_of(3, training__lr=1e8))), "--json", "-o", str(target)]) == 0
    lines = target.read_text().splitlines()
    assert all(json.loads(line, parse_constant=lambda word: pytest.fail(word)) for line in lines)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1.0, 2.0), (-3e-7, 5e-7), (1.0, 1e6), (99.5, 100.5)])
def test_ticks_are_few_and_round(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 8
    assert all(low - 1e-9 * abs(high) <= value <= high * (1 + 1e-9) for value in found)
