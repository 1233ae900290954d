"""Max-norm is Keras' formula, in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.regularizers.max_norm import limit_norms
from tests.engine.reference import layers_of
from tests.engine.small import lab_of, weights_of

C_L = [0.0, 0.5, 1.0, 100.0]


def keras_max_norm(w: np.ndarray, max_value: float, axis: int = 0) -> np.ndarray:
    """keras.constraints.MaxNorm: `w * clip(norms, 0, max_value) / (epsilon + norms)`."""
    norms = np.sqrt(np.sum(np.square(w), axis=axis, keepdims=True))
    return w * (np.clip(norms, 0, max_value) / (1e-7 + norms))


def test_each_units_incoming_weights_are_limited_as_keras_does() -> None:
    w_LIO = torch.randn(4, 6, 5, dtype=torch.float64) * 0.4
    w_LIO[:, :, 2] = 0.0
    limited = w_LIO.clone()
    limit_norms(limited, torch.tensor(C_L, dtype=torch.float64))
    assert torch.equal(limited[0], w_LIO[0])
    for lane, c in list(enumerate(C_L))[1:]:
        w = w_LIO[lane].numpy()
        np.testing.assert_allclose(limited[lane].numpy(), keras_max_norm(w, c), rtol=1e-5, atol=1e-12)
        norms = np.linalg.norm(w, axis=0)
        expected = w * np.minimum(1, c / (norms + 1e-7))
        np.testing.assert_allclose(limited[lane].numpy(), expected, rtol=1e-14, atol=0)
        within = norms + 1e-7 <= c
        assert np.array_equal(limited[lane].numpy()[:, within], w[:, within])


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_after_every_step_no_unit_of_any_layer_is_beyond_the_ball(optimizer: str) -> None:
    lab = lab_of({"training.optimizer": optimizer}, {"free": {}, "held": {"regularization.max_norm": 0.7}})
    (stack,) = lab._stacks
    largest = {"free": 0.0, "held": 0.0}
    while not lab.finished:
        lab.advance()
        for arm in largest:
            for layer in layers_of(stack.layout):
                norms = layer.weight(weights_of(lab, arm)[None])[0].norm(dim=0)
                largest[arm] = max(largest[arm], norms.max().item())
    assert largest["free"] > 1
    assert 0.69 < largest["held"] <= 0.7
