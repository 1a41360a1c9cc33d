"""Masks that grow while a network trains."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from lamakit._checks import check_at_least, check_fraction
from lamakit._sizes import scaled_down
from lamakit.masks.boxes import Boxes
from lamakit.masks.sampler import MaskSampler, check_sampler
from lamakit.masks.strokes import Strokes

__all__ = ["Ramp"]


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A sampler for each training step: strokes and boxes grow in size and number.

    Everything else in the sampler, at any depth, stays as it is.

    Args:
        sampler: what the ramp ends with, where ``end`` is 1.
        start_step: up to this training step the factor is ``start``; at least 0.
        end_step: from this one on it is ``end``; later than ``start_step``.
        start: the first factor, from 0 to 1.
        end: the last one, from 0 to 1.
        levels: in how many equal steps the factor changes; None for evenly.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import Boxes
        >>> boxes = Boxes(min_times=1, max_times=5, min_size=10, max_size=100)
        >>> Ramp(sampler=boxes, start_step=0, end_step=1000).at(500)
        Boxes(min_times=1, max_times=3, min_size=10, max_size=50, margin=0)

    Source:
        LaMa's released code. Differences: there the largest side of a box grows from the smallest,
        and steps may be uneven.
    """

    sampler: MaskSampler
    start_step: int
    end_step: int
    start: float = 0.0
    end: float = 1.0
    levels: int | None = None

    def __post_init__(self) -> None:
        check_sampler("sampler", self.sampler)
        check_at_least("start_step", self.start_step, 0)
        check_at_least("end_step", self.end_step, self.start_step + 1)
        check_fraction("start", self.start)
        check_fraction("end", self.end)
        if self.levels is not None:
            check_at_least("levels", self.levels, 1)

    def at(self, step: int) -> MaskSampler:
        """The sampler for that training step, counted from 0."""
        check_at_least("step", step, 0)
        progress = (step - self.start_step) / (self.end_step - self.start_step)
        progress = min(max(progress, 0.0), 1.0)
        if self.levels is not None:
            progress = scaled_down(progress * self.levels) / self.levels
        scaled: MaskSampler = _scale(self.sampler, self.start + (self.end - self.start) * progress)
        return scaled


def _scale(part: Any, factor: float) -> Any:  # noqa: ANN401 (whatever a sampler's field holds)
    """The same with every sampler of strokes or boxes scaled."""
    if isinstance(part, Strokes):
        return replace(
            part,
            max_times=part.min_times + scaled_down((part.max_times - part.min_times) * factor),
            max_width=max(1, scaled_down(part.max_width * factor)),
            max_len=max(1, scaled_down(part.max_len * factor)),
        )
    if isinstance(part, Boxes):
        return replace(
            part,
            max_times=max(
                1, part.min_times + scaled_down((part.max_times - part.min_times) * factor)
            ),
            max_size=max(part.min_size, scaled_down(part.max_size * factor)),
        )
    if isinstance(part, tuple):
        return tuple(_scale(item, factor) for item in part)
    if is_dataclass(part) and not isinstance(part, type):
        names = [item.name for item in fields(part) if item.init]
        return replace(part, **{name: _scale(getattr(part, name), factor) for name in names})
    return part
