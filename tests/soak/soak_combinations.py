"""Many draws of every combination of settings: `make soak ARGS=tests/soak/soak_combinations.py`."""

from pathlib import Path

from tests.engine.test_combinations import trained_in_every_combination


def test_any_settings_train_together_or_are_refused_in_a_line_in_many_draws(tmp_path: Path) -> None:
    trained_in_every_combination(tmp_path, examples=10)
