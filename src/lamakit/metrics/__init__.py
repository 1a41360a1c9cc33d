"""How good an inpainting is: one value for each image, on the region that counts."""

from lamakit.metrics.brushes import BrushTable, evaluate_brushes
from lamakit.metrics.color import color_wasserstein
from lamakit.metrics.comparison import Comparison
from lamakit.metrics.discriminability import p_ids, u_ids
from lamakit.metrics.evaluate import evaluate
from lamakit.metrics.evaluation import Evaluation
from lamakit.metrics.fillers import array_filler
from lamakit.metrics.lpips import LPIPS
from lamakit.metrics.pixel import l1, psnr
from lamakit.metrics.regions import area_bin, everything, hole, known, on, ring
from lamakit.metrics.sets import SetMetric, fid, kid
from lamakit.metrics.sides import SideCurve, evaluate_sides
from lamakit.metrics.spectrum import log_spectral_distance
from lamakit.metrics.ssim import ssim

__all__ = [
    "LPIPS",
    "BrushTable",
    "Comparison",
    "Evaluation",
    "SetMetric",
    "SideCurve",
    "area_bin",
    "array_filler",
    "color_wasserstein",
    "evaluate",
    "evaluate_brushes",
    "evaluate_sides",
    "everything",
    "fid",
    "hole",
    "kid",
    "known",
    "l1",
    "log_spectral_distance",
    "on",
    "p_ids",
    "psnr",
    "ring",
    "ssim",
    "u_ids",
]
