"""Random shapes that hide each other: the dead leaves model of natural images."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit.training.random_values import below, happens, log_uniform, uniform, uniforms

_ANGLES = 720  # at which the outline of a shape is sampled
_MOST_SIDES = 6
_MOST_WAVES = 6


class Scenery(NamedTuple):
    """What the shapes of an image are filled with and how they are lit.

    Args:
        colors: of the shapes, at least one.
        textures: values in [0, 1]; each shape takes a part of one.
        light: direction that the light comes from, in radians.
        shadow: how dark shadows are, from 0 for none to 1.

    Shape:
        - colors: (n, 3)
        - textures: (m, S, S)
    """

    colors: Tensor
    textures: Tensor
    light: float
    shadow: float


def scatter_leaves(
    image: Tensor,
    count: int,
    scenery: Scenery,
    generator: torch.Generator,
    *,
    smallest: float = 0.02,
    largest: float = 0.5,
) -> Tensor:
    """Draw shapes over an image, one in front of the other.

    The density of their radii is in proportion to ``radius ** -3``: so images are alike at all
    scales. A shape is a rounded or pointed ellipse, a polygon or a blob. A texture changes its
    colour to another one. It casts a soft shadow, and its edge is sharp or, seldom, out of focus.

    Args:
        image: what lies behind; it stays as it is.
        count: number of shapes, at least 0.
        scenery: colours, textures and light.
        generator: source of the random numbers, on the CPU.
        smallest: the smallest radius, as a fraction of the image's side.
        largest: the largest one.

    Shape:
        - image, Output: (3, S, S)

    Source:
        Lee, Mumford and Huang, "Occlusion models for natural images" (2001). They show that the
        power law makes the spectra of natural images; shapes, light and shadows are lamakit's.
    """
    image, size = image.clone(), image.shape[-1]
    steep = 1 - (smallest / largest) ** 2
    draws = uniforms((3, count), generator).tolist()
    outlines, slopes = _outlines(count, generator)
    for number, (place, across, down) in enumerate(zip(*draws, strict=True)):
        radius = smallest * size / math.sqrt(1 - place * steep)
        leaf = _Leaf(outlines[number], slopes[number], down * size, across * size, radius)
        _draw_leaf(image, leaf, scenery, generator)
    return image


class _Leaf(NamedTuple):
    """The outline of a shape, at angles around its centre, and its place in pixels."""

    outline: Tensor
    slope: Tensor
    row: float
    column: float
    radius: float

    def measure(self, rows: tuple[int, int], columns: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return where each pixel lies: its distance to the edge, and its place within the shape.

        The distance is in pixels, above 0 inside. The place is 0 at the centre and 1 on the edge:
        the square of the way from the centre, relative to the edge in that direction.
        """
        y = torch.arange(*rows, dtype=torch.float32, device="cpu")[:, None] + 0.5 - self.row
        x = torch.arange(*columns, dtype=torch.float32, device="cpu") + 0.5 - self.column
        from_centre = torch.hypot(y, x)
        angle = ((torch.atan2(y, x) / (2 * math.pi) + 1) * _ANGLES).long() % _ANGLES
        edge = self.radius * self.outline[angle]
        distance = (edge - from_centre) * self.slope[angle]
        # Around the ends of a thin shape this is too near 0; but the shape lies within a circle.
        return torch.minimum(distance, self.radius - from_centre), (from_centre / edge).square()


def _draw_leaf(image: Tensor, leaf: _Leaf, scenery: Scenery, generator: torch.Generator) -> None:
    """Draw a shape and its shadow into an image."""
    size = image.shape[-1]
    softness = log_uniform(2, 8, generator) if happens(0.15, generator) else 1.0
    away = min(0.2 * leaf.radius, size / 16) * uniform(0.2, 1.5, generator)
    dy = round(-away * math.sin(scenery.light))
    dx = round(-away * math.cos(scenery.light))
    margin = leaf.radius + softness + 1.5 * away + 2
    top, bottom = max(int(leaf.row - margin), 0), min(int(leaf.row + margin) + 1, size)
    left, right = max(int(leaf.column - margin), 0), min(int(leaf.column + margin) + 1, size)
    # One window holds the distances to the shape and, shifted by (dy, dx), those to its shadow.
    first_row, first_column = top - max(dy, 0), left - max(dx, 0)
    distance, place = leaf.measure(
        (first_row, bottom - min(dy, 0)), (first_column, right - min(dx, 0))
    )
    height, width = bottom - top, right - left

    def window(values: Tensor, row: int, column: int) -> Tensor:
        row, column = row - first_row, column - first_column
        return values[row : row + height, column : column + width]

    behind = image[:, top:bottom, left:right]
    penumbra = 1.5 + 0.6 * away
    dark = (window(distance, top - dy, left - dx) / penumbra + 0.5).clamp(0, 1)
    behind *= 1 - scenery.shadow * dark
    alpha = (window(distance, top, left) / softness + 0.5).clamp(0, 1)
    filling = _filling((height, width), scenery, generator)
    roundness = uniform(-0.1, 0.6, generator) if happens(0.5, generator) else 0.0
    filling = filling * (1 - roundness * window(place, top, left).clamp(max=1))
    behind += alpha * (filling * _lit((height, width), scenery.light, generator) - behind)


def _filling(shape: tuple[int, int], scenery: Scenery, generator: torch.Generator) -> Tensor:
    """Return a part of a texture (3, H, W) between two of the colours."""
    height, width = shape
    texture = scenery.textures[below(len(scenery.textures), generator)]
    top = below(texture.shape[0] - height + 1, generator)
    left = below(texture.shape[1] - width + 1, generator)
    part = texture[top : top + height, left : left + width]
    first = scenery.colors[below(len(scenery.colors), generator)].view(3, 1, 1)
    second = scenery.colors[below(len(scenery.colors), generator)].view(3, 1, 1)
    first = first * uniform(0.75, 1.25, generator)
    contrast = uniform(0, 1, generator) ** 1.5  # most surfaces are nearly of one colour
    filling: Tensor = first + contrast * part * (second - first)
    return filling


def _lit(shape: tuple[int, int], light: float, generator: torch.Generator) -> Tensor:
    """Return factors (H, W) that fall away from the light."""
    y = torch.linspace(-1, 1, shape[0], dtype=torch.float32, device="cpu")[:, None]
    x = torch.linspace(-1, 1, shape[1], dtype=torch.float32, device="cpu")
    return 1 + uniform(0, 0.35, generator) * (y * math.sin(light) + x * math.cos(light))


def _outlines(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw the outlines of shapes, each (count, _ANGLES).

    The first holds the distance from the centre to the edge in every direction, at most 1. The
    second is the cosine of the angle between that direction and the edge's normal, by which the
    way to the edge in that direction is longer than the distance to it.
    """
    angle = torch.arange(_ANGLES, dtype=torch.float32, device="cpu") * (2 * math.pi / _ANGLES)
    turned = angle + 2 * math.pi * uniforms((count, 1), generator)
    outline = _rounded(turned, generator)
    kind = uniforms((count,), generator)
    outline[kind < 0.25] = _polygons(turned[kind < 0.25], generator)
    outline[kind > 0.75] = _blobs(turned[kind > 0.75], generator)
    outline /= outline.amax(dim=1, keepdim=True)
    step = (outline.roll(-1, 1) - outline.roll(1, 1)) * (_ANGLES / (4 * math.pi))
    return outline, torch.rsqrt(1 + (step / outline).square())


def _rounded(angle: Tensor, generator: torch.Generator) -> Tensor:
    """Draw ellipses, pointed or nearly boxes, some long as sticks: |x|^p + |y|^p = 1."""
    draws = uniforms((3, len(angle), 1), generator)
    aspect = torch.exp(1.1 * draws[0]) * (1 + 4 * (draws[1] < 0.15))
    power = torch.exp(1.9 * draws[2] - 0.2)  # below 2 pointed, at 2 an ellipse, above 2 a box
    return (angle.cos().abs() ** power + (angle.sin().abs() * aspect) ** power) ** (-1 / power)


def _polygons(angle: Tensor, generator: torch.Generator) -> Tensor:
    """Draw polygons of three to six sides at random distances from the centre."""
    count = len(angle)
    sides = 3 + (4 * uniforms((count, 1), generator)).long()
    number = torch.arange(_MOST_SIDES, device="cpu") + 0.7 * uniforms(
        (count, _MOST_SIDES), generator
    )
    facing = torch.cos(angle[:, None] - (2 * math.pi * number / sides)[:, :, None])
    distances = 0.45 + 0.55 * uniforms((count, _MOST_SIDES, 1), generator)
    return (distances / facing.clamp(min=1e-3)).amin(dim=1).clamp(max=3)


def _blobs(angle: Tensor, generator: torch.Generator) -> Tensor:
    """Draw circles with a few waves along them."""
    waves = torch.arange(1, _MOST_WAVES + 1, device="cpu")[:, None]
    phases, heights = uniforms((2, len(angle), _MOST_WAVES, 1), generator)
    bends = heights / waves * torch.sin(waves * angle[:, None] + 2 * math.pi * phases)
    outline: Tensor = 1 + 0.6 * bends.sum(1)
    return outline.clamp(min=0.2)
