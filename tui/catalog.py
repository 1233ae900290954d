"""`regtui presets` and `regtui check`: the built-in experiments, one in detail, and whether a preset is fine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from engine.preset import (
    DEFAULT,
    OTHERS,
    Arm,
    Listed,
    Preset,
    PresetError,
    at_hand,
    builtin_list,
    builtin_text,
    by_group,
    how_to_try,
    load_preset,
    question_of,
)
from engine.preset.timeline import in_words
from tui.say import say
from tui.stdout import StdoutConsole


def show_all() -> None:
    """Print the built-in presets: a table in a terminal, one line each in a pipe."""
    groups = by_group(builtin_list())
    listed = [preset for group in groups.values() for preset in group]
    console = StdoutConsole()
    if not console.is_terminal:
        name, title, group = (
            max(len(getattr(preset, column)) for preset in listed) for column in ("name", "title", "group")
        )
        for preset in listed:
            under = f"{preset.group:{group}}  " if group else ""
            say(f"{preset.name:{name}}  {under}{preset.title:{title}}  {preset.summary}{_download(preset)}")
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(ratio=2)
    table.add_column(ratio=3, style="dim")
    for number, (heading, presets) in enumerate(groups.items()):
        if list(groups) != [OTHERS]:
            if number:
                table.add_row()
            table.add_row(Text(heading, style="underline"), Text(f"regtui {presets[0].name}", style="dim"))
        for preset in presets:
            default = " (default)" if preset.name == DEFAULT else ""
            table.add_row(Text(preset.name), Text(preset.title + default), Text(preset.summary + _download(preset)))
    console.print(table)
    console.print("\nregtui NAME opens one, regtui presets NAME shows what it is made of", style="dim", markup=False)


def _download(preset: Listed) -> str:
    return " (needs a download)" if preset.needs_download else ""


def show(ref: str) -> None:
    """Print one preset: title, summary, question, lesson, arms with what each changes, tries, and its TOML."""
    preset = load_preset(ref)
    console = StdoutConsole()
    console.print(Text(preset.title, style="bold"))
    for text in (preset.summary, question_of(preset), preset.lesson):
        if text:
            console.print(Text(f"\n{text}"))
    console.print(Text("\nArms", style="bold"))
    for arm in preset.arms:
        console.print(Text(f"  {arm.name}: {', '.join(changes(arm)) or 'the preset as it stands'}"))
    if preset.tries:
        console.print(Text("\nTry (x in the dashboard)", style="bold"))
    for number, chosen in enumerate(preset.tries, start=1):
        console.print(Text(f"  {number} {chosen.text}\n    {how_to_try(chosen)}"))
    if preset.timeline:
        console.print(Text("\nTimeline (what happens by itself)", style="bold"))
    for entry in preset.timeline:
        console.print(Text(f"  {in_words(entry)}"))
    console.print()
    toml = _toml(ref).rstrip()
    if console.is_terminal and not console.no_color:
        console.print(Syntax(toml, "toml", theme="ansi_dark", background_color="default"))
    else:
        say(toml)


def changes(arm: Arm) -> list[str]:
    """What an arm sets against the preset's base, as `regularization.dropout = 0.2`."""
    return [
        f"{section}.{name} = {_value(value)}"
        for section, table in arm.overrides.items()
        for name, value in table.items()
    ]


def check(ref: str, preset: Preset, device: str = "cpu") -> str:
    """What the preset, which `ref` has given, consists of, in a line.

    The lab is built as for a run, so that "fine" means that it will train; only arms whose data would have to be
    downloaded are left out, and named.

    Raises
    ------
    PresetError : it is not fine.
    """
    sources = list(dict.fromkeys(arm.settings.data.source for arm in preset.arms))
    missing = [source for source in sources if not at_hand(source)]
    warnings: tuple[str, ...] = ()
    if arms := tuple(arm for arm in preset.arms if arm.settings.data.source not in missing):
        warnings = _build(ref, preset.model_copy(update={"arms": arms}), device)
    size = ", ".join([
        _many(len(preset.arms), "arm"),
        _many(len(preset.seeds), "seed"),
        _many(preset.epochs, "epoch"),
        " and ".join(sources),
    ])  # fmt: skip
    if missing:
        size += f"; its data from {' and '.join(missing)}, to be downloaded on first use, were not looked at"
    return "; ".join([size, *warnings])


def _build(ref: str, preset: Preset, device: str) -> tuple[str, ...]:
    """Load the data, whose warnings are returned, and build the networks; nothing is trained."""
    from engine.lab import Lab

    try:
        return Lab(preset, device).started.warnings
    except PresetError as error:
        raise PresetError(f"{ref}: {error}") from None


def _toml(ref: str) -> str:
    """As it was written, with its comments."""
    return Path(ref).read_text(encoding="utf-8") if ref.endswith(".toml") or "/" in ref else builtin_text(ref)


def _value(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
