"""Regular masks: grids of lines, lines in one direction, all but a grid of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from lamakit._checks import check_at_least
from lamakit.masks.random_numbers import Random
from lamakit.masks.raster import fill_lines
from lamakit.masks.sampler import BaseSampler, check_choices


@dataclass(frozen=True, kw_only=True)
class SuperResolutionGrid(BaseSampler):
    """Masks of a regular grid: in each period of rows or columns, the same ones are missing.

    For rows and for columns, a period is drawn, how many of it are missing (from 1 to
    ``min(max_width, period - 1)``), and where the first period begins.

    Args:
        min_step: shortest period in pixels, at least 2.
        max_step: longest period in pixels.
        max_width: most rows or columns missing in a period, at least 1.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if an argument is out of range.

    Example:
        >>> mask = SuperResolutionGrid(min_step=2, max_step=2)((64, 96))
        >>> float(mask.mean())
        0.75

    Source:
        LaMa's released code, where ``max_width`` is 4 and not included. Difference: the grid is
        periodic up to the image's first rows and columns.
    """

    min_step: int = 2
    max_step: int = 4
    max_width: int = 3

    def __post_init__(self) -> None:
        check_at_least("min_step", self.min_step, 2)
        check_at_least("max_step", self.max_step, self.min_step)
        check_at_least("max_width", self.max_width, 1)

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        step = random.integers(self.min_step, self.max_step, (n, 2))
        width = 1 + random.integers_up_to((step - 1).clamp(max=self.max_width) - 1)
        offset = random.integers_up_to(step - 1)
        rows, columns = (
            (torch.arange(side, device=device) - offset[:, axis, None].to(device))
            % step[:, axis, None].to(device)
            < width[:, axis, None].to(device)
            for axis, side in enumerate(size)
        )
        return fill_lines(rows, columns)


@dataclass(frozen=True, kw_only=True)
class EveryNLines(BaseSampler):
    """Masks of every n-th row, or of every n-th column, from the first one on.

    Args:
        steps: values of n, at least 2; one is drawn for each mask, all equally likely.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no steps, or one is below 2.

    Example:
        >>> float(EveryNLines(steps=(4,))((64, 64)).mean())
        0.25

    Source:
        GLaMa, sec. 3.2 ("Every n line"), which gives the name only; the numbers are those of
        the generator of the NTIRE 2022 inpainting challenge (Romero et al., CVPR workshops 2022).
    """

    steps: Sequence[int] = (2, 3, 4, 5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_choices("steps", self.steps, 2))

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        step = random.choices(self.steps, n)[:, None].to(device)
        vertical = random.booleans((n, 1)).to(device)
        rows, columns = (torch.arange(side, device=device) % step == 0 for side in size)
        return fill_lines(rows & ~vertical, columns & vertical)


@dataclass(frozen=True, kw_only=True)
class NearestNeighbour(BaseSampler):
    """Masks that keep only every s-th pixel of every s-th row known.

    Filling such a mask is superresolution by the factor s.

    Args:
        steps: values of s, at least 2; one is drawn for each mask, all equally likely.

    Shape:
        - Output: (1, H, W); from ``batch``, (n, 1, H, W)

    Raises:
        ValueError: if there are no steps, or one is below 2.

    Example:
        >>> NearestNeighbour(steps=(2,))((2, 4))
        tensor([[[0., 1., 0., 1.],
                 [1., 1., 1., 1.]]])

    Source:
        GLaMa, sec. 3.2 ("Nearest Neighbor"), which gives the name only; the numbers are those of
        the generator of the NTIRE 2022 inpainting challenge (Romero et al., CVPR workshops 2022).
    """

    steps: Sequence[int] = (2, 3, 4)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_choices("steps", self.steps, 2))

    @override
    def _draw(self, n: int, size: tuple[int, int], random: Random, device: torch.device) -> Tensor:
        step = random.choices(self.steps, n)[:, None].to(device)
        rows, columns = (torch.arange(side, device=device) % step != 0 for side in size)
        return fill_lines(rows, columns)
