"""Generators brought to large images by optimising their features."""

from lamakit.refinement.refine import refine

__all__ = ["refine"]
