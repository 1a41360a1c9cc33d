"""Comparison of several methods on the same images and masks."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lamakit._registry import look_up
from lamakit.evaluation.reports import (
    Row,
    axes_or_new,
    format_mean,
    format_table,
    labelled,
    write_csv,
)
from lamakit.evaluation.result import Evaluation

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Comparison:
    """Evaluations of several methods on the same images and masks.

    Printed, it is a table with a row for each method: each metric's mean, and its paired difference
    from the first method. That is the mean, over the images, of this method's value minus the first
    method's, with its standard error.

    Args:
        evaluations: the evaluations by the name of the method; the first method is the one that the
            others are compared with.

    Raises:
        ValueError: if there are none, or if one has other metrics, images or masks than the first.

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
                or other.set_values.keys() != first.set_values.keys()
            ):
                raise ValueError(f"{name!r} must have the metrics of {first_name!r}")
            if not torch.equal(other.areas, first.areas):
                raise ValueError(f"{name!r} must have the images and masks of {first_name!r}")

    def __str__(self) -> str:
        """Return the table of means and differences."""
        return comparison_table("method", self.evaluations)

    def difference(self, method: str, metric: str) -> Tensor:
        """Return each image's value of a method minus that of the first method."""
        first = next(iter(self.evaluations.values()))
        other = look_up("method", method, self.evaluations)
        return look_up("metric", metric, other.values) - first.values[metric]

    def means(self, metric: str) -> dict[str, float]:
        """Return each method's mean of a metric, or its value of a set metric."""
        return {name: evaluation.mean(metric) for name, evaluation in self.evaluations.items()}

    def rows(self) -> list[Row]:
        """Return a row for each method and image: those of :meth:`Evaluation.rows`."""
        return labelled("method", {name: e.rows() for name, e in self.evaluations.items()})

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of :meth:`rows` to a CSV file; NaN is left empty."""
        write_csv(path, self.rows())

    def plot_by_area(self, metric: str, *, axes: Axes | None = None) -> Axes:
        """Draw :meth:`Evaluation.plot_by_area` for every method, with a legend."""
        axes = axes_or_new(axes)
        for name, evaluation in self.evaluations.items():
            evaluation.plot_by_area(metric, axes=axes, label=name)
        axes.legend()
        return axes


def comparison_table(heading: str, evaluations: Mapping[str, Evaluation]) -> str:
    """Return a table with each evaluation's metrics and their differences from the first's."""
    first_name, first = next(iter(evaluations.items()))
    metrics = [*first.values, *first.set_values]
    rows = [[heading, *(title for name in metrics for title in (name, "difference")), "seconds"]]
    notes = []
    for label, evaluation in evaluations.items():
        *means, seconds = evaluation.table_row()
        changes = [format_mean(v - first.values[name]) for name, v in evaluation.values.items()]
        changes += [f"{v - first.set_values[k]:.4g}" for k, v in evaluation.set_values.items()]
        if evaluation is first:
            changes = len(changes) * [""]
        pairs = zip(means, changes, strict=True)
        rows.append([label, *(cell for pair in pairs for cell in pair), seconds])
        notes += [f"{label}: {line}" for line in evaluation.notes()]
    summary = f"{len(first)} images. A difference is the paired one from {first_name}."
    return "\n".join([format_table(rows), summary, *notes])
