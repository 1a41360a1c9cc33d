"""Metrics of filled images: of each image over a region of it, and of whole sets of images."""

from lamakit.metrics.color_distance import color_wasserstein
from lamakit.metrics.discriminability import p_ids, u_ids
from lamakit.metrics.feature_distances import SetMetric, fid, kid
from lamakit.metrics.lpips import LPIPS
from lamakit.metrics.pixelwise import l1, psnr
from lamakit.metrics.regions import (
    known_pixels,
    missing_pixels,
    restrict_to,
    ring_around_hole,
    whole_image,
)
from lamakit.metrics.spectral_distance import log_spectral_distance
from lamakit.metrics.structural_similarity import ssim

__all__ = [
    "LPIPS",
    "SetMetric",
    "color_wasserstein",
    "fid",
    "kid",
    "known_pixels",
    "l1",
    "log_spectral_distance",
    "missing_pixels",
    "p_ids",
    "psnr",
    "restrict_to",
    "ring_around_hole",
    "ssim",
    "u_ids",
    "whole_image",
]
