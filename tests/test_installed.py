"""The program as a person installs it: from a wheel, run from a folder of their own, without the source beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from tests.small import environment
from tests.terminal import Terminal

ROOT = Path(__file__).parents[1]
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the source."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("engine", "tui", "presets"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ROOT.iterdir():
        if file.suffix in (".toml", ".md") or file.name == "LICENSE":
            shutil.copy(file, source)
    subprocess.run([sys.executable, "-c", BUILD, str(built)], cwd=source, check=True, capture_output=True)
    (built_wheel,) = built.glob("*.whl")
    return built_wheel


@pytest.fixture(scope="module")
def regtui(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script that pip makes of the wheel; what the program needs is borrowed from where the tests run."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    (packages,) = home.glob("lib/python*/site-packages")
    lent = [entry for entry in sys.path if Path(entry).name == "site-packages"]
    # Only the packages: a .pth file that lies among them (as that of an editable install) is not read from here.
    (packages / "lent.pth").write_text("\n".join(lent))
    return home / "bin" / "regtui"


def answer(regtui: Path, folder: Path, *arguments: str) -> str:
    """What it prints. Raises CalledProcessError."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment(folder)
    completed = subprocess.run(
        [regtui, *arguments], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout


def test_the_wheel_holds_every_module_every_preset_and_the_license(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for package in ("engine", "tui", "presets"):
        files = [file for file in (ROOT / package).rglob("*") if file.suffix in (".py", ".toml", ".tcss")]
        missing = {str(file.relative_to(ROOT)) for file in files} - names
        assert files
        assert not missing
    assert not [name for name in names if name.startswith("tests")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for license_file in project.get("license-files", []):
        assert any(name.endswith(f"/licenses/{license_file}") for name in names)


def test_installed_it_lists_checks_and_trains_its_presets_from_any_folder(regtui: Path, tmp_path: Path) -> None:
    listed = answer(regtui, tmp_path, "presets")
    assert [preset.stem for preset in (ROOT / "presets").glob("*.toml") if preset.stem not in listed] == []
    answer(regtui, tmp_path, "check", "moons")
    assert "test" in answer(regtui, tmp_path, "run", "moons", "--epochs", "2", "--seeds", "1")
    assert Path(answer(regtui, tmp_path, "--version").split()[0]).name == "regtui"


def test_installed_it_opens_its_dashboard(regtui: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path) | {"PYTHONPATH": ""}
    with Terminal([str(regtui), "moons", "--paused"], 120, 36, variables, tmp_path) as terminal:
        terminal.wait_for("1 loss", timeout=60)
        terminal.wait_for("paused", timeout=60)
        terminal.press("q")
        assert terminal.wait(timeout=60) == 0
