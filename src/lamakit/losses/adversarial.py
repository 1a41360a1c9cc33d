"""Adversarial losses of patches, with labels that know which patches were filled."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from torch import Tensor, nn
from torch.nn import functional as F
from typing_extensions import override

from lamakit._checks import check_batch, check_feature_map, check_one_of
from lamakit._dtypes import at_least_float32

__all__ = ["AdversarialLoss", "resize_mask"]

MaskResize = Literal["nearest", "max"]


def resize_mask(mask: Tensor, size: tuple[int, int], mode: MaskResize = "nearest") -> Tensor:
    """The mask at the logits' size: which patches were filled.

    Args:
        mask: 1 where a pixel is missing.
        size: (h, w) of the logits.
        mode: ``"nearest"`` looks at one pixel a patch, ``"max"`` calls a patch filled if any of its
            pixels is.

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
        LaMa, sec. 2.2.2, labels "patches that intersect with the masked area" fake: ``"max"`` does
        so for the part of the image that each logit stands for (what it sees is larger). Its
        released code takes the nearest pixel, and so does the default here.
    """
    check_feature_map("mask", mask, 1)
    check_one_of("mode", mode, ("nearest", "max"))
    if mode == "max":
        return F.adaptive_max_pool2d(mask, size)
    return F.interpolate(mask, size, mode="nearest")


class AdversarialLoss(nn.Module, ABC):
    """What the generator and the discriminator each minimise.

    The generator wants every patch to look real. To the discriminator patches of the real image are
    real, and patches of the generator's image are fake; with a mask and ``mask_aware``, only those
    in the hole are fake, and those of known pixels are real.

    To add another one, derive from this class and define :meth:`compare`.

    Args:
        mask_aware: whether a mask makes known patches of a filled image count as real.
        mask_resize: how the mask gets the logits' size; see :func:`resize_mask`.

    Raises:
        ValueError: if ``mask_resize`` is unknown.

    Example:
        >>> import torch
        >>> class Linear(AdversarialLoss):
        ...     def compare(self, logits, real):
        ...         return ((1 - 2 * real) * logits).mean()
        >>> Linear().discriminator_loss(torch.ones(1, 1, 4, 4), torch.zeros(1, 1, 4, 4))
        tensor(-1.)
    """

    def __init__(self, *, mask_aware: bool = True, mask_resize: MaskResize = "nearest") -> None:
        super().__init__()
        check_one_of("mask_resize", mask_resize, ("nearest", "max"))
        self.mask_aware = mask_aware
        self.mask_resize: MaskResize = mask_resize

    @override
    def extra_repr(self) -> str:
        return f"mask_aware={self.mask_aware}, mask_resize={self.mask_resize!r}"

    @abstractmethod
    def compare(self, logits: Tensor, real: Tensor | float) -> Tensor:
        """The mean loss of the logits for labels that are 1 if real and 0 if fake."""

    def generator_loss(self, fake_logits: Tensor, mask: Tensor | None = None) -> Tensor:
        """How far the generator is from making every patch look real.

        Args:
            fake_logits: of the generator's image, (B, C, h, w).
            mask: makes no difference: every patch should look real, known or filled (LaMa, eq. 3).
                It is here so that both losses can be called alike, and for losses of your own.
        """
        del mask
        return self.compare(fake_logits, 1)

    def discriminator_loss(
        self, real_logits: Tensor, fake_logits: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """How far the discriminator is from telling real patches from filled ones.

        Args:
            real_logits: of the true image, (B, C, h, w).
            fake_logits: of the generator's image, (B, C, h, w), as it was without gradient.
            mask: 1 where a pixel is missing, (B, 1, H, W); None if the whole image is generated.
        """
        return self.compare(real_logits, 1) + self.compare(
            fake_logits, self._share_known(fake_logits, mask)
        )

    def _share_known(self, logits: Tensor, mask: Tensor | None) -> Tensor | float:
        if mask is None or not self.mask_aware:
            return 0
        check_feature_map("fake_logits", logits)
        check_feature_map("mask", mask, 1)
        check_batch("mask", mask, "fake_logits", logits)
        size = (logits.shape[2], logits.shape[3])
        return 1 - resize_mask(at_least_float32(mask), size, self.mask_resize)
