"""From image and mask to a network's input, and from its output to the result."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_feature_map, check_image_and_mask

__all__ = ["composite", "stack_inputs"]


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
