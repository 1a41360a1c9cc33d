"""Ways to run a network on an image and a mask; the network may be any callable."""

from lamakit.inpainting.as_mask import as_mask
from lamakit.inpainting.composite import composite, stack_inputs
from lamakit.inpainting.inpaint import inpaint
from lamakit.inpainting.padding import crop_to_size, pad_to_multiple

__all__ = ["as_mask", "composite", "crop_to_size", "inpaint", "pad_to_multiple", "stack_inputs"]
