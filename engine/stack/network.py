"""From a preset's model to a stacked network: the modules in order, and the layout of their parameters."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine.preset.schema import Settings
from engine.stack.layout import Builder, Layout
from engine.stack.modules import Activate, Dense, Drop, GaussianDrop, Module, Theta
from engine.stack.run import Run


@dataclass(frozen=True, slots=True)
class Network:
    """Modules that all lanes of a stack pass through; `units` of noise go to each example."""

    modules: tuple[Module, ...]
    layout: Layout
    units: int
    widest: int

    def __call__(self, x: Tensor, run: Run) -> Tensor:
        """outputs_LBC of inputs x_LBI, or of x_GNI that the lanes of a group share."""
        h = x
        for module in self.modules:
            h = module(h, run)
        return h


def network_of(settings: Settings, features: int, outputs: int) -> Network:
    """The network of a preset's model, from `features` inputs to `outputs` outputs."""
    builder = Builder()
    if settings.model.kind == "bernoulli":
        return Network((Theta.make(builder, "theta"),), builder.layout(), 0, 1)
    model, inverted = settings.model, settings.regularization.dropout_style == "inverted"
    modules: list[Module] = []
    inputs = features
    for number, units in enumerate(model.hidden, start=1):
        name = f"hidden {number}"
        modules += [
            Dense.make(builder, name, inputs, units),
            Activate(name, model.activation),
            Drop(builder.take_units(units), inverted),
            GaussianDrop(name),
        ]
        inputs = units
    modules.append(Dense.make(builder, "output", inputs, outputs))
    return Network(tuple(modules), builder.layout(), builder.units, max([outputs, *model.hidden]))
