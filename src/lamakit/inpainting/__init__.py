"""Ways to run a network on an image and a mask; the network may be any callable."""

from lamakit.inpainting.as_mask import as_mask
from lamakit.inpainting.composite import blend, composite, stack_inputs
from lamakit.inpainting.crop import inpaint_crop
from lamakit.inpainting.inpaint import inpaint
from lamakit.inpainting.multiscale import inpaint_multiscale
from lamakit.inpainting.padding import crop_to_size, pad_to_multiple
from lamakit.inpainting.tiled import inpaint_tiled

__all__ = [
    "as_mask",
    "blend",
    "composite",
    "crop_to_size",
    "inpaint",
    "inpaint_crop",
    "inpaint_multiscale",
    "inpaint_tiled",
    "pad_to_multiple",
    "stack_inputs",
]
