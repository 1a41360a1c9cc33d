"""Holes that grow during training."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields, is_dataclass, replace
from typing import Any

from lamakit._checks import check_at_least, check_fraction
from lamakit._sizes import scaled_down
from lamakit.masks.boxes import Boxes
from lamakit.masks.sampler import MaskSampler, check_sampler
from lamakit.masks.strokes import Strokes


@dataclass(frozen=True)
class Ramp:
    """A sampler for each training step, whose strokes and boxes grow in size and number.

    A factor rises linearly from ``start`` at ``start_step`` to ``end`` at ``end_step``. All
    :class:`Strokes` and :class:`Boxes` inside the sampler, at any depth, are scaled with it,
    rounded down; everything else stays as it is:

    - ``max_times`` of boxes moves from ``min_times`` (at least 1), that of strokes from
      ``min_times + 1``, to its own value;
    - ``max_size`` is multiplied, but stays at least ``min_size``;
    - the number of widths of strokes, ``max_width - min_width + 1``, is multiplied, but stays at
      least 1; the same for lengths.

    Args:
        sampler: what is scaled; at the factor 1 it is used as it is.
        start_step: last training step with the factor ``start``, at least 0.
        end_step: first training step with the factor ``end``, at least ``start_step + 1``.
        start: first factor, from 0 to 1.
        end: last factor, from 0 to 1.
        levels: number of equal jumps in which the factor changes; None for a change at every step.

    Raises:
        ValueError: if an argument is out of range.
        TypeError: if ``sampler`` is not a mask sampler.

    Example:
        >>> from lamakit.masks import Boxes
        >>> boxes = Boxes(min_times=1, max_times=5, min_size=10, max_size=100)
        >>> Ramp(boxes, start_step=0, end_step=1000).at(500)
        Boxes(min_times=1, max_times=3, min_size=10, max_size=50, margin=0)

    Source:
        LaMa's released code. Differences: there the largest side of a box grows from the smallest,
        and steps may be uneven.
    """

    sampler: MaskSampler
    _: KW_ONLY
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
        """Return the sampler for that training step, counted from 0."""
        check_at_least("step", step, 0)
        progress = (step - self.start_step) / (self.end_step - self.start_step)
        progress = min(max(progress, 0.0), 1.0)
        if self.levels is not None:
            progress = scaled_down(progress * self.levels) / self.levels
        scaled: MaskSampler = _scale(self.sampler, self.start + (self.end - self.start) * progress)
        return scaled


def _scale(part: Any, factor: float) -> Any:  # noqa: ANN401 (whatever a sampler's field holds)
    """Return a copy in which every sampler of strokes or boxes is scaled, at any depth."""
    if isinstance(part, Strokes):
        # At the factor 0, strokes have one width and one length, and there are at most
        # min_times + 1 of them.
        return replace(
            part,
            max_times=_scale_bound(min(part.min_times + 1, part.max_times), part.max_times, factor),
            max_width=_scale_count(part.min_width, part.max_width, factor),
            max_len=_scale_count(part.min_len, part.max_len, factor),
        )
    if isinstance(part, Boxes):
        return replace(
            part,
            max_times=max(1, _scale_bound(part.min_times, part.max_times, factor)),
            max_size=max(part.min_size, scaled_down(part.max_size * factor)),
        )
    if isinstance(part, tuple):
        return tuple(_scale(item, factor) for item in part)
    if is_dataclass(part) and not isinstance(part, type):
        names = [item.name for item in fields(part) if item.init]
        return replace(part, **{name: _scale(getattr(part, name), factor) for name in names})
    return part


def _scale_bound(low: int, high: int, factor: float) -> int:
    """Return an upper bound that moves from ``low`` to ``high`` with the factor."""
    return low + scaled_down((high - low) * factor)


def _scale_count(low: int, high: int, factor: float) -> int:
    """Return an upper bound so that the number of values from ``low`` up is scaled."""
    return low + max(1, scaled_down((high - low + 1) * factor)) - 1
