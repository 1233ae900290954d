"""The data of an experiment: sources, split and scale."""

from engine.data.task import Load, Task, load_task
from engine.preset.files import data_folder

__all__ = ["Load", "Task", "data_folder", "load_task"]
