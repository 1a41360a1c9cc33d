"""Network input from image and mask; results from a network's output."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least, check_image_and_mask, check_same_shape


def stack_inputs(image: Tensor, mask: Tensor) -> Tensor:
    """Return the input of a network: the image with its missing pixels set to 0, then the mask.

    Missing pixels of the image may hold anything, NaN included: their values are not used.

    Args:
        image: values in [0, 1].
        mask: 0 where a pixel is known; any value above 0 means missing and becomes 1.

    Shape:
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: (B, C + 1, H, W)

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if either is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 8, 8), torch.zeros(2, 1, 8, 8)
        >>> stack_inputs(image, mask).shape
        torch.Size([2, 4, 8, 8])

    Source:
        LaMa, sec. 2, whose "x ⊙ m" stands for the image's known pixels.
    """
    check_image_and_mask(image, mask)
    return stack_inputs_unchecked(image, mask)


def stack_inputs_unchecked(image: Tensor, mask: Tensor) -> Tensor:
    """Compute :func:`stack_inputs` without checks."""
    missing = mask > 0
    return torch.cat([image.masked_fill(missing, 0), missing.to(image.dtype)], dim=1)


def composite(prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """Return the image with its missing pixels taken from a prediction.

    Known pixels are the image's, bit for bit.

    Args:
        prediction: a network's output for the whole image.
        image: the image with the hole.
        mask: 0 where a pixel is known; any value above 0 means missing.

    Shape:
        - prediction: (B, C, H, W)
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype

    Raises:
        ValueError: if the shapes or devices do not fit.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.zeros(1, 1, 1, 3), torch.tensor([[[[0.0, 1.0, 0.0]]]])
        >>> composite(torch.ones(1, 1, 1, 3), image, mask)
        tensor([[[[0., 1., 0.]]]])
    """
    check_image_and_mask(image, mask)
    check_same_shape("prediction", prediction, "image", image)
    return composite_unchecked(prediction, image, mask)


def composite_unchecked(prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """Compute :func:`composite` without checks."""
    return torch.where(mask > 0, prediction.to(image.dtype), image)


def blend(prediction: Tensor, image: Tensor, mask: Tensor, *, feather: int) -> Tensor:
    """Return the :func:`composite` with a gradual transition just inside the edge of the hole.

    The transition is a weighted mean of the prediction and of what the image holds there. So these
    missing pixels must hold the true image: make the mask wider than the damage, for example by
    ``as_mask(..., dilate=feather)``. There is no transition along the border of the image.

    Args:
        prediction: a network's output for the whole image.
        image: the image with the hole. Up to ``feather`` pixels inside the hole it is used too.
        mask: 0 where a pixel is known; any value above 0 means missing.
        feather: width of the transition in pixels, from 0 (none) up. The n-th missing pixel from
            the edge is n / (feather + 1) prediction, and all prediction from n = feather + 1 on.

    Shape:
        - prediction: (B, C, H, W)
        - image: (B, C, H, W)
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype; known pixels are the image's, bit for bit

    Raises:
        ValueError: if the shapes or devices do not fit or ``feather`` is negative.
        TypeError: if one is not a floating-point tensor.

    Example:
        >>> import torch
        >>> image, mask = torch.zeros(1, 1, 1, 6), torch.tensor([[[[0.0, 1, 1, 1, 1, 1]]]])
        >>> blend(torch.ones(1, 1, 1, 6), image, mask, feather=3)
        tensor([[[[0.0000, 0.2500, 0.5000, 0.7500, 1.0000, 1.0000]]]])
    """
    check_at_least("feather", feather, 0)
    check_image_and_mask(image, mask)
    check_same_shape("prediction", prediction, "image", image)
    return blend_unchecked(prediction, image, mask, feather)


def blend_unchecked(prediction: Tensor, image: Tensor, mask: Tensor, feather: int) -> Tensor:
    """Compute :func:`blend` without checks."""
    # Eroding the hole n times removes the pixels up to the n-th from its edge. The mean of the hole
    # and of its erosions is the weight of the prediction:
    #     hole             0 1 1 1 1 1
    #     eroded once      0 0 1 1 1 1
    #     eroded twice     0 0 0 1 1 1
    #     weight (mean)    0 ⅓ ⅔ 1 1 1
    filled = composite_unchecked(prediction, image, mask)
    eroded = weight = (mask > 0).to(image.dtype)
    for _ in range(feather):
        eroded = -F.max_pool2d(-eroded, 3, stride=1, padding=1)
        weight = weight + eroded
    weight = weight / (feather + 1)
    # Where the weight is 1 the image may hold anything, NaN included, so it must not be multiplied.
    return torch.where((weight > 0) & (weight < 1), torch.lerp(image, filled, weight), filled)
