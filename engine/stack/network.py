"""From a preset's model to a stacked network: the modules in order, and the layout of their parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

from engine.preset import PresetError
from engine.preset.schema import Settings
from engine.stack.forward_pass import ForwardPass
from engine.stack.layout import Layout, LayoutBuilder, refuse_missing_layers
from engine.stack.modules import (
    Activate,
    AsImages,
    Conv,
    Dense,
    Flatten,
    GlobalPool,
    Module,
    Place,
    Pool,
    Residual,
    Theta,
    norms,
    on_activations,
)


@dataclass(frozen=True, slots=True)
class Network:
    """Modules that all lanes of a stack pass through; `units` of noise go to each example.

    `hidden` names the hidden layers, those that end in an activation, from the input on: settings number them from 1.
    `widest` is how many numbers of one example the widest layer holds, `products` how many multiplications one example
    takes forward.
    """

    modules: tuple[Module, ...]
    layout: Layout
    hidden: tuple[str, ...]
    units: int
    widest: int
    products: int

    def __call__(self, x: Tensor, forward: ForwardPass) -> Tensor:
        """outputs_LBC of inputs x_LBI, or of x_GNI that the lanes of a group share."""
        h = x
        for module in self.modules:
            h = module(h, forward)
        return h


def network_of(
    settings: Settings, features: int, outputs: int, image_shape: tuple[int, int, int] | None = None
) -> Network:
    """The network of a preset's model, from `features` inputs to `outputs` outputs.

    Parameters
    ----------
    image_shape : (channels, height, width) of inputs that are images.

    Raises
    ------
    PresetError : the model needs images and there are none, or they are too small for it; or a layer is named that
        the network does not have.
    """
    network = _built(settings, features, outputs, image_shape)
    refuse_missing_layers("dropout_layers", settings.regularization.dropout_layers, len(network.hidden), "hidden layer")
    return network


def _built(settings: Settings, features: int, outputs: int, image_shape: tuple[int, int, int] | None) -> Network:
    if settings.model.kind == "bernoulli":
        builder = LayoutBuilder()
        return Network((Theta.make(builder, "theta"),), builder.layout(), (), 0, 1, 1)
    network_builder = _NetworkBuilder(settings)
    match settings.model.kind:
        case "softmax":
            inputs = features
        case "mlp":
            inputs = network_builder.dense_layers(features)
        case "cnn":
            assert image_shape is not None  # or the settings would have been refused
            inputs = network_builder.dense_layers(network_builder.convolutional_blocks(image_shape))
        case "resnet":
            assert image_shape is not None
            inputs = network_builder.residual_blocks(image_shape)
    return network_builder.network(inputs, outputs)


class _NetworkBuilder:
    """A network under construction: modules in order, and what they need.

    Weight matrices are asked for in the order of the layers and whatever the norm, so that networks that differ by
    their norm alone start from the same draws.
    """

    def __init__(self, settings: Settings) -> None:
        self._model, self._inverted = settings.model, settings.regularization.dropout_style == "inverted"
        self._dropped = settings.regularization.dropout_layers
        self._builder = LayoutBuilder()
        self._modules: list[Module] = []
        self._hidden: list[str] = []
        self._widest = self._products = 0

    def network(self, inputs: int, outputs: int) -> Network:
        """The network with its output layer."""
        self._modules.append(self._dense("output", inputs, outputs))
        builder = self._builder
        return Network(
            tuple(self._modules), builder.layout(), tuple(self._hidden), builder.units, self._widest, self._products
        )

    def dense_layers(self, inputs: int) -> int:
        """The hidden layers on so many inputs; how many outputs they have."""
        for number, units in enumerate(self._model.hidden, start=1):
            name = f"hidden {number}"
            self._modules += [self._dense(name, inputs, units), *self._activation(name, (units,), normed=True)]
            inputs = units
        return inputs

    def convolutional_blocks(self, images: tuple[int, int, int]) -> int:
        """Blocks of convolution, norm, activation, dropout and pooling on (channels, height, width), flattened."""
        inputs, height, width = images
        self._modules.append(AsImages(images))
        for number, channels in enumerate(self._model.channels, start=1):
            if min(height, width) < 2:
                raise PresetError(
                    f"model.channels = {self._model.channels}: images of {images[1]}x{images[2]} can be halved "
                    f"{number - 1} times, so at most {number - 1} blocks"
                )
            name = f"conv {number}"
            shape = (height, width, channels)
            self._modules += [
                self._conv(name, inputs, shape),
                *self._activation(name, shape, normed=True),
                Pool(),
            ]
            inputs, height, width = channels, height // 2, width // 2
        self._modules.append(Flatten())
        return inputs * height * width

    def residual_blocks(self, images: tuple[int, int, int]) -> int:
        """A stem and residual blocks on (channels, height, width), averaged over the image."""
        channels, height, width = images
        before, stem = self._model.norm_position == "before", self._model.channels[0]
        shape = (height, width, stem)
        self._modules += [
            AsImages(images),
            self._conv("stem", channels, shape),
            *self._activation("stem", shape, normed=True),
        ]
        inputs = stem
        for number, channels in enumerate(self._model.channels, start=1):
            name, stride = f"block {number}", 1 if channels == inputs else 2
            height, width = -(-height // stride), -(-width // stride)
            shape = (height, width, channels)
            branch = [
                self._conv(f"{name} conv 1", inputs, shape, stride=stride),
                *self._activation(f"{name} conv 1", shape, normed=True),
                self._conv(f"{name} conv 2", channels, shape),
                *(self._norm(f"{name} conv 2", shape) if before else []),
            ]
            shortcut: list[Module] = []
            if channels != inputs:
                shortcut = [
                    self._conv(f"{name} shortcut", inputs, shape, kernel=1, stride=stride),
                    *(self._norm(f"{name} shortcut", shape) if before else []),
                ]
            self._modules += [
                Residual(tuple(branch), tuple(shortcut), f"drop_path {number}"),
                *self._activation(name, shape, normed=not before),
            ]
            inputs = channels
        self._modules.append(GlobalPool())
        return inputs

    def _dense(self, name: str, inputs: int, outputs: int) -> Dense:
        self._widest = max(self._widest, outputs)
        self._products += inputs * outputs
        return Dense.make(self._builder, name, inputs, outputs)

    def _conv(self, name: str, inputs: int, shape: tuple[int, int, int], kernel: int = 3, stride: int = 1) -> Conv:
        self._widest = max(self._widest, math.prod(shape))
        self._products += kernel * kernel * inputs * math.prod(shape)
        return Conv.make(self._builder, name, inputs, shape[2], kernel=kernel, stride=stride)

    def _norm(self, name: str, shape: tuple[int, ...]) -> list[Module]:
        return norms(self._model, self._builder, name, shape)

    def _activation(self, name: str, shape: tuple[int, ...], normed: bool) -> list[Module]:
        """Norm, activation and what may be dropped of it, in the order that the model says."""
        self._hidden.append(name)
        modules: list[Module] = [Activate(name, self._model.activation)]
        if normed:
            norm = self._norm(name, shape)
            modules = [*norm, *modules] if self._model.norm_position == "before" else [*modules, *norm]
        # A layer that drops nothing keeps its place in the draw: limited or not, the others drop the same units.
        first_unit = self._builder.take_units(math.prod(shape))
        drops = not self._dropped or len(self._hidden) in self._dropped
        return modules + on_activations(Place(name, shape, first_unit, drops, self._inverted))
