"""The lane-stacked networks: parameters, first weights, forward passes, optimizers, the step and the evaluation."""

from engine.stack.disturb import refuse_without_images
from engine.stack.samples import Fed, Mistakes
from engine.stack.size import refuse_stacks_that_cannot_fit
from engine.stack.stack import LaneNumbers, Stack

__all__ = ["Fed", "LaneNumbers", "Mistakes", "Stack", "refuse_stacks_that_cannot_fit", "refuse_without_images"]
