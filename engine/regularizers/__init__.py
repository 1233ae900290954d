"""The techniques, each a small file: what it adds to the training step, and its formula.

A technique is one or two pure functions on stacked tensors with one value per lane, 0 meaning off. It is called where
it acts: on inputs and targets in `engine.stack.input_transforms`, on activations in `engine.stack.modules`, in the loss
in `engine.stack.objective`, as a penalty in `engine.stack.penalties`, on the weights of a pass in
`engine.stack.perturbed_weights`, on gradients and on the weights after the step in `engine.stack.trainer`, on their
averages in `engine.stack.averages`.
A new technique is a new file here, a setting in `engine.preset.regularization`, and a call in one of those.
"""
