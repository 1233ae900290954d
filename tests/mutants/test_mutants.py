"""The list of mutants fits the program as it is."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.lists import MUTANTS
from tests.mutants.mutant import ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=str)
def test_the_fault_fits_the_file_and_the_tests_are_there(mutant: Mutant) -> None:
    changed = ast.dump(ast.parse(mutant.mutated()))
    assert changed != ast.dump(ast.parse((ROOT / mutant.file).read_text(encoding="utf-8")))
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests)


def test_no_fault_is_listed_twice() -> None:
    assert len({(mutant.file, mutant.old, mutant.new) for mutant in MUTANTS}) == len(MUTANTS) >= 150
