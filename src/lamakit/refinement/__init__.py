"""Refinement of inpaintings at high resolution."""

from lamakit._models import SplitModel
from lamakit.refinement.coarse_to_fine import refine

__all__ = ["SplitModel", "refine"]
