"""Random masks for training and evaluation: 1 where a pixel is missing, 0 where it is known."""

from lamakit.masks.boxes import Boxes, CentreBox, RandomAreaBox
from lamakit.masks.combine import BySize, OneOf, UnionOf
from lamakit.masks.evaluation_crop import square_crop
from lamakit.masks.evaluation_set import write_evaluation_set
from lamakit.masks.glama import glama_families, glama_general, lama_plus, unseen_combination
from lamakit.masks.grids import EveryNLines, NearestNeighbour, SuperResolutionGrid
from lamakit.masks.lama import big_lama_training, deepfill_like, lama_training, medium, thick, thin
from lamakit.masks.mask_files import MaskFiles
from lamakit.masks.modify import AreaBounds, Dilated, Inverted
from lamakit.masks.named_masks import create_mask_sampler, list_mask_samplers
from lamakit.masks.objects import ObjectShaped
from lamakit.masks.ramp import Ramp
from lamakit.masks.reproducible import FixedMasks, draw_items, generator_for_index
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.stack import MaskStack
from lamakit.masks.statistics import (
    Histogram,
    area_histogram,
    mask_areas,
    mask_widths,
    measure_masks,
    width_histogram,
)
from lamakit.masks.stored_masks import FromFolder, FromMasks
from lamakit.masks.strokes import DiscStrokes, SquareStrokes, Strokes
from lamakit.masks.structured import Completion, Expand, Outpainting

__all__ = [
    "AreaBounds",
    "Boxes",
    "BySize",
    "CentreBox",
    "Completion",
    "Dilated",
    "DiscStrokes",
    "EveryNLines",
    "Expand",
    "FixedMasks",
    "FromFolder",
    "FromMasks",
    "Histogram",
    "Inverted",
    "MaskFiles",
    "MaskSampler",
    "MaskStack",
    "NearestNeighbour",
    "ObjectShaped",
    "OneOf",
    "Outpainting",
    "Ramp",
    "RandomAreaBox",
    "SquareStrokes",
    "Strokes",
    "SuperResolutionGrid",
    "UnionOf",
    "area_histogram",
    "big_lama_training",
    "create_mask_sampler",
    "deepfill_like",
    "draw_items",
    "generator_for_index",
    "glama_families",
    "glama_general",
    "lama_plus",
    "lama_training",
    "list_mask_samplers",
    "mask_areas",
    "mask_widths",
    "measure_masks",
    "medium",
    "square_crop",
    "thick",
    "thin",
    "unseen_combination",
    "width_histogram",
    "write_evaluation_set",
]
