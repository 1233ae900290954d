"""The data of an experiment: sources, split and scale."""

from engine.data.task import Task, load_task
from engine.data.torchvision_sets import data_folder

__all__ = ["Task", "data_folder", "load_task"]
