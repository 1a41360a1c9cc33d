"""Random colours that go together as those of a photograph do."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lamakit.training.random_values import below, happens, log_uniform, normals, uniform, uniforms


def _constant(values: list[float] | list[list[float]]) -> Tensor:
    """Return a tensor of numbers, whatever the default type and device."""
    return torch.tensor(values, dtype=torch.float32, device="cpu")


# Two axes of chroma, as changes of log R, log G and log B: from blue to yellow, from green to red.
_AXES = _constant([[1.0, 1.0, -2.0], [1.5, -1.5, 0.0]]) / math.sqrt(6)
_LUMA = _constant([0.299, 0.587, 0.114])
# Hues as angles from yellow towards red, in degrees. Earth, wood and skin, foliage and sky are more
# frequent in photographs than all others.
_EARTH, _FOLIAGE, _SKY = 32.0, -18.0, 212.0
_COMMON_HUES = (_EARTH, _EARTH, _EARTH, _FOLIAGE, _SKY)
_HUE_SPREAD = 12.0
_WARM = math.radians(32)  # from the sky's light to the sun's, at the same angle


def draw_palette(count: int, generator: torch.Generator) -> Tensor:
    """Draw colours for one image.

    A colour is a luminance times ratios of its channels: ``rgb = luminance * exp(chroma)``, up to a
    factor that keeps the luminance. Luminances are spread over a range; chroma is small and comes
    from one to four hues, most of them of earth, foliage or sky. All share the tint of one
    illumination. Of the images, one in eight has an accent: a colour of any hue with more chroma.

    Args:
        count: number of colours, at least 1.
        generator: source of the random numbers, on the CPU.

    Shape:
        - Output: (count, 3), values in [0, 1]
    """
    luminance = _luminances(count, generator)
    hues = [_draw_hue(generator) for _ in range(1 + below(4, generator))]
    hue = _constant(hues)[(uniforms((count,), generator) * len(hues)).long()]
    hue = hue + _HUE_SPREAD * normals((count,), generator)
    # Most surfaces are nearly grey, a few are not.
    strength = log_uniform(0.2, 0.9, generator) * (0.2 + 1.5 * uniforms((count,), generator) ** 2)
    if happens(0.125, generator):
        hue[0], strength[0] = uniform(0, 360, generator), uniform(0.6, 1.2, generator)
    angle = torch.deg2rad(hue)
    chroma = strength[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
    # Light varies between that of the sun and that of the sky, hardly between green and purple.
    warm = 0.12 * float(normals((), generator))
    tint = warm * _constant([math.cos(_WARM), math.sin(_WARM)])
    return _with_luminance(chroma + tint + 0.02 * normals((2,), generator), luminance)


def _luminances(count: int, generator: torch.Generator) -> Tensor:
    """Return luminances, one in each of ``count`` equal parts of a range, in random order."""
    middle, width = uniform(0.32, 0.6, generator), uniform(0.5, 1.1, generator)
    parts = torch.randperm(count, generator=generator, device="cpu") + uniforms((count,), generator)
    return (middle + width * (parts / count - 0.5)).clamp(0.04, 0.96)


def _draw_hue(generator: torch.Generator) -> float:
    """Return a hue in degrees: one of the common ones, seldom any."""
    if happens(0.04, generator):
        return uniform(0, 360, generator)
    return _COMMON_HUES[below(len(_COMMON_HUES), generator)]


def _with_luminance(chroma: Tensor, luminance: Tensor) -> Tensor:
    """Return the colours of a chroma (n, 2) along both axes and a luminance (n,)."""
    # Near white there is no room for chroma, and dark blue is hardly ever seen.
    room = (1 - luminance**3) * torch.where(chroma[:, 0] < 0, luminance.clamp(max=0.6) + 0.3, 1.0)
    ratios = torch.exp(room[:, None] * chroma @ _AXES)
    return (luminance[:, None] * ratios / (ratios @ _LUMA)[:, None]).clamp(0, 1)
