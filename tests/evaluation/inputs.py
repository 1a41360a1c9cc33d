"""Inpainting methods and results for the tests of evaluation."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lamakit.evaluation import Evaluation, evaluate
from lamakit.metrics import SetMetric, fid, l1, psnr
from lamakit.metrics.regions import Metric
from tests.metrics.inputs import box_masks, mean_color, random_images

__all__ = ["black", "example", "grey", "small_evaluations"]


def grey(image: Tensor, mask: Tensor) -> Tensor:
    """Fill the hole with grey."""
    return image + 0.5 * mask


def black(image: Tensor, mask: Tensor) -> Tensor:  # noqa: ARG001
    """Leave the hole black."""
    return image


def example() -> Evaluation:
    """Return a result of three images, with a missing value and a set metric."""
    return Evaluation(
        values={
            "PSNR": torch.tensor([20.0, 24.0, 14.0]),
            "ring": torch.tensor([0.5, math.nan, 0.25]),
        },
        set_values={"FID": 12.5},
        areas=torch.tensor([0.11, 0.19, 0.42]),
        seconds=torch.tensor([0.5, 0.1, 0.1]),
    )


def small_evaluations() -> dict[str, Evaluation]:
    """Return the evaluations of two methods on the same four images and masks."""
    images, masks = random_images(0, 4, 3, 24, 32), box_masks(4, grow=4)
    metrics: dict[str, Metric | SetMetric] = {"L1": l1, "PSNR": psnr, "FID": fid(mean_color)}
    return {
        "black": evaluate(black, images, masks, metrics=metrics),
        "grey": evaluate(grey, images, masks, metrics=metrics),
    }
