"""Inpainting building blocks for PyTorch: the parts of LaMa, each usable alone."""

__version__ = "0.1.0"

__all__ = ["__version__"]
