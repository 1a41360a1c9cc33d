"""Evaluation of inpainting methods on sets of images: tables, curves, CSV files and plots."""

from lamakit.evaluation.area_bins import area_bin
from lamakit.evaluation.comparison import Comparison
from lamakit.evaluation.harness import evaluate
from lamakit.evaluation.mask_families import MaskFamilyTable, evaluate_mask_families
from lamakit.evaluation.methods import numpy_method
from lamakit.evaluation.resolutions import ResolutionCurve, evaluate_resolutions
from lamakit.evaluation.result import Evaluation

__all__ = [
    "Comparison",
    "Evaluation",
    "MaskFamilyTable",
    "ResolutionCurve",
    "area_bin",
    "evaluate",
    "evaluate_mask_families",
    "evaluate_resolutions",
    "numpy_method",
]
