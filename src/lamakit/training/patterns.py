"""Random periodic patterns, on any coordinates: on a flat wall or on a plane in perspective."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lamakit.training.random_values import below, happens, uniform, uniforms

_TABLE = 32  # so many cells in a row have shades of their own, then they repeat
_MOTIF = 48  # samples along the side of a motif


class Places(NamedTuple):
    """Where each pixel lies on a pattern.

    Args:
        u: across, in cells.
        v: down, in cells.
        width: of a pixel, in cells.

    Shape:
        - u, v, width: (H, W)
    """

    u: Tensor
    v: Tensor
    width: Tensor


def draw_pattern(places: Places, generator: torch.Generator) -> Tensor:
    """Draw a periodic pattern: stripes, checks, bricks, dots, a lattice or an ornament.

    Its cells differ a little in shade. Edges are as soft as a pixel is wide; where pixels are wider
    than half a cell, the pattern fades to its mean.

    Args:
        places: of the pixels.
        generator: source of the random numbers, on the CPU.

    Shape:
        - Output: (H, W), values in [0, 1]
    """
    kind = _PATTERNS[below(len(_PATTERNS), generator)]
    pattern = kind(places, generator)
    visible = (2 - 2 * places.width).clamp(0, 1)
    return 0.5 + (pattern - 0.5) * visible


def _stripes(places: Places, generator: torch.Generator) -> Tensor:
    """Stripes of two widths, or waves."""
    if happens(0.3, generator):
        return 0.5 + 0.5 * torch.sin(2 * math.pi * places.u)
    duty = uniform(0.25, 0.75, generator)
    inside = _soft(duty / 2 - _to_middle(places.u), places.width)
    shade = _shades(places.u, torch.zeros_like(places.v), uniform(0, 0.5, generator), generator)
    return inside * shade


def _checks(places: Places, generator: torch.Generator) -> Tensor:
    """Squares in two shades, or plaid: stripes across stripes."""
    first = _soft(0.25 - _to_middle(places.u / 2), places.width / 2)
    second = _soft(0.25 - _to_middle(places.v / 2), places.width / 2)
    if happens(0.3, generator):
        return (first + second) / 2
    shade = _shades(places.u, places.v, uniform(0, 0.4, generator), generator)
    return (first + second - 2 * first * second) * shade


def _bricks(places: Places, generator: torch.Generator) -> Tensor:
    """Bricks or tiles with joints."""
    length = uniform(1, 3, generator)
    shift = (0.0, 0.5, 1 / 3)[below(3, generator)]
    u, v = places.u / length + shift * places.v.floor(), places.v
    joint = uniform(0.03, 0.1, generator)
    to_joint = torch.minimum(length * (0.5 - _to_middle(u + 0.5)), 0.5 - _to_middle(v + 0.5))
    return _soft(to_joint - joint, places.width) * _shades(u + 0.0, v, 0.6, generator)


def _dots(places: Places, generator: torch.Generator) -> Tensor:
    """Discs in rows, each row above the other or shifted by half."""
    u = places.u + (0.5 * places.v.floor() if happens(0.5, generator) else 0)
    radius = torch.hypot(u - u.floor() - 0.5, places.v - places.v.floor() - 0.5)
    inside = _soft(uniform(0.2, 0.48, generator) - radius, places.width)
    round_ = 1 - uniform(0, 2, generator) * radius.square()
    return inside * round_ * _shades(u, places.v, uniform(0, 0.5, generator), generator)


def _lattice(places: Places, generator: torch.Generator) -> Tensor:
    """Bars in two directions, as of a fence or a window."""
    thin, thick = uniform(0.03, 0.2, generator), uniform(0.03, 0.2, generator)
    bars = _soft(thin - _to_middle(places.u), places.width)
    rails = _soft(thick - _to_middle(places.v), places.width)
    between = _shades(places.u + 0.5, places.v + 0.5, 0.5, generator)
    return torch.maximum(torch.maximum(bars, rails), 0.55 * between)


def _ornament(places: Places, generator: torch.Generator) -> Tensor:
    """A random motif in each cell, mirrored to both sides or repeated."""
    frequency = torch.fft.fftfreq(_MOTIF, 1 / _MOTIF, dtype=torch.float32, device="cpu")
    smooth = torch.exp(-(frequency[:, None].square() + frequency.square()) / 18)
    noise = torch.fft.ifft2(torch.fft.fft2(uniforms((_MOTIF, _MOTIF), generator)) * smooth).real
    motif = torch.sigmoid((noise - noise.mean()) / noise.std() * uniform(1.5, 6, generator))
    u, v = places.u - places.u.floor(), places.v - places.v.floor()
    if happens(0.6, generator):
        u, v = (2 * u - 1).abs(), (2 * v - 1).abs()
    last = _MOTIF - 1
    return motif[(v * last).long().clamp(0, last), (u * last).long().clamp(0, last)]


_PATTERNS: tuple[Callable[[Places, torch.Generator], Tensor], ...] = (
    *(_stripes, _checks, _bricks, _bricks),
    *(_dots, _lattice, _ornament),
)


def _to_middle(x: Tensor) -> Tensor:
    """Return the distance of each number to the nearest integer."""
    return (x - x.round()).abs()


def _soft(distance: Tensor, width: Tensor) -> Tensor:
    """Return 1 inside of an edge and 0 outside, from the distance to it, one pixel wide."""
    return (distance / width.clamp(min=1e-6) + 0.5).clamp(0, 1)


def _shades(u: Tensor, v: Tensor, spread: float, generator: torch.Generator) -> Tensor:
    """Return the random shade of each pixel's cell, from ``1 - spread`` to 1."""
    table = 1 - spread * uniforms((_TABLE, _TABLE), generator)
    return table[v.floor().long() % _TABLE, u.floor().long() % _TABLE]
