"""The check that prediction, target and mask come in their order, as far as it can be seen."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_image_and_mask, check_same_shape


def check_prediction_target_mask(prediction: Tensor, target: Tensor, mask: Tensor) -> None:
    """Raise unless two images (B, C, H, W) of one shape and their mask (B, 1, H, W) are given."""
    check_mask_comes_last(mask, prediction=prediction, target=target)
    check_same_shape("prediction", prediction, "target", target)
    check_image_and_mask(target, mask, image_name="target")


def check_mask_comes_last(mask: Tensor, **images: Tensor) -> None:
    """Raise if the mask has the channels of an image, and an image the one channel of a mask."""
    if _channels(mask) in {0, 1}:
        return
    for name, image in images.items():
        if _channels(image) == 1:
            raise ValueError(
                f"{name} has shape {tuple(image.shape)} and mask {tuple(mask.shape)}: they seem to "
                f"be swapped; the order is {', '.join(images)}, mask"
            )


def check_target_is_no_prediction(prediction: Tensor, target: Tensor) -> None:
    """Raise if the target has a gradient and the prediction, which should have one, has none."""
    if torch.is_grad_enabled() and target.requires_grad and not prediction.requires_grad:
        raise ValueError(
            "target requires a gradient and prediction does not: they seem to be swapped; the "
            "order is prediction, target, mask"
        )


def _channels(value: object) -> int:
    """Return the channels of a tensor (B, C, H, W), or 0 for anything else."""
    return value.shape[1] if isinstance(value, Tensor) and value.ndim == 4 else 0
