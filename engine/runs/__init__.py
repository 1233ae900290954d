"""A run is a file: written beside training, read while it is written, and gone on with.

Everything here but loading a checkpoint does without torch.
"""

from engine.runs.errors import RunError

__all__ = ["RunError"]
