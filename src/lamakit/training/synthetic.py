"""Training images that are drawn at random: endless, and free of any licence."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import torch
from torch import Tensor

from lamakit._checks import check_at_least
from lamakit.training.camera import blur, photograph
from lamakit.training.dead_leaves import Scenery, scatter_leaves
from lamakit.training.palettes import draw_palette
from lamakit.training.random_values import below, happens, log_uniform, uniform
from lamakit.training.surfaces import flat_pattern, gradient, paint, planes
from lamakit.training.textures import draw_texture

_COLORS = 8  # in the palette of an image

_Scene: TypeAlias = Callable[[int, Tensor, torch.Generator], Tensor]  # of size and palette


def draw_synthetic_image(size: int, generator: torch.Generator) -> Tensor:
    """Draw an image for training an inpainting network.

    The image is of one of six kinds, each equally likely (``SYNTHETIC_KINDS``): shapes that hide
    each other (dead leaves), a periodic pattern on a wall, a stochastic texture, a smooth gradient,
    planes in perspective, or a mixture: shapes in front of one of these. It resembles a photograph:
    luminance varies more than chroma, all colours share the tint of one light, edges are
    antialiased, the image is slightly blurred and noisy, and the mean power at a frequency f falls
    about as 1 / f ** 2 to 1 / f ** 3.

    No file is read, so there is no end of images, and no licence to keep.

    Args:
        size: side of the image in pixels, at least 1.
        generator: source of all random numbers, on the CPU. The same state gives the same image.

    Shape:
        - Output: (3, size, size), float32, values in [0, 1]

    Raises:
        ValueError: if ``size`` is below 1 or the generator is not on the CPU.
        TypeError: if an argument is of another type.

    Example:
        >>> image = draw_synthetic_image(128, torch.Generator().manual_seed(0))
        >>> image.shape
        torch.Size([3, 128, 128])

    Source:
        Baradad et al., "Learning to see by looking at noise" (2021), train networks on dead leaves
        and noise; the other kinds, and all numbers, are lamakit's.
    """
    check_at_least("size", size, 1)
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator must be a torch.Generator, got {type(generator).__name__}")
    if generator.device.type != "cpu":
        raise ValueError(f"generator must be on the CPU, got one on {generator.device}")
    kinds = list(SYNTHETIC_KINDS.values())
    return kinds[below(len(kinds), generator)](size, generator)


def _photographed(draw: _Scene, size: int, generator: torch.Generator) -> Tensor:
    """Draw a scene in the colours of a photograph and return the photograph of it."""
    return photograph(draw(size, draw_palette(_COLORS, generator), generator), generator)


def _leaves(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw shapes that hide each other in front of a texture."""
    image = paint(draw_texture(size, generator), palette, generator)
    return _with_leaves(image, round(log_uniform(10, 45, generator)), palette, generator)


def _pattern(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a pattern that fills the image."""
    return paint(flat_pattern(size, generator), palette, generator)


def _texture(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a texture that fills the image."""
    return paint(draw_texture(size, generator), palette, generator)


def _smooth(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a gradient, in most images with shapes far out of focus."""
    image = gradient(size, palette, generator)
    image = _with_leaves(image, below(12, generator), palette, generator)
    return blur(image, size * log_uniform(0.008, 0.06, generator))


def _mixture(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw shapes in front of planes, a pattern or a gradient."""
    behind = (planes, planes, _pattern, gradient)[below(4, generator)]
    image = behind(size, palette, generator)
    return _with_leaves(image, round(log_uniform(3, 30, generator)), palette, generator)


def _with_leaves(image: Tensor, count: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Return an image with shapes in front."""
    size = image.shape[-1]
    textures = [draw_texture(size, generator), draw_texture(size, generator)]
    if happens(0.5, generator):
        textures.append(flat_pattern(size, generator))
    scenery = Scenery(
        colors=palette,
        textures=torch.stack(textures),
        light=uniform(-math.pi, 0, generator),  # from above
        shadow=uniform(0, 0.6, generator),
    )
    smallest = log_uniform(0.02, 0.12, generator)
    return scatter_leaves(image, count, scenery, generator, smallest=smallest)


SYNTHETIC_KINDS: Mapping[str, Callable[[int, torch.Generator], Tensor]] = MappingProxyType(
    {
        name: partial(_photographed, scene)
        for name, scene in {
            "dead leaves": _leaves,
            "pattern": _pattern,
            "texture": _texture,
            "gradient": _smooth,
            "planes": planes,
            "mixture": _mixture,
        }.items()
    }
)
"""The kinds of synthetic images by name, each a function of size and generator, equally likely."""
