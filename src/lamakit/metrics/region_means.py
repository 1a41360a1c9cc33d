"""Helpers of the image metrics: the check of their arguments, and means over a region."""

from __future__ import annotations

from torch import Tensor

from lamakit._checks import check_feature_map, check_image_and_mask, check_same_shape
from lamakit._dtypes import at_least_float32


def check_metric_inputs(prediction: Tensor, target: Tensor, region: Tensor | None = None) -> None:
    """Raise unless prediction and target are images of one shape, and the region fits them."""
    if region is None:
        check_feature_map("target", target)
    else:
        check_image_and_mask(target, region, image_name="target", mask_name="region")
    check_same_shape("prediction", prediction, "target", target)


def zero_outside(image: Tensor, region: Tensor) -> Tensor:
    """Return the image with 0 outside the region, NaN included, in at least float32."""
    return at_least_float32(image).masked_fill(region <= 0, 0)


def mean_inside(values: Tensor, region: Tensor) -> Tensor:
    """Return each image's mean over the region and the channels; NaN where the region is empty.

    Args:
        values: (B, C, H, W), 0 outside the region.
        region: (B, 1, H, W).
    """
    count = (region > 0).sum(dim=(1, 2, 3)) * values.shape[1]
    return values.sum(dim=(1, 2, 3)) / count
