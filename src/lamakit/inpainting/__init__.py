"""Ways to run a model on an image and a mask."""

from lamakit._models import SizedModel
from lamakit.inpainting.crops import inpaint_crop
from lamakit.inpainting.multiscale import inpaint_multiscale
from lamakit.inpainting.single_pass import inpaint
from lamakit.inpainting.tiled import inpaint_tiled

__all__ = ["SizedModel", "inpaint", "inpaint_crop", "inpaint_multiscale", "inpaint_tiled"]
