"""Mutated presets, read and built by `regtui check`: each is fine, or refused in one line with the exit code 2."""

from __future__ import annotations

import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tests.attack.judge import Case, fault
from tests.attack.pool import Limits, forked
from tests.attack.program import warm

COUNT = 10_000
ABOUT = "mutated presets: bytes, tokens, values, nesting, control characters, huge numbers"
_FILE = "mutant.toml"


def attack(numbers: Sequence[int], seed: int, workers: int, keep: Path | None) -> Iterator[Case]:
    """Try the presets of these numbers; with `keep`, the mutants stay there."""
    from tests.attack.toml_mutants import mutant

    main = warm()
    originals = [path.read_text(encoding="utf-8") for path in sorted(Path("presets").glob("*.toml"))]
    for path in sorted(Path("presets/tour").glob("*.toml")):  # with a timeline
        stop = Path("presets", f"{path.stem.partition('-')[2]}.toml")
        originals += 2 * [f"{stop.read_text(encoding='utf-8')}\n{path.read_text(encoding='utf-8')}"]

    with tempfile.TemporaryDirectory(prefix="regtui-attack-") as scratch:

        def attempt(number: int) -> int:
            folder = keep or Path(scratch, str(os.getpid()))
            folder.mkdir(exist_ok=True)
            os.chdir(folder)
            Path(_FILE).write_bytes(mutant(Random(f"{seed}/presets/{number}"), originals))
            # What is fine goes on to the screen: all of its texts are shown, and all that was shown is judged.
            return main(["check", _FILE]) or main(["presets", _FILE]) or _hold(_FILE)

        for number, outcome in forked(numbers, attempt, workers, Limits()):
            yield Case(number, fault(outcome))


def _hold(file: str) -> int:
    """What must be true of a preset that was found fine: 0 where it is."""
    from engine.preset import PresetError, load_preset
    from engine.preset.change import write_preset
    from engine.preset.read import read_preset

    preset = load_preset(file)
    texts = [preset.title, preset.summary, preset.question, preset.lesson, preset.reveal, preset.group]
    texts += [*preset.arm_names, *(text for chosen in preset.tries for text in (chosen.text, chosen.reveal))]
    texts += [text for number in preset.reported for text in (number.text, number.note)]
    texts += [text for one in preset.timeline for text in (one.say, one.ask, one.reveal, *one.choices, one.fork)]
    for text in texts:
        if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
            print(f"a control character was let in: {text!r:.200}", file=sys.stderr)
            return 1
    try:
        again = read_preset(write_preset(preset), preset.name)
    except PresetError as error:
        print(f"written, it cannot be read again: {error}", file=sys.stderr)
        return 1
    if again != preset:
        print("written and read again, it is another preset", file=sys.stderr)
        return 1
    return 0
