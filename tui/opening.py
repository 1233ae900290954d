"""The preset that a command line names: a built-in one, a file, or one proposed for the user's data."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.preset import Preset
    from engine.propose import Proposal

# Looking at larger data takes seconds.
_LARGE = 20_000_000


def preset_of(ref: str, options: argparse.Namespace, tell: Callable[[str], None]) -> Preset:
    """The preset with the changes of the command line, `tui.arguments.experiment_options`.

    Parameters
    ----------
    tell : called with each line of what was found in data of the user's.

    Raises
    ------
    PresetError : one line for the user.
    """
    from engine.preset import load_preset

    proposal = proposal_of(ref, options, tell)
    for line in proposal.found if proposal else ():
        tell(line)
    text = proposal.text if proposal else None
    return load_preset(ref, options.set, options.arm_set, options.seeds, options.epochs, text)


def proposal_of(ref: str, options: argparse.Namespace, tell: Callable[[str], None]) -> Proposal | None:
    """What is proposed for data of the user's; None where `ref` is a preset. Raises PresetError."""
    from engine.preset import PresetError
    from engine.propose import own_data, propose

    if not own_data(ref):
        if options.target is not None:
            raise PresetError(f"--target is for a CSV file; of the preset {ref} it is --set data.target=COLUMN")
        return None
    try:
        size = os.path.getsize(ref)
    except (OSError, ValueError):  # which is reported where it is read
        size = 0
    if size > _LARGE:
        tell(f"looking at {ref} ({size / 1e6:,.0f} MB) ...")
    return propose(ref, options.target, options.set)
