"""What a person should know about the data is shown once they are loaded."""

from __future__ import annotations

from pathlib import Path

from tests.tui.dashboard import dashboard, experiment


async def test_a_class_of_one_example_is_told_of(tmp_path: Path) -> None:
    rows = [f"{number},{number % 3},{number % 2}" for number in range(60)]
    (tmp_path / "x.csv").write_text("\n".join(["a,b,kind", *rows, "1,1,[rare"]) + "\n")
    data = {"data.source": "csv", "data.path": str(tmp_path / "x.csv"), "data.target": "kind"}
    async with dashboard(experiment(data)) as person:
        message = "the data: csv: class '[rare' has one example only: it is learned and not measured, or the reverse"
        await person.sees(lambda: message in person.toasts)
