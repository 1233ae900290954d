"""The lane-stacked networks: parameters, first weights, forward passes, optimizers, the step and the evaluation."""

from engine.stack.input_transforms import refuse_without_images
from engine.stack.samples import Fed, Mistakes
from engine.stack.size import refuse_stacks_that_cannot_fit
from engine.stack.stack import Stack

__all__ = ["Fed", "Mistakes", "Stack", "refuse_stacks_that_cannot_fit", "refuse_without_images"]
