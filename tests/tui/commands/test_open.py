"""`regtui open`: the dashboard on a run in its file, which it cannot change."""

from __future__ import annotations

import sys

import pytest

from engine.file_worker import FileWorker
from engine.runs.library import meta_at
from tests.terminal import Terminal
from tests.tui.dashboard import SIZES, dashboard, plot_of
from tests.tui.recorded import preset_of, recorded, recording, train
from tui.cli import main


def opened(path, size=(120, 36)):
    worker = FileWorker(path)
    return dashboard(worker.begun, size, loaded=False, worker=worker)


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_is_shown_whole(folder, size):
    async with opened(recorded(folder), size) as person:
        await person.sees("6/6")
        assert "finished" in person.text
        assert "opened, read-only" in person.text
        assert "validation" in person.text


async def test_turning_a_knob_is_refused_in_words(folder):
    async with opened(recorded(folder, epochs=3)) as person:
        await person.sees("stopped")
        before = person.knobs
        await person.press("right")
        await person.sees(lambda: "refused: read-only: this run is only looked at" in person.toasts)
        assert "regtui resume" in person.toasts
        assert person.knobs == before


async def test_a_living_run_is_followed(folder):
    writer, lab = recording(folder, preset_of(40))
    train(writer, lab, 3)
    async with opened(writer.path) as person:
        await person.sees("3/40")
        assert "in another process, read-only" in person.text
        train(writer, lab, 4)
        await person.sees("7/40")
        await person.press("space")
        await person.sees(lambda: "another process trains this run" in person.toasts)
        writer.close("stopped")
        await person.sees("stopped")


async def test_a_closer_look_says_that_it_needs_the_run_and_the_differences_are_in_the_file(folder):
    async with opened(recorded(folder)) as person:
        await person.press("u")
        await person.sees("A closer look needs the run in training")
        first, other = person.view.preset.arm_names[:2]
        await person.press("d")
        await person.sees(f"difference in val loss: {other} - {first}")
        await person.sees(f"against '{first}'")
        assert plot_of(person, "look").series[-1].label == other


async def test_it_is_left_without_a_question(folder):
    async with opened(recorded(folder, epochs=3)) as person:
        await person.sees("3/6")
        await person.press("q")
        await person.sees(lambda: person.app.return_code is not None)
        assert person.app.last_view is None


def test_without_a_terminal_the_table_is_printed(folder, capsys):
    recorded(folder, name="mine")
    assert main(["open", "mine"]) == 0
    out, err = capsys.readouterr()
    assert "best" in out
    assert "dropped" in out
    assert "the table of the run instead" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "'nothing': there is no such run in"),
        ([], "there is no such run in"),
        (["a", "b"], "unexpected 'b'"),
    ],
)
def test_what_is_not_there_is_said(folder, capsys, arguments, message):
    assert main(["open", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_terminal_shows_it_without_torch(folder, tmp_path):
    path = recorded(folder)
    code = (
        "import sys, tui.cli; code = tui.cli.main(['open', sys.argv[1]])\n"
        "open(sys.argv[2], 'w').write(' '.join(sys.modules)); sys.exit(code)"
    )
    modules = tmp_path / "modules"
    arguments = [sys.executable, "-c", code, meta_at(path).id, str(modules)]
    with Terminal(arguments, 120, 36) as terminal:
        terminal.wait_for("opened, read-only")
        terminal.press("q")
        assert terminal.wait() == 0
    assert "textual" in modules.read_text().split()
    assert "torch" not in modules.read_text().split()


async def test_a_file_that_is_overwritten_is_told_of_and_the_screen_stays(folder):
    path = recorded(folder)
    async with opened(path) as person:
        await person.sees("6/6")
        path.write_bytes(b"overwritten")
        await person.sees(lambda: "the file of the run: " in person.toasts)
        assert "6/6" in person.text


async def test_a_run_that_is_over_in_a_process_that_still_has_it_open_is_finished(folder):
    writer, lab = recording(folder, preset_of(3))
    try:
        train(writer, lab, 3)
        async with opened(writer.path) as person:
            await person.sees("3/3")
            await person.sees("finished")
            await person.press("right")
            await person.sees(lambda: "read-only: this run is finished" in person.toasts)
    finally:
        writer.close("finished")
