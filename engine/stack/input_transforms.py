"""What training does to a batch before the network sees it: augmentation, cutout, input noise, mixing, in this order.

Only the lanes that ask for a technique pass through it: the others keep every bit, and cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.data.augment import flip, warp
from engine.data.scale import Standard
from engine.preset import PresetError, Settings
from engine.regularizers.cutmix import cutmix, cutmix_box
from engine.regularizers.cutout import cutout
from engine.regularizers.input_noise import add_input_noise
from engine.regularizers.mixup import beta_share, mixup
from engine.stack.objective import Targets
from engine.stack.randomness import Streams
from engine.stack.settings import LaneSettings

_FLIP = ("augment.hflip", "augment.vflip")
_WARP = ("augment.shift", "augment.rotate", "augment.zoom")
_CUTOUT = ("augment.cutout",)
_AUGMENT = (*_FLIP, *_WARP, *_CUTOUT)
_MIX = ("regularization.mixup", "regularization.cutmix")
_NOISE = "regularization.input_noise"

_Change = Callable[[Tensor, Tensor, int], Tensor]


def refuse_without_images(settings: Settings, image_shape: tuple[int, int, int] | None) -> None:
    """Raise PresetError where a lane asks for what only images can give, and its examples are none."""
    if image_shape is None and (why := settings.refuse_other_than_images()):
        raise PresetError(why)


class InputTransforms:
    """The transforms of a stack's batches, `arms` lanes for each seed.

    Parameters
    ----------
    image_shape : (channels, height, width), or None where examples are no images; see `refuse_without_images`.
    standard : what the images were standardized by: they are augmented as they were before.
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int] | None,
        arms: int,
        settings: LaneSettings,
        streams: Streams,
        standard: Standard | None = None,
    ) -> None:
        self._image_shape, self._arms, self._standard = image_shape, arms, standard
        self._settings, self._streams = settings, streams

    def __call__(self, x_LBI: Tensor, y_LB: Tensor, step: int) -> tuple[Tensor, Targets]:
        """The inputs of the lanes after all transforms, x_LBI, and their targets."""
        if self._any(*_AUGMENT):
            x_LBI = self._augmented(x_LBI, step)
        lanes, batch, features = x_LBI.shape
        if self._settings.any(_NOISE):
            x_SABI = x_LBI.view(-1, self._arms, batch, features)
            noise_SBI = self._streams.normal("input_noise", step, batch, features, dtype=x_LBI.dtype)
            x_LBI = add_input_noise(x_SABI, noise_SBI, self._settings[_NOISE]).view(lanes, batch, features)
        return self._mix(x_LBI, y_LB, step)

    def _augmented(self, x_LBI: Tensor, step: int) -> Tensor:
        stored_LBI = x_LBI if self._standard is None else self._standard.undo(x_LBI)
        stored_LBI = self._change(_FLIP, stored_LBI, step, self._flip)
        stored_LBI = self._change(_WARP, stored_LBI, step, self._warp)
        stored_LBI = self._change(_CUTOUT, stored_LBI, step, self._cutout)
        if self._standard is None:
            return stored_LBI
        # There and back rounds: lanes that augment nothing keep what they had.
        on_K = self._settings.lanes(*_AUGMENT)
        return x_LBI.index_copy(0, on_K, self._standard.redo(stored_LBI).index_select(0, on_K))

    def _any(self, *keys: str) -> bool:
        return any(self._settings.any(key) for key in keys)

    def _of(self, key: str, on_K: Tensor) -> Tensor:
        return self._settings[key].index_select(0, on_K)

    def _images(self, x_KBI: Tensor) -> Tensor:
        if self._image_shape is None:
            raise ValueError("a technique for images is on, but the examples are none")
        return x_KBI.view(*x_KBI.shape[:2], *self._image_shape)

    def _uniform(self, technique: str, step: int, on_K: Tensor, x: Tensor, *shape: int) -> Tensor:
        """The seeds' draws, one for all arms, as the lanes `on_K` see them: [K, *shape]."""
        numbers = self._streams.uniform(technique, step, *shape, dtype=x.dtype)
        return numbers.index_select(0, on_K // self._arms)

    def _change(self, keys: tuple[str, ...], x_LBI: Tensor, step: int, change: _Change) -> Tensor:
        """Pass the lanes with any of `keys` on through `change`, which sees them as images."""
        if not self._any(*keys):
            return x_LBI
        on_K = self._settings.lanes(*keys)
        if len(on_K) == len(x_LBI):
            return change(self._images(x_LBI), on_K, step).reshape(x_LBI.shape)
        changed_KBCHW = change(self._images(x_LBI.index_select(0, on_K)), on_K, step)
        return x_LBI.index_copy(0, on_K, changed_KBCHW.reshape(-1, *x_LBI.shape[1:]))

    def _flip(self, x_KBCHW: Tensor, on_K: Tensor, step: int) -> Tensor:
        for key, axis in zip(_FLIP, (4, 3), strict=True):
            if self._any(key):
                u_KB = self._uniform(key, step, on_K, x_KBCHW, x_KBCHW.shape[1])
                x_KBCHW = flip(x_KBCHW, u_KB < self._of(key, on_K).unsqueeze(1), axis)
        return x_KBCHW

    def _warp(self, x_KBCHW: Tensor, on_K: Tensor, step: int) -> Tensor:
        batch = x_KBCHW.shape[1]

        def uniform(key: str) -> Tensor:
            """Uniform from minus to plus each lane's range, [K, B, 2] as the draw is."""
            if not self._any(key):
                return x_KBCHW.new_zeros(len(on_K), batch, 2)
            u_KB2 = self._uniform(key, step, on_K, x_KBCHW, batch, 2)
            return (2 * u_KB2 - 1) * self._of(key, on_K).view(-1, 1, 1)

        shift_KB2, angle_KB2, zoom_KB2 = (uniform(key) for key in _WARP)
        return warp(
            x_KBCHW.flatten(0, 1), shift_KB2.flatten(0, 1), angle_KB2[..., 0].flatten(), 1 + zoom_KB2[..., 0].flatten()
        )

    def _cutout(self, x_KBCHW: Tensor, on_K: Tensor, step: int) -> Tensor:
        u_KB2 = self._uniform("augment.cutout", step, on_K, x_KBCHW, x_KBCHW.shape[1], 2)
        return cutout(x_KBCHW, u_KB2, self._of("augment.cutout", on_K))

    def _mix(self, x_LBI: Tensor, y_LB: Tensor, step: int) -> tuple[Tensor, Targets]:
        """Mixup, cutmix, or where a lane has both on the one that the batch's coin says (timm's switch, at 0.5).

        Both draw from one stream, so that arms of a seed with the one and the other have the same partners and, for
        the same a, the same share.
        """
        if not self._any(*_MIX):
            return x_LBI, Targets(y_LB)
        on_K = self._settings.lanes(*_MIX)
        lanes, batch, _ = x_LBI.shape
        # A permutation of the batch for each seed; sorting, unlike randperm, serves all seeds at once.
        partner_SB = self._streams.uniform("mixing partners", step, batch, dtype=torch.float32).argsort(dim=1)
        partner_LB = partner_SB.repeat_interleave(self._arms, dim=0)
        other_LB = y_LB.gather(1, partner_LB)

        u_K5 = self._uniform("mixing", step, on_K, x_LBI, 5)
        mixup_K, cutmix_K = (self._of(key, on_K) for key in _MIX)
        boxed_K = (cutmix_K > 0) & ((mixup_K == 0) | (u_K5[:, 4] < 0.5))
        share_K = beta_share(u_K5[:, 0], u_K5[:, 1], torch.where(boxed_K, cutmix_K, mixup_K))

        x_KBI, partner_KB = x_LBI.index_select(0, on_K), partner_LB.index_select(0, on_K)
        rows_KB = partner_KB + batch * torch.arange(len(on_K), device=on_K.device).unsqueeze(1)
        partner_KBI = x_KBI.flatten(0, 1).index_select(0, rows_KB.flatten()).view(x_KBI.shape)
        mixed_KBI = mixup(x_KBI, partner_KBI, share_K) if self._any("regularization.mixup") else x_KBI
        if self._any("regularization.cutmix"):
            image_KBCHW = self._images(x_KBI)
            inside_KHW, left_K = cutmix_box(share_K, u_K5[:, 2:4], *image_KBCHW.shape[3:])
            cut_KBI = cutmix(image_KBCHW, self._images(partner_KBI), inside_KHW).view(x_KBI.shape)
            mixed_KBI = torch.where(boxed_K.view(-1, 1, 1), cut_KBI, mixed_KBI)
            share_K = torch.where(boxed_K, left_K, share_K)
        share_L = torch.ones(lanes, dtype=x_LBI.dtype, device=x_LBI.device).index_copy_(0, on_K, share_K)
        return x_LBI.index_copy(0, on_K, mixed_KBI), Targets(y_LB, other_LB, share_L)
