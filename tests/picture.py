"""`make picture`: the README's pictures, taken from the dashboard while it trains the default preset.

A still of the screen as SVG, exported by Textual, and the whole run as an animated picture, frames as they come.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from engine.files import written
from engine.preset import DEFAULT, load_preset
from tui.app import RegtuiApp
from tui.picture import cells_of, image

if TYPE_CHECKING:
    from PIL.Image import Image

LARGE, MEDIUM = (160, 45), (120, 36)
# Frames are taken so many epochs apart, and shown for so many seconds; the last one is to be read.
STEP, SECONDS, LAST_SECONDS = 12, 0.6, 8.0
SCALE = 0.75  # of a cell's 12 by 24 pixels


async def still(path: Path, epochs: int = 200) -> None:
    """Train until `epochs`, and save the screen as SVG."""
    app = RegtuiApp(load_preset(DEFAULT))
    async with app.run_test(size=LARGE) as pilot:
        await pilot.press(*["greater_than_sign"] * 2)
        await _until(lambda: app.worker.view().record.epoch >= epochs)
        await pilot.press("space")
        await pilot.pause(1.5)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written(path) as file:
            file.write(app.export_screenshot(title="regtui").encode())
        app.close_workers()
        app.exit(0)


async def moving(path: Path) -> None:
    """Train to the end, and save what was seen as an animated GIF."""
    app, frames = RegtuiApp(load_preset(DEFAULT)), []
    async with app.run_test(size=MEDIUM) as pilot:
        await _until(lambda: app.worker.view().record.epoch > 0)
        while app.worker.view().state != "finished":
            await pilot.pause(0.3)
            frames.append(_frame(app))
            seen = app.worker.view().record.epoch
            await _until(lambda seen=seen: app.worker.view().record.epoch >= seen + STEP or _ended(app))
        await pilot.pause(1.5)
        frames.append(_frame(app))
        app.close_workers()
        app.exit(0)
    durations = [round(1000 * SECONDS)] * (len(frames) - 1) + [round(1000 * LAST_SECONDS)]
    from PIL.Image import Quantize

    # One palette for all frames: what does not change is then equal, and takes no room. By its coverage, for the arms'
    # colours are few pixels beside the boundary's many shades.
    palette = frames[-1].quantize(128, method=Quantize.MAXCOVERAGE, dither=0)
    flat = [frame.quantize(palette=palette, dither=0) for frame in frames]
    with written(path) as file:
        flat[0].save(file, format="gif", save_all=True, append_images=flat[1:], duration=durations, loop=0)


def _ended(app: RegtuiApp) -> bool:
    return app.worker.view().state == "finished"


def _frame(app: RegtuiApp) -> Image:
    from PIL import Image

    picture = image(cells_of(app))
    size = round(picture.width * SCALE), round(picture.height * SCALE)
    return picture.resize(size, Image.Resampling.LANCZOS)


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.01)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    asyncio.run(still(folder / "screen.svg"))
    asyncio.run(moving(folder / "first-minute.gif"))
