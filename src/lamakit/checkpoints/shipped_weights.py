"""Weights that come with the package."""

from __future__ import annotations

from importlib import resources

from lamakit._registry import look_up
from lamakit.checkpoints.loading import load_generator
from lamakit.generators import ResNetGenerator

_FILES = {"lama_tiny": "lama_tiny.pth"}


def load_pretrained(name: str) -> ResNetGenerator:
    """Load a trained generator that comes with the package, in eval mode.

    ``"lama_tiny"`` is a small LaMa-Fourier, trained on photographs that are free for any use, and
    under the licence of lamakit. Its model card in the documentation says how it was trained, how
    well it fills and where it fails.

    Args:
        name: ``"lama_tiny"``.

    Returns:
        A :class:`~lamakit.generators.ResNetGenerator` in float32 on the CPU.

    Raises:
        ValueError: if no weights of that name come with the package.

    Example:
        >>> import torch
        >>> from lamakit.inpainting import inpaint
        >>> model = load_pretrained("lama_tiny")
        >>> image, mask = torch.rand(1, 3, 90, 120), torch.zeros(1, 1, 90, 120)
        >>> mask[..., 30:60, 40:80] = 1
        >>> with torch.inference_mode():
        ...     filled = inpaint(model, image, mask)
        >>> filled.shape
        torch.Size([1, 3, 90, 120])
    """
    file = resources.files("lamakit.checkpoints") / look_up("pretrained generator", name, _FILES)
    with resources.as_file(file) as path:
        return load_generator(path)
