"""The techniques of the notes, each a small file: what it adds to the training step, and its formula.

A technique is one or two pure functions on stacked tensors with one value per lane, 0 meaning off. The step
(`engine.stack.step`) calls them where they act: on the inputs, the targets, the activations, the gradients, or the
weights after the step. A new technique is a new file here, a setting in `engine.preset.schema`, and a call in the step.
"""
