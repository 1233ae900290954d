"""Spatial dropout (Tompson et al. 2015): whole channels of an example are dropped, for neighbouring pixels agree."""

from __future__ import annotations

from torch import Tensor

from engine.regularizers.dropout import Threshold, kept_share


def spatial_dropout(h_SABHWC: Tensor, bits_SBC: Tensor, p: Threshold) -> Tensor:
    """`h * (u >= p) / (1 - p)` with one draw u for each channel of each example (torch.nn.Dropout2d).

    Parameters
    ----------
    h_SABHWC : activations of S seeds x A arms.
    bits_SBC : the seed's draw, which all its arms threshold; see `dropout.kept_share`.
    p : the lanes' thresholds; a probability of 0 keeps every channel bit for bit.
    """
    return h_SABHWC * kept_share(bits_SBC, p)[:, :, :, None, None, :]
