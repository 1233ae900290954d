"""The data of an experiment: sources, split and scale."""

from engine.data.task import Task, load_task
from engine.preset.files import data_folder

__all__ = ["Task", "data_folder", "load_task"]
