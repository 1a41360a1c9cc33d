"""Painted surfaces: flat patterns, gradients, skies, and planes in perspective."""

from __future__ import annotations

import math
from itertools import compress
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.training.patterns import Places, draw_pattern
from lamakit.training.random_values import happens, log_uniform, uniform
from lamakit.training.textures import draw_texture, power_law_noise

_FARTHEST = 0.02  # 1 / distance of the farthest place of a plane that is drawn
# Colours of the sky: without clouds, with clouds, and around the sun.
_SKY = torch.tensor(
    [[0.40, 0.60, 0.86], [0.62, 0.63, 0.66], [0.93, 0.90, 0.86]], dtype=torch.float32, device="cpu"
)
_BLUE, _GREY, _GLOW = _SKY[:, :, None, None]


def paint(field: Tensor, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Return an image of a field: its values go from one colour to another.

    The surface is stained and worn: a slow noise changes its colour a little, a finer one its
    luminance.

    Args:
        field: values in [0, 1].
        palette: colours to choose from.
        generator: source of the random numbers, on the CPU.

    Shape:
        - field: (S, S)
        - palette: (n, 3)
        - Output: (3, S, S)
    """
    chosen = torch.randperm(len(palette), generator=generator, device="cpu")[:3]
    dark, stain, bright = palette[chosen[palette[chosen].sum(1).argsort()]][:, :, None, None]
    if happens(0.4, generator):
        field = 1 - field
    image: Tensor = dark + field * (bright - dark)
    if happens(0.3, generator):
        slow = power_law_noise(len(field), generator, exponent=1.6)
        image += uniform(0.05, 0.3, generator) * torch.sigmoid(3 * slow - 1) * (stain - image)
    worn = power_law_noise(len(field), generator, exponent=uniform(0.6, 1.3, generator))
    image *= 1 + log_uniform(0.01, 0.15, generator) * worn
    return image


def flat_pattern(size: int, generator: torch.Generator) -> Tensor:
    """Draw a periodic pattern (S, S), turned and slightly bent."""
    y, x = _grid(size)
    angle = uniform(-0.15, 0.15, generator) if happens(0.5, generator) else uniform(0, 7, generator)
    cells = log_uniform(3, max(size / 7, 3.1), generator)
    u = cells * (x * math.cos(angle) + y * math.sin(angle))
    v = cells * (y * math.cos(angle) - x * math.sin(angle)) * uniform(0.7, 1.4, generator)
    bent = log_uniform(0.01, 0.3, generator)
    u = u + bent * power_law_noise(size, generator, exponent=2)
    v = v + bent * power_law_noise(size, generator, exponent=2)
    return draw_pattern(Places(u + 9, v + 9, torch.full_like(u, 1.4 * cells / size)), generator)


def gradient(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a gradient (3, S, S) between two colours, along a line or around a point."""
    y, x = _grid(size)
    if happens(0.6, generator):
        angle = uniform(0, 2 * math.pi, generator)
        field = 0.5 + x * math.cos(angle) + y * math.sin(angle)
    else:
        field = 1.2 * torch.hypot(
            x - uniform(-0.6, 0.6, generator), y - uniform(-0.6, 0.6, generator)
        )
    field = field + uniform(0, 0.15, generator) * power_law_noise(size, generator, exponent=2)
    order = torch.randperm(len(palette), generator=generator, device="cpu")
    first, second = palette[order[:2]][:, :, None, None]
    image: Tensor = first.lerp(second, field.clamp(0, 1))
    return image


def sky(size: int, generator: torch.Generator) -> Tensor:
    """Draw a sky (3, S, S), from blue to grey, brighter towards the horizon, with clouds."""
    y, _ = _grid(size)
    top = _BLUE.lerp(_GREY, uniform(0, 1, generator)) * uniform(0.55, 1.1, generator)
    glow = _GLOW * uniform(0.75, 1.0, generator)
    lower = (0.5 + y).clamp(0, 1) ** uniform(0.8, 2, generator) * uniform(0.3, 1, generator)
    image: Tensor = top.lerp(glow, lower)
    if happens(0.6, generator):
        noise = power_law_noise(size, generator, exponent=1.5, stretch=log_uniform(1, 4, generator))
        cloud = torch.sigmoid(3 * (noise - uniform(-0.5, 1.2, generator)))
        image = image.lerp(glow, uniform(0.2, 0.9, generator) * cloud)
    return image


class _Plane(NamedTuple):
    """A plane in perspective, at each pixel.

    Args:
        nearness: 1 / distance, below 0 where the plane is behind the camera.
        along: the coordinate across the line of sight, in the image.
        steep: change of the nearness for a change of the image's coordinate.
    """

    nearness: Tensor
    along: Tensor
    steep: float


def planes(size: int, palette: Tensor, generator: torch.Generator) -> Tensor:
    """Draw planes in perspective: a ground below a sky, a street, a corridor or a room.

    Up to four planes meet at the vanishing point: the ground, a ceiling, a left and a right wall. A
    pixel shows the nearest of them; where all are far, the sky or the wall at the end.

    Args:
        size: side of the image in pixels, at least 1.
        palette: colours to choose from.
        generator: source of the random numbers, on the CPU.

    Shape:
        - palette: (n, 3)
        - Output: (3, S, S)
    """
    y, x = _grid(size)
    roll = uniform(-0.08, 0.08, generator)
    y, x = y + roll * x, x - roll * y
    y, x = y - uniform(-0.3, 0.2, generator), x - uniform(-0.35, 0.35, generator)
    ceiling = happens(0.3, generator)
    present = [True, ceiling, happens(0.45, generator), happens(0.45, generator)]
    end = uniform(0.1, 0.5, generator) if ceiling or happens(0.3, generator) else _FARTHEST
    if end > _FARTHEST:
        image = paint(flat_pattern(size, generator), palette, generator)
    else:
        image = sky(size, generator)
    haze = image.mean(dim=(1, 2), keepdim=True) * uniform(0.5, 1, generator)
    hazy = uniform(0, 0.12, generator)
    nearest = torch.full_like(x, end)
    # 1 / distance grows in proportion to the way from the vanishing point towards it.
    ways = [(y, x), (-y, x), (-x, y), (x, y)]
    for toward, along in compress(ways, present):
        steep = log_uniform(1, 4, generator)
        plane = _Plane(toward * steep, along, steep)
        surface = paint(_on_plane(plane, generator), palette, generator)
        surface = surface * uniform(0.6, 1.15, generator)
        far = 1 - torch.exp(-hazy / plane.nearness.clamp(min=_FARTHEST))
        surface = surface + far * (haze - surface)
        alpha = ((plane.nearness - nearest) * size / (1.4 * steep) + 0.5).clamp(0, 1)
        image = image + alpha * (surface - image)
        nearest = torch.maximum(nearest, plane.nearness)
    return image


def _on_plane(plane: _Plane, generator: torch.Generator) -> Tensor:
    """Draw a pattern or a texture (S, S) on a plane, as it looks in perspective."""
    size = len(plane.nearness)
    distance = 1 / plane.nearness.clamp(min=_FARTHEST)
    cells = log_uniform(1.5, 7, generator)
    u = cells * uniform(0.8, 1.6, generator) * plane.along * distance + uniform(4, 8, generator)
    v = cells * distance + uniform(0, 4, generator)
    width = cells / size * torch.maximum(distance, plane.steep * distance.square())
    if happens(0.6, generator):
        return draw_pattern(Places(u, v, width), generator)
    # A texture as large as twelve by twelve cells, mirrored at its borders.
    texture = draw_texture(size, generator)
    places = torch.stack([u, v], dim=-1)[None] / 6 - 1
    seen = F.grid_sample(
        texture[None, None], places, padding_mode="reflection", align_corners=False
    )[0, 0]
    mean = texture.mean()
    return mean + (seen - mean) * (1.5 - width * size / 12 / 4).clamp(0, 1)


def _grid(size: int) -> tuple[Tensor, Tensor]:
    """Return the rows (S, 1) and columns (1, S) of pixels, from -1/2 to 1/2."""
    line = (torch.arange(size, dtype=torch.float32, device="cpu") + 0.5) / size - 0.5
    return line[:, None].expand(size, size), line[None, :].expand(size, size)
