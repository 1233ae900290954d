"""One fault, and how it is put into a copy of the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

# The tests of a lab, which are in four files.
LAB = (
    "tests/engine/test_lab.py tests/engine/test_lab_stopping.py "
    "tests/engine/test_lab_knobs.py tests/engine/test_lab_states.py"
)

# By file and the tests that must notice (paths or test ids, blanks between them): pairs of what stands there and what
# is put in its place.
Faults = Mapping[tuple[str, str], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault in `file`: `old`, which stands there exactly once, becomes `new`; one of `tests` must fail then."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        text = (ROOT / self.file).read_text(encoding="utf-8")
        line = text[: text.find(self.old)].count("\n") + 1
        return f"{self.file}:{line}: {' '.join(self.old.split())} -> {' '.join(self.new.split())}"

    def mutated(self, root: Path = ROOT) -> str:
        """The file's text with the fault. Raises ValueError where the old text is not there, or more than once."""
        text = (root / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            raise ValueError(f"{self.file}: {self.old!r} is there {found} times: bring the list of mutants up to date")
        return text.replace(self.old, self.new)


def mutants_of(faults: Faults) -> Iterator[Mutant]:
    """The mutants of a list, in its order."""
    for (file, tests), pairs in faults.items():
        for old, new in pairs:
            yield Mutant(file, old, new, tuple(tests.split()))
