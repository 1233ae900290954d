"""What the documents say of the code is so."""

from __future__ import annotations

import importlib
import pkgutil
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import engine
from engine.commands import KINDS
from engine.control import read_order
from engine.preset import load_preset, read_preset

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/architecture.md",
    "docs/benchmarks.md",
    "docs/control.md",
    "docs/run-files.md",
    "docs/timeline.md",
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def outside_code(name: str) -> str:
    return re.sub(r"^```.*?^```", "", text_of(name), flags=re.DOTALL | re.MULTILINE)


def blocks_of(name: str, language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(name), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_to_a_file_leads_to_one(name: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text_of(name)) if "://" not in link]
    assert [link for link in links if not ((ROOT / name).parent / link).exists()] == []


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "CHANGELOG.md"])  # which tells of the past too
def test_every_file_that_is_named_is_there(name: str) -> None:
    paths = re.findall(r"\b(?:engine|tui|tests|presets|docs)/[\w./-]*\w", outside_code(name))
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_line_of_a_document_is_too_long_to_read(name: str) -> None:
    lines = [line for line in text_of(name).splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > 120] == []


def test_the_python_of_the_readme_runs() -> None:
    (code,) = blocks_of("README.md", "python")
    assert '"moons"' in code
    names = {"short": load_preset("moons", epochs=2, seeds=2)}
    exec(code.replace('"moons"', "short"), names)
    assert len(names["mean"]) == 2
    record = names["record"]
    assert 0 <= record.finished["dropout 0.5", 0].test_acc <= 1
    assert "val_loss" in engine.metrics.METRICS


def test_the_readmes_measured_rows_are_rows_of_the_benchmarks() -> None:
    rows = [line for line in text_of("README.md").split("## Measured")[1].splitlines() if line.startswith("|")]
    assert len(rows) > 3
    assert set(rows) <= set(text_of("docs/benchmarks.md").splitlines())


def test_the_layers_of_the_architecture_are_those_of_the_contracts() -> None:
    contracts = tomllib.loads(text_of("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if "tui.cli" in contract.get("layers", ())]
    assert "\n".join(layers) + "\n" in blocks_of("docs/architecture.md")


def _modules() -> list[ModuleType]:
    modules = []
    for module in pkgutil.walk_packages(engine.__path__, "engine."):
        try:
            modules.append(importlib.import_module(module.name))
        except ModuleNotFoundError as error:
            if error.name.partition(".")[0] not in ("matplotlib", "pyarrow", "tensorboard"):  # extras
                raise
    return modules


def _is_there(dotted: str, modules: list[ModuleType]) -> bool:
    """Whether `Class.method`, `module.function` or `function` is somewhere in the engine."""
    first, _, second = dotted.partition(".")
    holders = [vars(module)[first] for module in modules if first in vars(module)]
    return any(not second or hasattr(holder, second) for holder in holders)


def test_the_functions_of_a_training_step_are_there_in_this_order() -> None:
    (step,) = [block for block in blocks_of("docs/architecture.md") if block.startswith("Trainer.step")]
    named = [line.split()[0] for line in step.splitlines()]
    modules = _modules()
    assert [name for name in named if not name.startswith("torch.") and not _is_there(name, modules)] == []
    source = text_of("engine/stack/trainer.py").split("def _update")[1]
    update = [name.rpartition(".")[2] for name in named[named.index("Trainer._update") + 1 :]]
    places = [source.index(f"{name}(") for name in update]
    assert places == sorted(places)
    assert len(places) > 5


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_method_that_is_named_is_there(name: str) -> None:
    modules = _modules()
    named = re.findall(r"`([A-Z]\w+\.[a-z_]\w+)`", outside_code(name))
    assert [name for name in named if not _is_there(name, modules)] == []


def test_the_commands_of_the_script_that_steers_a_run_are_commands_and_all_have_a_row() -> None:
    text = text_of("docs/control.md")
    orders = [read_order(line.encode()) for line in text.splitlines() if line.startswith('{"do"')]
    assert [order.refused for order in orders] == [""] * 4
    kinds = {"step" if kind == "step_epoch" else kind for kind in KINDS} - {"restart"}
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert {kind.strip(" `") for row in rows for kind in row.split(",")} == kinds


def test_the_presets_of_the_documents_can_be_read() -> None:
    (timeline,) = blocks_of("docs/timeline.md", "toml")
    assert len(read_preset(timeline).timeline) == 3
    (readme,) = blocks_of("README.md", "toml")
    assert len(read_preset(readme).timeline) == 1
