"""Work on an image and its mask, without a network."""

from lamakit.images.compositing import blend, composite, stack_inputs
from lamakit.images.mask_conversion import as_mask
from lamakit.images.morphology import dilate
from lamakit.images.padding import crop_to_size, pad_to_multiple

__all__ = [
    "as_mask",
    "blend",
    "composite",
    "crop_to_size",
    "dilate",
    "pad_to_multiple",
    "stack_inputs",
]
