"""From image and mask to a network's input, and from its output to the result."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least, check_feature_map, check_image_and_mask

__all__ = ["blend", "composite", "stack_inputs"]


def stack_inputs(image: Tensor, mask: Tensor) -> Tensor:
    """The network's input: the image without its missing pixels, and the mask as last channel.

    Whatever the image holds under the hole, NaN included, is left out.

    Args:
        image: values in [0, 1].
        mask: 0 where a pixel is known; anything above is missing, and becomes 1.

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
    hole = mask > 0
    return torch.cat([image.masked_fill(hole, 0), hole.to(image.dtype)], dim=1)


def composite(prediction: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """The prediction in the hole and the image, bit for bit, everywhere else.

    Args:
        prediction: what a network made of the whole image.
        image: the image with the hole.
        mask: 0 where a pixel is known; anything above is missing.

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
    check_feature_map("prediction", prediction)
    if prediction.device != image.device:
        raise ValueError(
            f"prediction and image must be on one device, got {prediction.device} and "
            f"{image.device}; move the prediction with prediction.to(image.device)"
        )
    if prediction.shape != image.shape:
        raise ValueError(
            f"prediction must have the image's shape {tuple(image.shape)}, "
            f"got {tuple(prediction.shape)}"
        )
    return torch.where(mask > 0, prediction.to(image.dtype), image)


def blend(prediction: Tensor, image: Tensor, mask: Tensor, *, feather: int) -> Tensor:
    """The :func:`composite`, with a prediction that fades in from the hole's rim.

    It fades in from what the image shows there, so the hole must be larger than the damage:
    ``as_mask(..., dilate=feather)`` makes it so. The image's own border is no rim.

    Args:
        prediction: what a network made of the whole image.
        image: the image with the hole, and with true pixels along the hole's inner rim.
        mask: 0 where a pixel is known; anything above is missing.
        feather: so many pixels inside the hole, counted from its rim, show both. 0 for none.

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
    inside = composite(prediction, image, mask)
    alpha = depth = (mask > 0).to(image.dtype)
    for _ in range(feather):
        depth = -F.max_pool2d(-depth, 3, stride=1, padding=1)
        alpha = alpha + depth
    alpha = alpha / (feather + 1)
    # Where the prediction stands alone, the image may hold anything.
    return torch.where((alpha > 0) & (alpha < 1), torch.lerp(image, inside, alpha), inside)
