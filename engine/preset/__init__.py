"""What an experiment is: the schema, its reading and writing, and the experiments that come with the program.

The schema needs pydantic, and so is imported when a name is first asked for: the first frame is drawn before.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.preset.public import *  # noqa: F403


def __getattr__(name: str) -> Any:
    if name != "public" and not name.startswith("__"):
        public = import_module("engine.preset.public")
        if name in public.__all__:
            return getattr(public, name)
    raise AttributeError(f"module 'engine.preset' has no {name!r}")
