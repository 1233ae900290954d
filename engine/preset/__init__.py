"""What an experiment is: the schema, its reading and writing, and the experiments that come with the program.

The schema needs pydantic, and so is imported when a name is first asked for: the first frame is drawn before.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.preset.public import *  # noqa: F403


def __getattr__(name: str) -> Any:
    # Of a module of its own Python asks here first, and imports it where there is nothing of the name.
    if not name.startswith("__") and find_spec(f"{__name__}.{name}") is None:
        public = import_module(f"{__name__}.public")
        if name in public.__all__:
            globals()[name] = value = getattr(public, name)  # not asked for here again
            return value
    raise AttributeError(f"module {__name__!r} has no {name!r}")
