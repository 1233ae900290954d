"""The network."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from engine.preset.setting import Section, setting

_NORMED = ("model.norm", ("batch", "layer", "group", "instance"))
_GROUPED = ("model.norm", ("group",))
_DENSE = ("model.kind", ("mlp", "cnn"))
_CONVOLVED = ("model.kind", ("cnn", "resnet"))


class Model(Section):
    """The network."""

    kind: Literal["softmax", "mlp", "cnn", "resnet", "bernoulli"] = setting(
        "mlp",
        "softmax: no hidden layer; mlp: fully connected; cnn: convolutions, then mlp; resnet: residual blocks; "
        "bernoulli: one parameter, p = sigmoid(theta), whatever the inputs",
    )
    hidden: list[int] = setting(
        [100, 100], "units of each fully connected hidden layer", unit="units", only_with=_DENSE
    )
    channels: list[int] = setting(
        [16, 32], "channels of each convolutional or residual block", unit="channels", only_with=_CONVOLVED
    )
    activation: Literal["relu", "tanh", "sigmoid", "gelu"] = setting("relu", "after each hidden layer")
    init: Literal[
        "normal", "xavier", "glorot", "glorot_uniform", "he", "he_uniform", "lecun", "lecun_uniform",
        "orthogonal", "zeros",
    ] = setting(
        "he",
        "weights: normal N(0, init_std), xavier (Saitoh 2016) and lecun N(0, 1/in), glorot N(0, 2/(in+out)), "
        "he N(0, 2/in), each _uniform: the same variance, evenly spread; orthogonal: rows or columns at right angles "
        "and of length 1; zeros; biases 0",
    )  # fmt: skip
    init_std: float = setting(1.0, "standard deviation of the init 'normal'", gt=0, le=100, scale="log", step=1e-4)

    norm: Literal["none", "batch", "layer", "group", "instance"] = setting(
        "none", "normalization of each hidden layer; instance: each channel of an image"
    )
    norm_position: Literal["before", "after"] = setting(
        "before", "normalize before or after the activation", only_with=_NORMED
    )
    norm_groups: int = setting(8, "groups of channels that group norm makes", unit="groups", ge=1, only_with=_GROUPED)

    @property
    def has_hidden(self) -> bool:
        """Whether there is a hidden layer, fully connected or convolutional."""
        return self.kind in _CONVOLVED[1] or (self.kind == "mlp" and bool(self.hidden))

    @field_validator("hidden")
    @classmethod
    def _layers(cls, value: list[int]) -> list[int]:
        if len(value) > 64 or any(not 1 <= units <= 65536 for units in value):
            raise ValueError("must be at most 64 layers of 1 to 65536 units")
        return value

    @field_validator("channels")
    @classmethod
    def _blocks(cls, value: list[int]) -> list[int]:
        if not 1 <= len(value) <= 64 or any(not 1 <= channels <= 4096 for channels in value):
            raise ValueError("must be 1 to 64 blocks of 1 to 4096 channels")
        return value

    @model_validator(mode="after")
    def _can_be_normalized(self) -> Model:
        if self.norm == "instance" and self.kind == "mlp":
            raise ValueError(
                "norm = 'instance': one number per unit has no spread (use batch, layer or group; or kind = 'cnn')"
            )
        if self.norm == "group":
            dense = self.hidden if self.kind in _DENSE[1] else []
            convolved = self.channels if self.kind in _CONVOLVED[1] else []
            for units in [*convolved, *dense]:
                if units % self.norm_groups:
                    fitting = [count for count in range(1, units) if units % count == 0 and count <= 64]
                    raise ValueError(
                        f"norm_groups = {self.norm_groups}: does not divide a layer of {units} "
                        f"(that takes {', '.join(map(str, fitting)) or 'none'})"
                    )
            if self.norm_groups in dense:
                raise ValueError(
                    f"norm_groups = {self.norm_groups}: one unit in each group has no spread: use fewer groups"
                )
        return self
