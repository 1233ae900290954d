"""`make picture`: the README picture, exported by Textual from the dashboard while it trains the default preset."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from engine.files import written
from engine.preset import DEFAULT, load_preset
from tui.app import RegtuiApp

SIZE = (160, 45)


async def picture(path: Path, epochs: int = 200) -> None:
    """Train until `epochs`, and save the screen as SVG."""
    app = RegtuiApp(load_preset(DEFAULT))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press(*["greater_than_sign"] * 2)
        while app.worker.view().record.epoch < epochs:
            await asyncio.sleep(0.02)
        await pilot.press("space")
        await pilot.pause(1.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as file:
            file.write(app.export_screenshot(title="regtui").encode())
        app.worker.close()
        app.exit(0)


if __name__ == "__main__":
    asyncio.run(picture(Path(sys.argv[1])))
