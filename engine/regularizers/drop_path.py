"""Drop-path, or stochastic depth (Huang et al. 2016): an example goes past a residual branch instead of through it."""

from __future__ import annotations

from torch import Tensor

from engine.regularizers.dropout import Threshold, kept_share


def drop_path(branch_SABHWC: Tensor, bits_SB: Tensor, p: Threshold) -> Tensor:
    """`branch * (u >= p) / (1 - p)` with one draw u for each example (torchvision.ops.StochasticDepth, mode "row").

    Parameters
    ----------
    branch_SABHWC : what the branch adds to the shortcut, for S seeds x A arms.
    bits_SB : the seed's draw, which all its arms threshold; see `dropout.kept_share`.
    p : the lanes' thresholds; a probability of 0 keeps every branch bit for bit.
    """
    return branch_SABHWC * kept_share(bits_SB.unsqueeze(2), p)[..., None, None]
