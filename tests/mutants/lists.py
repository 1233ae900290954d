"""All mutants."""

from __future__ import annotations

from tests.mutants import engine, keys, screen, stack
from tests.mutants.mutant import mutants_of

MUTANTS = [
    mutant for faults in (stack.FAULTS, engine.FAULTS, screen.FAULTS, keys.FAULTS) for mutant in mutants_of(faults)
]
