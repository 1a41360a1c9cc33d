"""Several methods side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lamakit._registry import look_up
from lamakit.evaluation.result import Evaluation, cell, new_axes, table, write_csv

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Comparison", "side_by_side"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several methods on the same images and masks, side by side.

    Printed, it is a table of each metric's mean, and of the paired difference from the first
    method: the mean over the images of the difference of the two, with its standard error.

    Args:
        evaluations: by the method's name; the first is what the others are compared with.

    Raises:
        ValueError: if there are none, or they have other metrics, images or masks than the first.

    Example:
        >>> import torch
        >>> from lamakit.evaluation import evaluate
        >>> from lamakit.metrics import l1
        >>> images, masks = torch.rand(4, 3, 16, 16), torch.ones(4, 1, 16, 16)
        >>> black = evaluate(lambda image, mask: image, images, masks, metrics={"L1": l1})
        >>> grey = evaluate(lambda image, mask: image + 0.5, images, masks, metrics={"L1": l1})
        >>> comparison = Comparison({"black": black, "grey": grey})
        >>> bool((comparison.difference("grey", "L1") < 0).all())
        True
    """

    evaluations: Mapping[str, Evaluation]

    def __post_init__(self) -> None:
        if not self.evaluations:
            raise ValueError("evaluations must hold at least one evaluation, got none")
        first_name, first = next(iter(self.evaluations.items()))
        for name, other in self.evaluations.items():
            if (
                other.values.keys() != first.values.keys()
                or other.totals.keys() != first.totals.keys()
            ):
                raise ValueError(f"{name!r} must have the metrics of {first_name!r}")
            if not torch.equal(other.areas, first.areas):
                raise ValueError(f"{name!r} must have the images and masks of {first_name!r}")

    def __str__(self) -> str:
        """The table of means and differences."""
        return side_by_side("method", self.evaluations)

    def difference(self, method: str, metric: str) -> Tensor:
        """Each image's value of a method less that of the first method."""
        first = next(iter(self.evaluations.values()))
        other = look_up("method", method, self.evaluations)
        return look_up("metric", metric, other.values) - first.values[metric]

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each method and image, as :meth:`Evaluation.to_csv` does for one."""
        first = next(iter(self.evaluations.values()))
        rows = ([name, *row] for name, e in self.evaluations.items() for row in e.rows())
        write_csv(path, ["method", "image", "area", "seconds", *first.values], rows)

    def plot_by_area(self, metric: str, *, axes: Axes | None = None) -> Axes:
        """Draw :meth:`Evaluation.plot_by_area` for every method, with a legend."""
        axes = new_axes(axes)
        for name, evaluation in self.evaluations.items():
            evaluation.plot_by_area(metric, axes=axes, label=name)
        axes.legend()
        return axes


def side_by_side(heading: str, evaluations: Mapping[str, Evaluation]) -> str:
    """A row for each evaluation: its metrics, and their paired differences from the first's."""
    first_name, first = next(iter(evaluations.items()))
    names = [*first.values, *first.totals]
    rows = [[heading, *(title for name in names for title in (name, "difference")), "seconds"]]
    notes = []
    for label, evaluation in evaluations.items():
        *means, seconds = evaluation.cells()
        pairs = [cell(v - first.values[name]) for name, v in evaluation.values.items()]
        pairs += [f"{v - first.totals[name]:.4g}" for name, v in evaluation.totals.items()]
        if evaluation is first:
            pairs = ["" for _ in pairs]
        rows.append([label, *(c for pair in zip(means, pairs, strict=True) for c in pair), seconds])
        notes += [f"{label}: {line}" for line in evaluation.missing()]
    found = f"{len(first)} images. A difference is the paired one from {first_name}."
    return "\n".join([table(rows), found, *notes])
