# Two commands: `make run` opens the lab, `make test` proves it. Both set up .venv by themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Compiled once, and not anew by each of the hundreds of processes that the tests start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lessons mutants attack soak lint bench picture clean

help:
	@echo "make run      set up and open the dashboard on the default preset"
	@echo "make test     set up, lint, types, import contracts, tests"
	@echo "make lessons  presets trained to their end, for what their lessons say"
	@echo "make attack   hostile presets, arguments, files, keys, sizes and signals, by the thousand"
	@echo "make soak     what takes minutes: runs that are killed, damaged, watched, and a million epochs long"
	@echo "make mutants  single faults put into copies of the program, and how many the tests notice"
	@echo "make bench    the measured claims of docs/benchmarks.md"
	@echo "make picture  the README's pictures of the real screen, a still and a moving one"
	@echo "make clean    remove .venv and caches"

# What the program needs, pinned; made anew when either file changes.
$(VENV)/.run: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "regtui needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

run: $(VENV)/.run
	@$(BIN)/regtui $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

attack: $(VENV)/.dev
	$(BIN)/python -m tests.attack $(ARGS)

lessons: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 -m lesson $(ARGS)

soak: $(VENV)/.dev
	$(BIN)/python -m pytest -s -o python_files="soak_*.py" $(or $(ARGS),tests/soak)

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutants $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks $(ARGS)

picture: $(VENV)/.dev
	$(BIN)/python -m tests.picture docs

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
