"""Random textures: noise with the spectrum of natural images, and what is made of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lamakit.training.random_values import below, happens, log_uniform, normals, uniform, uniforms


def power_law_noise(
    size: int,
    generator: torch.Generator,
    *,
    exponent: float,
    stretch: float = 1.0,
    angle: float = 0.0,
) -> Tensor:
    """Draw noise whose amplitude falls as 1 / frequency ** exponent.

    Args:
        size: side of the image in pixels, at least 1.
        generator: source of the random numbers, on the CPU.
        exponent: 0 for white noise, 1 for the spectrum of natural images, 2 for clouds.
        stretch: how many times longer than wide the structures are, at least 1.
        angle: direction in which they are long, in radians.

    Shape:
        - Output: (size, size), mean 0 and variance 1, but for rounding
    """
    # Noise that is made of its spectrum is periodic, which a photograph is not: it is made for a
    # larger square, of which a part is used.
    side = size + (size + 1) // 2
    rows = torch.fft.fftfreq(side, dtype=torch.float32, device="cpu")[:, None]
    columns = torch.fft.rfftfreq(side, dtype=torch.float32, device="cpu")
    along = rows * math.sin(angle) + columns * math.cos(angle)
    across = columns * math.sin(angle) - rows * math.cos(angle)
    frequency = torch.hypot(along * math.sqrt(stretch), across / math.sqrt(stretch))
    amplitude = frequency.clamp(min=0.5 / side) ** -exponent
    amplitude[0, 0] = 0
    spectrum = torch.fft.rfft2(normals((side, side), generator)) * amplitude
    noise: Tensor = torch.fft.irfft2(spectrum, s=(side, side))[:size, :size]
    noise = noise - noise.mean()
    return noise / noise.std(correction=0).clamp(min=1e-6)


def cells(size: int, generator: torch.Generator, *, cell: float) -> Tensor:
    """Draw a texture of convex cells, such as pebbles, scales or cracked mud.

    Each cell of a grid holds a point at a random place. A pixel belongs to the nearest point; it is
    brightest in the middle of its cell and darkest at the border to another.

    Args:
        size: side of the image in pixels, at least 1.
        generator: source of the random numbers, on the CPU.
        cell: mean width of a cell in pixels, above 0.

    Shape:
        - Output: (size, size), values in [0, 1]
    """
    count = math.ceil(size / cell) + 2
    points, shades = uniforms((2, count, count), generator), uniforms((count, count), generator)
    place = (torch.arange(size, dtype=torch.float32, device="cpu") + 0.5) / cell + 1
    y, x = place[:, None], place[None, :]
    distances, neighbours = [], []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row = (y.long() + down).clamp(0, count - 1)
            column = (x.long() + right).clamp(0, count - 1)
            dy = row + points[0, row, column] - y
            dx = column + points[1, row, column] - x
            distances.append(dy.square() + dx.square())
            neighbours.append(shades[row, column])
    nearest, order = torch.stack(distances).topk(2, dim=0, largest=False)
    shade = torch.stack(neighbours).gather(0, order[:1])[0]
    border = nearest[1].sqrt() - nearest[0].sqrt()
    return (border * 2.5).clamp(max=1) * (0.45 + 0.55 * shade)


def draw_texture(size: int, generator: torch.Generator) -> Tensor:
    """Draw a stochastic texture: grain, clouds, fibres, veins, patches or cells.

    Args:
        size: side of the image in pixels, at least 1.
        generator: source of the random numbers, on the CPU.

    Shape:
        - Output: (size, size), values in [0, 1]
    """
    if happens(0.2, generator):
        cell = log_uniform(max(size / 24, 4), max(size / 5, 5), generator)
        grain = power_law_noise(size, generator, exponent=1)
        return (cells(size, generator, cell=cell) + 0.06 * grain).clamp(0, 1)
    stretch = log_uniform(3, 14, generator) if happens(0.4, generator) else 1.0
    noise = power_law_noise(
        size,
        generator,
        exponent=uniform(0.7, 1.7, generator),
        stretch=stretch,
        angle=uniform(0, math.pi, generator),
    )
    kind = below(4, generator)
    if kind == 0:  # veins, where the noise changes its sign
        return (1 - noise.abs() / 1.5).clamp(0, 1)
    if kind == 1:  # patches with soft borders
        return torch.sigmoid((noise - uniform(-0.5, 0.5, generator)) * uniform(3, 12, generator))
    return (0.5 + noise / 5).clamp(0, 1)
