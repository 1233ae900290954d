"""All mutants."""

from __future__ import annotations

from tests.mutants import engine, screen, stack
from tests.mutants.mutant import mutants_of

MUTANTS = [mutant for faults in (stack.FAULTS, engine.FAULTS, screen.FAULTS) for mutant in mutants_of(faults)]
