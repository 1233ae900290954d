"""The command line: what is refused and how, what is listed, and what reaches the dashboard."""

import io
import subprocess
import sys
import types
from pathlib import Path

import pytest
from rich.console import Console

from engine.preset import OTHERS, Listed, by_group
from tests.engine.data.common import write_mnist
from tui.cli import main
from tui.signals import Signals

REGTUI = Path(sys.executable).parent / "regtui"
HEAVY = ("torch", "textual", "rich", "pydantic", "numpy", "plotext", "sklearn", "engine")


def preset_file(folder, name="mine.toml", more=""):
    path = folder / name
    path.write_text(
        'title = "Mine"\n[data]\nsource = "moons"\nsamples = 100\n[model]\nhidden = [4]\n[training]\nepochs = 2\n'
        f'[[arm]]\nname = "off"\n[[arm]]\nname = "on"\nregularization.dropout = 0.2\n{more}'
    )
    return str(path)


@pytest.fixture
def dashboard(monkeypatch):
    """A terminal, and a dashboard that only notes how it is called."""
    calls = []
    app = types.ModuleType("tui.app")
    app.run_dashboard = lambda preset, **options: calls.append((preset, options)) or 0
    monkeypatch.setitem(sys.modules, "tui.app", app)
    monkeypatch.setattr("tui.cli.why_no_dashboard", lambda: "")
    monkeypatch.setattr("tui.opening_frame.titles_of", lambda ref: None)  # no frame on the tests' own terminal
    return calls


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_are_printed_by_the_installed_program(arguments):
    completed = subprocess.run([REGTUI, *arguments], capture_output=True, text=True, check=True)
    assert "regtui" in completed.stdout
    assert not completed.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments):
    code = f"import sys, tui.cli; tui.cli.main({arguments}); print(*sys.modules, file=sys.stderr)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {name.partition(".")[0] for name in completed.stderr.split()} & set(HEAVY)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epoch", "5"], "unknown option '--epoch' (did you mean '--epochs'?)"),
        (["run", "dropout", "--jsn"], "unknown option '--jsn' (did you mean '--json'?)"),
        (["dropout", "--json"], "unknown option '--json'"),
        (["--seeds"], "--seeds: expected one argument"),
        (["--seeds", "0"], "--seeds: 0: must be a whole number of at least 1"),
        (["--epochs", "1.5"], "--epochs: 1.5: must be a whole number of at least 1"),
        (["--fps", "no"], "--fps: no: must be a number of frames per second above 0"),
        (["--device", "gpu"], "--device: gpu: must be auto, cpu, cuda, cuda:N or mps"),
        (["run", "--device", "cdua"], "(did you mean 'cuda'?)"),
        (["--epochs", "5", "run", "dropout"], "the command comes first: regtui run ..."),
        (["rn", "dropout"], "unexpected 'dropout' (did you mean 'run'?)"),
        (["drop"], "no preset 'drop' (did you mean 'dropout'?)"),
        (["nowhere.toml"], "nowhere.toml: no such file"),
        (["run", "dropout", "--set", "training.lrr=1"], "unknown setting 'training.lrr' (did you mean 'training.lr'?)"),
        (["run", "dropout", "--arm-set", "off:training.lr=1"], "no arm 'off'"),
        (["presets", "nothing-like-it"], "no preset 'nothing-like-it': `regtui presets` lists them"),
        (["nosuch"], "no preset 'nosuch': `regtui presets` lists them; a file of yours ends in .toml"),
        (["check", "moons", "--epochs", "1", ""], "unexpected ''"),
        (["check"], "the following arguments are required: FILE"),
        (["check", "nowhere.toml"], "nowhere.toml: no such file"),
    ],
)
def test_what_cannot_be_understood_is_one_line_and_exit_code_2(arguments, message, capsys):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("regtui: ")
    assert message in err
    assert err.count("\n") == 1


def test_no_word_opens_the_default_preset(dashboard):
    assert main([]) == 0
    ((preset, options),) = dashboard
    assert preset.name == "clouds"
    assert isinstance(options.pop("signals"), Signals)
    assert options.pop("keeper_of")(preset) is not None
    assert options.pop("background") == ["--checkpoint-every=30", "--keep-snapshots=512000000"]
    assert options == {
        "stop_on_hang_up": False,
        "device": "auto", "fps": None, "paused": False, "ascii_only": False, "mouse": True, "reproduce": ["clouds"],
        "pictures": "auto", "terminal": None,
    }  # fmt: skip


def test_options_reach_the_dashboard_and_those_that_change_numbers_the_command_that_reproduces(dashboard):
    numbers = ["--set", "training.lr=0.1", "--arm-set", "dropout 0.2:regularization.dropout=0.5", "--seeds", "2",
               "--epochs", "7", "--device", "cpu"]  # fmt: skip
    assert main(["dropout", *numbers, "--fps", "5", "--paused", "--ascii", "--no-mouse",
                 "--pictures", "blocks"]) == 0  # fmt: skip
    ((preset, options),) = dashboard
    assert (preset.seeds, preset.epochs) == ((0, 1), 7)
    assert preset.arm("dropout 0.2").settings.get("regularization.dropout") == 0.5
    assert (options["device"], options["fps"], options["paused"]) == ("cpu", 5.0, True)
    assert (options["ascii_only"], options["mouse"], options["pictures"]) == (True, False, "blocks")
    assert options["reproduce"] == ["dropout", *numbers]


@pytest.mark.parametrize(
    ("choice", "there", "words"),
    [
        ("sixels", True, "--pictures: sixels: must be auto, blocks, kitty or sixel (did you mean 'sixel'?)"),
        ("kitty", False, "--pictures: kitty takes textual-image: pip install 'regtui[images]'"),
        ("kitty", True, ""),
        ("auto", False, ""),
    ],
)
def test_pictures_that_cannot_be_drawn_are_refused_in_one_line(dashboard, monkeypatch, capsys, choice, there, words):
    monkeypatch.setattr("tui.graphics.terminals.installed", lambda: there)
    assert main(["--pictures", choice]) == (2 if words else 0)
    assert capsys.readouterr().err == (f"regtui: {words}; see regtui --help\n" if words else "")
    assert [options["pictures"] for _, options in dashboard] == ([] if words else [choice])


@pytest.mark.parametrize("name", ["run.toml", "presets.toml", "check.toml"])
def test_a_file_named_like_a_command_is_a_preset(name, dashboard, tmp_path, monkeypatch):
    preset_file(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    assert main([name]) == 0
    assert dashboard[0][0].title == "Mine"


def test_a_device_that_is_not_there_is_refused_before_a_screen_opens(dashboard, capsys):
    assert main(["--device", "cuda:63"]) == 2
    assert "--device cuda:63" in capsys.readouterr().err
    assert not dashboard


def test_a_failure_nobody_foresaw_is_one_line_that_names_the_log(dashboard, capsys, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise RuntimeError("the roof\nfell in")

    monkeypatch.setattr(sys.modules["tui.app"], "run_dashboard", fail)
    monkeypatch.setattr("engine.log.log_path", lambda: tmp_path / "logs" / "regtui.log")
    assert main([]) == 1
    err = capsys.readouterr().err
    assert err == f"regtui: RuntimeError: the roof fell in (log: {tmp_path}/logs/regtui.log)\n"
    assert "Traceback" in (tmp_path / "logs" / "regtui.log").read_text()


def test_presets_are_listed_one_a_line_in_a_pipe(capsys):
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[0] == "clouds"
    assert all("\x1b" not in line for line in lines)


LISTED = [
    Listed("clouds", "Clouds", "Two of them.", ("a",), "", "gauss"),
    Listed("cifar", "CIFAR", "Large.", ("a",), "", "cifar100", "CIFAR-100", downloads=True),
    Listed("cifar-there", "CIFAR", "Large.", ("a",), "", "cifar100", "CIFAR-100", downloads=True, at_hand=True),
    Listed("start", "Start", "First.", ("a",), "", "digits", "first steps"),
    Listed("mine", "Mine", "Own.", ("a",), "", "digits", "my own"),
    Listed("l1", "L1", "Lasso.", ("a",), "", "digits", "penalties"),
]


def test_presets_stand_in_the_order_of_their_groups_and_those_that_download_say_so(capsys, monkeypatch):
    monkeypatch.setattr("tui.catalog.builtin_list", lambda: LISTED)
    assert main(["presets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["start", "l1", "cifar", "cifar-there", "mine", "clouds"]
    assert [line.split()[0] for line in lines if line.endswith("(needs a download)")] == ["cifar"]
    assert list(by_group(LISTED)) == ["first steps", "penalties", "CIFAR-100", "my own", OTHERS]


def test_the_list_of_presets_imports_no_torch():
    code = "import sys, tui.cli; tui.cli.main(['presets']); print(*sys.modules, file=sys.stderr)"
    completed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "torchvision", "textual", "numpy"} & set(completed.stderr.split())


def test_a_terminal_shows_a_heading_and_an_example_for_each_group(monkeypatch):
    console = Console(file=io.StringIO(), force_terminal=True, width=90, color_system=None)
    monkeypatch.setattr("tui.catalog.builtin_list", lambda: LISTED)
    monkeypatch.setattr("tui.catalog.StdoutConsole", lambda: console)
    assert main(["presets"]) == 0
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    examples = [" ".join(line.split()) for line in lines]
    headings = [
        examples.index(line)
        for line in (
            "first steps regtui start",
            "penalties regtui l1",
            "CIFAR-100 regtui cifar",
            "my own regtui mine",
            "others regtui clouds",
        )
    ]
    assert headings == sorted(headings)
    assert any(line.startswith("clouds") and "(default)" in line for line in lines[headings[-1] :])


def test_one_preset_shows_its_lesson_what_its_arms_change_and_its_toml(capsys):
    assert main(["presets", "dropout"]) == 0
    out = capsys.readouterr().out
    for expected in (
        "Dropout, off and on",
        "dropout 0.2: regularization.dropout = 0.2",
        "dropout off: the preset as it stands",
        "does it make the better network here?",
        "1 Raise the learning rate to 0.03 in both arms: does dropout catch up?",
        "a new run with training.lr = 0.03",
        "from epoch 100: regularization.dropout = 0.2 in 'dropout off'",
    ):
        assert expected in out
    assert "[[arm]]" in out


def test_check_says_what_a_good_preset_consists_of(capsys, tmp_path):
    path = preset_file(tmp_path)
    assert main(["check", path]) == 0
    assert capsys.readouterr().out == f"{path}: valid: 2 arms, 1 seed, 2 epochs, moons\n"


def test_check_names_the_line_that_is_wrong_and_goes_on_to_the_next_file(capsys, tmp_path):
    bad = preset_file(tmp_path, "bad.toml", more="[trainin]\nlr = 1\n")
    good = preset_file(tmp_path, "good.toml")
    assert main(["check", bad, good]) == 2
    out, err = capsys.readouterr()
    assert "bad.toml:14: unknown key 'trainin' (did you mean 'training'?)" in err
    assert out.startswith(f"{good}: valid")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('source = "digits"\ntrain = 3000', "the source digits has only 1797"),
        ('source = "csv"\npath = "nowhere.csv"\ntarget = "y"', "nowhere.csv"),
        ('source = "folder"\npath = "nowhere"', "no such folder"),
        ('source = "moons"\n[model]\nkind = "cnn"', "the source 'moons' has no images"),
        ('source = "moons"\n[augment]\nshift = 2', "augment.shift = 2.0: the source 'moons' has no images"),
        ('source = "moons"\n[regularization]\nl2 = 0.1\nl2_layers = [9]', "l2_layers"),
    ],
)
def test_check_refuses_in_one_line_what_a_run_refuses(data, message, capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(f"[data]\n{data}\n")
    assert main(["run", str(path)]) == 2
    refused = capsys.readouterr().err.removeprefix("regtui: ")
    assert main(["check", str(path)]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert message in err
    # What is read from the file names it and the line already; what only the data show is reported of the file.
    place_and_reason = refused.removeprefix(f"{path}:") if refused.startswith(f"{path}:") else f" {refused}"
    assert err == f"regtui: {path}:{place_and_reason}"


def test_check_says_that_data_to_be_downloaded_were_not_looked_at(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    path = preset_file(tmp_path, more='[[arm]]\nname = "digits"\ndata.source = "mnist"\n')
    fine = f"{path}: valid: 3 arms, 1 seed, 2 epochs, moons and mnist"
    assert main(["check", path]) == 0
    message = "; its data from mnist, to be downloaded on first use, were not looked at"
    assert capsys.readouterr().out == f"{fine}{message}\n"
    write_mnist(tmp_path / "MNIST" / "raw", train=2000)
    assert main(["check", path]) == 0
    assert capsys.readouterr().out == f"{fine}\n"
    (tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte").write_bytes(b"cut")
    assert main(["check", path]) == 2
    assert "is damaged" in capsys.readouterr().err


def test_check_looks_at_the_arms_at_hand_beside_those_to_be_downloaded(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("REGTUI_DATA", str(tmp_path))
    path = preset_file(
        tmp_path, more='[[arm]]\nname = "a"\ndata.source = "mnist"\n[[arm]]\nname = "b"\naugment.shift = 2\n'
    )
    assert main(["check", path]) == 2
    assert "the source 'moons' has no images" in capsys.readouterr().err
