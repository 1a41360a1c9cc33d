"""Work on an image and its mask, without a network."""

from lamakit.images.compositing import blend, composite, stack_inputs
from lamakit.images.holes import Box, connected_holes
from lamakit.images.image_files import read_image, read_mask, save_image
from lamakit.images.mask_conversion import as_mask
from lamakit.images.morphology import dilate
from lamakit.images.padding import crop_to_size, pad_to_multiple

__all__ = [
    "Box",
    "as_mask",
    "blend",
    "composite",
    "connected_holes",
    "crop_to_size",
    "dilate",
    "pad_to_multiple",
    "read_image",
    "read_mask",
    "save_image",
    "stack_inputs",
]
