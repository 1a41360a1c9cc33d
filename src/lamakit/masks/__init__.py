"""Random masks for training and evaluation: 1 where a pixel is missing."""

from lamakit.masks.boxes import Boxes
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.strokes import Strokes

__all__ = ["Boxes", "MaskSampler", "Strokes"]
