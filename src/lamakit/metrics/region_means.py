"""What the metrics of images share: their checks, and means over a region."""

from __future__ import annotations

import torch
from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit._dtypes import at_least_float32

__all__ = ["check_measured", "mean_within", "within"]


def check_measured(prediction: Tensor, target: Tensor, region: Tensor | None = None) -> None:
    """Raise unless prediction and target are images of one shape, and the region fits them."""
    check_feature_map("prediction", prediction)
    check_feature_map("target", target)
    if prediction.shape != target.shape:
        raise ValueError(
            "prediction and target must have one shape, got "
            f"{tuple(prediction.shape)} and {tuple(target.shape)}"
        )
    if region is None:
        region = target
    else:
        check_feature_map("region", region, 1)
        expected = (target.shape[0], 1, *target.shape[2:])
        if region.shape != torch.Size(expected):
            raise ValueError(
                f"region must have shape {expected} to fit images of shape {tuple(target.shape)}, "
                f"got {tuple(region.shape)}"
            )
    if not (prediction.device == target.device == region.device):
        raise ValueError(
            "prediction, target and region must be on one device, got "
            f"{prediction.device}, {target.device} and {region.device}"
        )


def within(region: Tensor, image: Tensor) -> Tensor:
    """The image in at least float32, with 0 wherever the region is 0, whatever was there."""
    return at_least_float32(image).masked_fill(region <= 0, 0)


def mean_within(region: Tensor, values: Tensor) -> Tensor:
    """The mean of each image's values, which are 0 outside the region; NaN if that is empty."""
    count = (region > 0).sum(dim=(1, 2, 3)) * values.shape[1]
    return values.sum(dim=(1, 2, 3)) / count
