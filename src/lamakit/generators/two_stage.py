"""A generator of two: one fills a small copy, the other refines the enlarged filling."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map
from lamakit._sizes import fitting_size
from lamakit.generators.resnet_generator import ResNetGenerator
from lamakit.images import composite, stack_inputs
from lamakit.images.resizing import downsample, upsample

__all__ = ["TwoStageGenerator"]


class TwoStageGenerator(nn.Module):
    """An image from a masked image and its mask, through a filling at a lower resolution.

    The coarse generator fills a small copy of the image, at the size it was trained for. Its
    filling, enlarged, takes the hole's place in what the refiner gets. Use it wherever a generator
    is used, :func:`~lamakit.refinement.refine` included: ``front`` leads to the refiner's features
    and ``rear`` is the refiner's.

    Args:
        coarse: fills the small copy.
        refiner: makes the result of the coarse filling; takes as many channels as ``coarse``.
        coarse_side: shorter side of the small copy in pixels; the copy keeps the aspect but for
            rounding up to a size that ``coarse`` accepts, and is never larger than the image
            otherwise.

    Attributes:
        size_multiple: the input's sides must be multiples of this, the refiner's.
        min_size: the smallest side that works, the refiner's.

    Shape:
        - Input: (B, in_channels, H, W), ``torch.cat([image * (1 - mask), mask], dim=1)``
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if the two generators do not fit together, or the input's sides do not fit.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> coarse, refiner = (lama_fourier(base_channels=8, num_blocks=1) for _ in range(2))
        >>> model = TwoStageGenerator(coarse, refiner, coarse_side=32)
        >>> model(torch.rand(1, 4, 64, 96)).shape
        torch.Size([1, 3, 64, 96])

    Source:
        GLaMa (Lu et al., 2022), sec. 4.5 ("GLaMa-2stage"), with 256 pixels and bilinear
        enlargement. Differences: images need not be square, and the known pixels of the refiner's
        input are the image's own.
    """

    def __init__(
        self, coarse: ResNetGenerator, refiner: ResNetGenerator, *, coarse_side: int = 256
    ) -> None:
        super().__init__()
        check_at_least("coarse_side", coarse_side, 1)
        if coarse.in_channels != coarse.out_channels + 1:
            raise ValueError(
                "coarse must take one channel more than it makes, the mask's, "
                f"got {coarse.in_channels} and {coarse.out_channels}"
            )
        if refiner.in_channels != coarse.in_channels:
            raise ValueError(
                "coarse and refiner must take the same channels, "
                f"got {coarse.in_channels} and {refiner.in_channels}"
            )
        self.coarse, self.refiner, self.coarse_side = coarse, refiner, coarse_side
        self.in_channels, self.out_channels = coarse.in_channels, refiner.out_channels
        self.size_multiple, self.min_size = refiner.size_multiple, refiner.min_size

    @property
    def rear(self) -> tuple[nn.Module, ...]:
        """The refiner's pieces from features to image, to be called in order."""
        return self.refiner.rear

    def front(self, x: Tensor) -> Tensor:
        """The refiner's features of the coarse filling."""
        features: Tensor = self.refiner.front(self.fill_coarsely(x))
        return features

    @override
    def forward(self, x: Tensor) -> Tensor:
        check_feature_map("x", x, self.in_channels)
        image: Tensor = self.refiner(self.fill_coarsely(x))
        return image

    def fill_coarsely(self, x: Tensor) -> Tensor:
        """The refiner's input: the image with the coarse filling in its hole, and the mask.

        Shape:
            - Input: (B, in_channels, H, W)
            - Output: (B, in_channels, H, W)
        """
        image, mask = x[:, :-1], x[:, -1:]
        height, width = x.shape[2:]
        scale = min(1.0, self.coarse_side / min(height, width))
        small_size = fitting_size(
            (round(height * scale), round(width * scale)),
            self.coarse.size_multiple,
            self.coarse.min_size,
        )
        small = downsample(image, mask, small_size)
        filling = composite(self.coarse(stack_inputs(*small)), *small)
        filled = composite(upsample(filling, (height, width)), image, mask)
        return torch.cat([filled, mask], dim=1)
