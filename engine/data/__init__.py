"""The data of an experiment: sources, split and scale.

What needs torch is imported when it is first asked for: the declarations in `sources` are read without.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.data.task import Load, Task, load_task
    from engine.preset.files import data_folder

__all__ = ["Load", "Task", "data_folder", "load_task"]


def __getattr__(name: str) -> Any:
    if name == "data_folder":
        from engine.preset import files

        return files.data_folder
    if name in __all__:
        from engine.data import task

        return getattr(task, name)
    raise AttributeError(f"module 'engine.data' has no {name!r}")
