"""The base of adversarial losses, in which patches of known pixels count as real."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, NoReturn

import torch
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_batch, check_feature_map, check_one_of
from lamakit._dtypes import at_least_float32
from lamakit.losses.loss_module import LossModule
from lamakit.losses.nested_tensors import (
    NestedTensors,
    check_as_many,
    flatten_logits,
    mean_over_scales,
)

MaskResize = Literal["nearest", "max"]
_MASK_RESIZES = ("nearest", "max")


def resize_mask(mask: Tensor, size: tuple[int, int], mode: MaskResize = "nearest") -> Tensor:
    """Return the mask at the size of a discriminator's logits: 1 for each patch that was filled.

    Args:
        mask: 1 where a pixel is missing.
        size: (h, w) of the logits.
        mode: with ``"nearest"`` a patch counts as filled if the one pixel in it that nearest
            neighbour interpolation picks is missing; with ``"max"`` if any of its pixels is.

    Shape:
        - Input: (B, 1, H, W)
        - Output: (B, 1, h, w)

    Raises:
        ValueError: if the mask is not (B, 1, H, W), or ``mode`` is unknown.
        TypeError: if it is not a floating-point tensor.

    Example:
        >>> import torch
        >>> mask = torch.zeros(1, 1, 8, 8)
        >>> mask[..., 1, 1] = 1
        >>> resize_mask(mask, (2, 2), "nearest").sum(), resize_mask(mask, (2, 2), "max").sum()
        (tensor(0.), tensor(1.))

    Source:
        LaMa, sec. 2.2.2, labels "patches that intersect with the masked area" fake. With
        ``"max"`` the image is divided into a grid with one cell for each logit, and a logit is
        labelled fake if any pixel in its cell is missing (its receptive field is larger than the
        cell). The released code takes the nearest pixel, and so does the default here.
    """
    check_feature_map("mask", mask, 1)
    check_one_of("mode", mode, _MASK_RESIZES)
    return _resize_mask(mask, size, mode)


def _resize_mask(mask: Tensor, size: tuple[int, int], mode: MaskResize) -> Tensor:
    if mode == "max":
        return F.adaptive_max_pool2d(mask, size)
    return F.interpolate(mask, size, mode="nearest")


class AdversarialLoss(LossModule, ABC):
    """Base of the adversarial losses: one loss for the generator and one for the discriminator.

    The generator's loss is small if every patch of its image looks real. The discriminator's loss
    is small if patches of the true image look real and patches of the generator's image look fake.
    With a mask and ``mask_aware``, only filled patches of the generator's image should look fake;
    patches of known pixels should look real.

    Logits are a tensor, or a list of tensors, one for each scale, which may be nested. The loss is
    the mean of the scales' losses.

    To add an adversarial loss, derive from this class and define :meth:`loss_for_labels`.

    Args:
        mask_aware: whether patches of known pixels count as real, if a mask is given.
        mask_resize: how the mask is resized to the logits: ``"nearest"`` or ``"max"``; see
            :func:`resize_mask`.

    Raises:
        ValueError: if ``mask_resize`` is unknown.

    Example:
        >>> import torch
        >>> class Linear(AdversarialLoss):
        ...     def loss_for_labels(self, logits, labels):
        ...         return ((1 - 2 * labels) * logits).mean()
        >>> Linear().discriminator_loss(torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
        tensor(-1.)
    """

    def __init__(self, *, mask_aware: bool = True, mask_resize: MaskResize = "nearest") -> None:
        super().__init__()
        check_one_of("mask_resize", mask_resize, _MASK_RESIZES)
        self.mask_aware = mask_aware
        self.mask_resize: MaskResize = mask_resize

    @abstractmethod
    def loss_for_labels(self, logits: Tensor, labels: Tensor | float) -> Tensor:
        """Return the mean loss of one scale's logits; labels are 1 for real and 0 for fake."""

    def generator_loss(self, fake_logits: NestedTensors, mask: Tensor | None = None) -> Tensor:
        """Return the generator's loss: small if every patch of its image looks real.

        Args:
            fake_logits: of the generator's image, (B, C, h, w), or a list of such.
            mask: not used: every patch should look real, known or filled (LaMa, eq. 3). Both losses
                take it so that derived classes can use it.
        """
        del mask
        return mean_over_scales(self.loss_for_labels, fake_logits, 1, "fake_logits")

    def discriminator_loss(
        self,
        real_logits: NestedTensors,
        fake_logits: NestedTensors,
        mask: Tensor | None = None,
    ) -> Tensor:
        """Return the discriminator's loss: small if it tells real patches from filled ones.

        Args:
            real_logits: of the true image, (B, C, h, w), or a list of such.
            fake_logits: of the generator's image, detached, (B, C, h, w), or a list of such.
            mask: 1 where a pixel is missing, (B, 1, H, W); None if the whole image is generated. It
                is resized to each scale's logits.
        """
        reals = flatten_logits("real_logits", real_logits)
        fakes = flatten_logits("fake_logits", fake_logits)
        check_as_many("real_logits", reals, "fake_logits", fakes)
        losses = [
            self.loss_for_labels(real, 1) + self.loss_for_labels(fake, self._labels(fake, mask))
            for real, fake in zip(reals, fakes, strict=True)
        ]
        return torch.stack(losses).mean()

    @override
    def forward(self, *_: Any, **__: Any) -> NoReturn:
        """Say which of the two losses to call."""
        raise TypeError(
            f"{type(self).__name__} is two losses: call generator_loss(fake_logits) in the "
            "generator's step and discriminator_loss(real_logits, fake_logits, mask) in the "
            "discriminator's"
        )

    def _labels(self, logits: Tensor, mask: Tensor | None) -> Tensor | float:
        if mask is None or not self.mask_aware:
            return 0
        check_feature_map("fake_logits", logits)
        check_feature_map("mask", mask, 1)
        check_batch("mask", mask, "fake_logits", logits)
        size = (logits.shape[2], logits.shape[3])
        return 1 - _resize_mask(at_least_float32(mask), size, self.mask_resize)
