"""A generator of two stages: one fills a small copy of the image, one refines the result.

::

    image, mask -> downsample -> coarse -> upsample -> put into the hole -> refiner -> filled image
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._checks import check_at_least, check_feature_map
from lamakit._models import model_sizes
from lamakit._sizes import fitting_size
from lamakit.images.compositing import composite_unchecked, stack_inputs_unchecked
from lamakit.images.resizing import downsample, upsample

_RGB_AND_MASK = 4


class TwoStageGenerator(nn.Module):
    """A network that fills a masked image in two stages, the first at a lower resolution.

    The coarse generator fills a small copy of the image, best at the size that it was trained for.
    Its prediction is upsampled and put into the hole of the image. The refiner gets the result and
    the mask, and returns the final prediction.

    :func:`~lamakit.inpainting.inpaint` and :func:`~lamakit.refinement.refine` take it like a
    :class:`ResNetGenerator`: ``size_multiple``, ``min_size`` and ``rear`` are the refiner's, and
    ``front`` computes the refiner's features. A refiner without ``front`` and ``rear`` needs
    ``split=`` in :func:`~lamakit.refinement.refine`. Save the ``state_dict()``:
    :func:`~lamakit.checkpoints.save_generator` takes a :class:`ResNetGenerator`.

    Args:
        coarse: fills the small copy. Any network that takes the masked image and the mask; one
            without the attributes ``in_channels``, ``size_multiple`` and ``min_size`` of a
            :class:`ResNetGenerator` is taken to fit the refiner, and any size.
        refiner: computes the output, from as many input channels as ``coarse``. If neither says how
            many, images are RGB.
        coarse_side: shorter side of the small copy in pixels. The copy keeps the aspect ratio, up
            to rounding: its sides are rounded up to a size that ``coarse`` accepts. An image whose
            shorter side is below ``coarse_side`` is not enlarged beyond that rounding.

    Attributes:
        size_multiple: both sides of the input must be multiples of this many pixels.
        min_size: both sides of the input must have at least this many pixels.

    Shape:
        - Input: (B, in_channels, H, W), ``torch.cat([image * (1 - mask), mask], dim=1)``
        - Output: (B, out_channels, H, W)

    Raises:
        ValueError: if the two generators do not fit together, if ``coarse_side`` is below 1, or if
            the input does not fit.
        TypeError: if ``coarse_side`` is not an integer or the input not a floating-point tensor.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> coarse, refiner = (lama_fourier(base_channels=8, num_blocks=1) for _ in range(2))
        >>> model = TwoStageGenerator(coarse, refiner, coarse_side=32)
        >>> model(torch.rand(1, 4, 64, 96)).shape
        torch.Size([1, 3, 64, 96])

    Source:
        GLaMa (Lu et al., 2022), sec. 4.5 ("GLaMa-2stage"), with 256 pixels and bilinear
        upsampling. Differences: images need not be square, and the known pixels of the refiner's
        input are those of the image.
    """

    def __init__(self, coarse: nn.Module, refiner: nn.Module, *, coarse_side: int = 256) -> None:
        super().__init__()
        check_at_least("coarse_side", coarse_side, 1)
        inputs: int = _said("in_channels", coarse, _said("in_channels", refiner, _RGB_AND_MASK))
        outputs: int = _said("out_channels", coarse, inputs - 1)
        if inputs != outputs + 1:
            raise ValueError(
                "coarse must take one channel more than it makes, the mask's, "
                f"got {inputs} and {outputs}"
            )
        if (refined := _said("in_channels", refiner, inputs)) != inputs:
            raise ValueError(
                f"coarse and refiner must take the same channels, got {inputs} and {refined}"
            )
        self.coarse, self.refiner, self.coarse_side = coarse, refiner, coarse_side
        self.in_channels, self.out_channels = inputs, _said("out_channels", refiner, outputs)
        self.size_multiple, self.min_size = model_sizes(refiner)

    @property
    def rear(self) -> tuple[nn.Module, ...]:
        """The refiner's blocks and decoder stages, which compute the image from the features."""
        rear: tuple[nn.Module, ...] = cast("Any", self.refiner).rear
        return rear

    def front(self, x: Tensor) -> Tensor:
        """Compute the refiner's features from the input of the whole model."""
        features: Tensor = cast("Any", self.refiner).front(self.fill_coarsely(x))
        return features

    @override
    def forward(self, x: Tensor) -> Tensor:
        image: Tensor = self.refiner(self.fill_coarsely(x))
        return image

    def fill_coarsely(self, x: Tensor) -> Tensor:
        """Return the input with the coarse prediction in the hole, as the refiner takes it.

        Args:
            x: the input of the whole model.

        Shape:
            - x: (B, in_channels, H, W)
            - Output: (B, in_channels, H, W)
        """
        check_feature_map("x", x, self.in_channels)
        image, mask = x[:, :-1], x[:, -1:]
        height, width = x.shape[2:]
        scale = min(1.0, self.coarse_side / min(height, width))
        small_size = fitting_size(
            (round(height * scale), round(width * scale)), *model_sizes(self.coarse)
        )
        small = downsample(image, mask, small_size)
        prediction = self.coarse(stack_inputs_unchecked(*small))
        filled_small = composite_unchecked(prediction, *small)
        filled = composite_unchecked(upsample(filled_small, (height, width)), image, mask)
        return torch.cat([filled, mask], dim=1)


def _said(name: str, network: nn.Module, default: int) -> int:
    """Return the attribute of that name, or a default if the network does not have it."""
    value: int = getattr(network, name, default)
    return value
