"""Losses of a prediction: against the known pixels and the result of the next smaller scale."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.inpainting.single_pass import check_prediction
from lamakit.refinement.pyramid import Level, halve


class ScaleLosses:
    """The loss of each image's prediction at one scale.

    It is the mean of abs(prediction - image) over the known pixels, padding included, plus the mean
    of abs(halve(prediction) - smaller) over the inner hole at half the size.

    Args:
        level: image and mask of this scale.
        inputs: the network's input at this scale, padded to a size that it accepts.
        smaller: the result of the next smaller scale.
        erosion: as in :func:`refine`.
    """

    def __init__(self, level: Level, inputs: Tensor, smaller: Tensor, erosion: int) -> None:
        self.size = level.image.shape[2], level.image.shape[3]
        self.inputs = inputs
        padded = inputs.to(level.image.dtype)
        self.image, self.smaller = padded[:, :-1], smaller
        channels = self.image.shape[1]
        self.known = _weights_of_mean(1 - padded[:, -1:], channels)
        self.inner = _weights_of_mean(inner_hole(level.mask, erosion), channels)

    @property
    def gradient_scale(self) -> Tensor:
        """A power of two for each image, (B,), that brings its largest weight near 256.

        The weights bound the gradients, which may be too small for half precision as they are.
        """
        regions = (self.known, self.inner)
        largest = torch.stack([region.amax(dim=(1, 2, 3)) for region in regions]).amax(dim=0)
        return (256 / largest.clamp(min=1e-9)).log2().floor().exp2()

    def __call__(self, prediction: Tensor) -> Tensor:
        """Return the loss of each image, (B,)."""
        check_prediction(prediction, self.inputs)
        prediction = prediction.to(self.image.dtype)
        height, width = self.size
        known = (prediction - self.image).abs() * self.known
        inner = (halve(prediction[..., :height, :width]) - self.smaller).abs() * self.inner
        return known.sum(dim=(1, 2, 3)) + inner.sum(dim=(1, 2, 3))


def _weights_of_mean(region: Tensor, channels: int) -> Tensor:
    """Return weights by which a sum is the mean over each image's region; 0 if that is empty."""
    pixels = region.sum(dim=(1, 2, 3), keepdim=True).clamp(min=1)
    return region / (pixels * channels)


def inner_hole(mask: Tensor, erosion: int) -> Tensor:
    """Return the hole at half the size, eroded by a disc of ``erosion`` pixels in width."""
    size = mask.shape[2] // 2, mask.shape[3] // 2
    share = F.interpolate(mask, size, mode="bilinear", align_corners=False)
    known = (share < 1 - 1e-4).to(mask.dtype)  # bilinear weights add up to 1 but for rounding
    disc = _disc(erosion).to(mask)[None, None]
    # Pixels outside the image do not count as known: there a hole is not eroded.
    near_known = F.conv2d(known, disc, padding=erosion // 2) > 0.5
    return (~near_known).to(mask.dtype)


def _disc(width: int) -> Tensor:
    """Return a disc of an odd width in a square of that side: 1 inside, 0 outside."""
    radius = width // 2
    offsets = torch.arange(-radius, radius + 1)
    half_widths = [round(math.sqrt(radius**2 - int(y) ** 2)) for y in offsets]
    return (offsets.abs() <= torch.tensor(half_widths)[:, None]).float()
