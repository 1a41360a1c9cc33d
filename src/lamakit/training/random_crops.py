"""Square crops of pictures at random places and scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_positive
from lamakit._imports import import_extra
from lamakit.images.image_files import GREY_16_BIT_MODES, picture_values


@dataclass(frozen=True, kw_only=True)
class RandomCrop:
    """A square crop at a random place of a picture, at a random scale, half of them mirrored.

    A square region with a side of ``size * s`` pixels is cut out and resized to ``size``, with a
    bicubic filter that is antialiased. The scale s is log-uniform: as often between 1 and 2 as
    between 2 and 4. It lies between ``min_scale`` and ``max_scale``, or the scale at which the
    region is as large as the picture's shorter side, if that is smaller. At scale 1 the pixels are
    copied unchanged.

    ``crop(picture, generator)`` takes a Pillow image, as
    :func:`lamakit.images.image_files.open_picture` returns it, and a generator on the CPU, from
    which it always draws four numbers.

    Args:
        size: side of the crop in pixels, at least 1.
        min_scale: the smallest s, above 0; below 1, pictures are upsampled.
        max_scale: the largest s, at least ``min_scale``; above 1, pictures are downsampled.
        mirror: whether half of the crops are mirrored left to right.

    Shape:
        - ``crop(picture, generator)``: (3, size, size), float32, values in [0, 1]

    Raises:
        ValueError: if an argument is out of range; when called, if the picture's shorter side is
            below ``round(size * min_scale)``.
        TypeError: if an argument is of another type.
        ImportError: if Pillow is missing (the extra ``io``).

    Example:
        >>> from PIL import Image
        >>> picture = Image.new("RGB", (640, 480), "red")
        >>> crop = RandomCrop(size=256, max_scale=2.0)
        >>> crop(picture, torch.Generator().manual_seed(0)).shape
        torch.Size([3, 256, 256])
    """

    size: int
    min_scale: float = 1.0
    max_scale: float = 1.0
    mirror: bool = True

    def __post_init__(self) -> None:
        check_at_least("size", self.size, 1)
        check_positive("min_scale", self.min_scale)
        check_positive("max_scale", self.max_scale)
        if self.max_scale < self.min_scale:
            raise ValueError(
                f"max_scale must be at least min_scale={self.min_scale}, got {self.max_scale}"
            )
        if round(self.size * self.min_scale) < 1:
            raise ValueError(
                f"min_scale={self.min_scale} leaves no pixel of a crop of size {self.size}: give "
                f"at least {1 / self.size:.2g}"
            )

    def __call__(self, picture: Any, generator: torch.Generator) -> Tensor:  # noqa: ANN401
        """Cut a square out of a Pillow image."""
        width, height = picture.size
        shorter = min(width, height)
        smallest = round(self.size * self.min_scale)
        if shorter < smallest:
            raise ValueError(
                f"the picture is tiny: {width}x{height} pixels, but a crop of size {self.size} "
                f"needs sides of at least {smallest}"
            )
        # All numbers are drawn at once, whatever the picture: what is drawn from the generator
        # afterwards does not depend on the picture.
        draws = torch.rand(4, generator=generator, dtype=torch.float64, device="cpu").tolist()
        side = self._side(shorter, draws[0])
        left = int(draws[1] * (width - side + 1))
        top = int(draws[2] * (height - side + 1))
        region = picture.crop((left, top, left + side, top + side))
        image = picture_values(self._resized(region), 3)[0].clamp_(0, 1)
        return image.flip(-1) if self.mirror and draws[3] < 0.5 else image

    def _side(self, shorter: int, draw: float) -> int:
        """Return the side of the region to cut out, for a number drawn from [0, 1)."""
        largest = max(self.min_scale, min(self.max_scale, shorter / self.size))
        scale = self.min_scale * math.exp(draw * math.log(largest / self.min_scale))
        return min(round(self.size * scale), shorter)

    def _resized(self, region: Any) -> Any:  # noqa: ANN401 (Pillow images)
        """Return the region with the size of the crop."""
        if region.width == self.size:
            return region
        # Pillow filters 16 bit pixels only as 32 bit integers, which may leave their range a little
        # where the filter overshoots.
        mode = "I" if region.mode in GREY_16_BIT_MODES else "RGB"
        pillow = import_extra("PIL.Image", extra="io", user="RandomCrop")
        size = (self.size, self.size)
        return region.convert(mode).resize(size, pillow.Resampling.BICUBIC)
