"""What an evaluation found, as a table, a file and a plot."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lamakit._registry import look_up
from lamakit.evaluation.area_bins import AREA_BINS, area_bin

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Evaluation", "cell", "new_axes", "table", "write_csv"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every metric of every image, for one method.

    A value is NaN where there is none, as for an empty region. Means leave these out, and the
    table counts them. Printed, it is a table by mask area: means with their standard errors, and
    the median of the seconds.

    Args:
        values: for each metric, one value an image.
        totals: for each metric of the whole set, such as FID, its value.
        areas: which share of each image is missing.
        seconds: how long each image took.
        totals_by_area: the totals for each bin of :func:`area_bin`, where they were asked for.

    Example:
        >>> import torch
        >>> found = Evaluation(
        ...     values={"PSNR": torch.tensor([20.0, 24.0, 14.0])},
        ...     totals={},
        ...     areas=torch.tensor([0.11, 0.19, 0.42]),
        ...     seconds=torch.tensor([0.1, 0.1, 0.1]),
        ... )
        >>> print(found)
        mask area  images         PSNR  seconds
          10-20 %       2       22 ± 2      0.1
          40-50 %       1           14      0.1
              all       3  19.33 ± 2.9      0.1
        >>> round(found.mean("PSNR"), 2)
        19.33
    """

    values: Mapping[str, Tensor]
    totals: Mapping[str, float]
    areas: Tensor
    seconds: Tensor
    totals_by_area: Mapping[int, Mapping[str, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many images there were."""
        return len(self.areas)

    def __str__(self) -> str:
        """The table by mask area."""
        rows = [["mask area", "images", *self.values, *self.totals, "seconds"]]
        bins = area_bin(self.areas)
        for number in bins.unique().tolist():
            part = self._part(number, bins == number)
            rows.append([f"{10 * number}-{10 * number + 10} %", f"{len(part)}", *part.cells()])
        rows.append(["all", f"{len(self)}", *self.cells()])
        return "\n".join([table(rows), *self.missing()])

    def mean(self, metric: str) -> float:
        """The mean over the images that have a value, or the value of the whole set."""
        if metric in self.totals:
            return self.totals[metric]
        return look_up("metric", metric, self.values).nanmean().item()

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a row for each image: area, seconds and metrics, empty where one is missing."""
        write_csv(path, ["image", "area", "seconds", *self.values], self.rows())

    def plot_by_area(
        self, metric: str, *, axes: Axes | None = None, label: str | None = None
    ) -> Axes:
        """Draw the mean in each bin of mask area, with its standard error.

        Args:
            metric: one of the metrics with a value for each image.
            axes: matplotlib's, to draw into; None for new ones, which need it installed
                (``pip install "lamakit[metrics]"``).
            label: what the legend calls it.

        Returns:
            The axes.
        """
        values, bins = look_up("metric", metric, self.values), area_bin(self.areas)
        axes = new_axes(axes)
        found = {n: _mean_and_error(values[bins == n]) for n in bins.unique().tolist()}
        axes.errorbar(
            [100 * (number + 0.5) / AREA_BINS for number in found],
            [mean for mean, _ in found.values()],
            [0 if math.isnan(error) else error for _, error in found.values()],
            marker="o",
            capsize=3,
            label=label,
        )
        axes.set(xlabel="missing share of the image, %", ylabel=metric)
        return axes

    def cells(self) -> list[str]:
        """Each metric with its standard error, and the median of the seconds."""
        means = [cell(values) for values in self.values.values()]
        totals = ["" if math.isnan(t) else f"{t:.4g}" for t in self.totals.values()]
        return [*means, *totals, f"{self.seconds.quantile(0.5).item():.3g}"]

    def missing(self) -> Iterator[str]:
        """A line for each metric that some images have no value of."""
        for name, values in self.values.items():
            if count := int(values.isnan().sum()):
                yield f"{name} is missing for {count} of {len(values)} images."

    def rows(self) -> Iterator[list[object]]:
        """What the CSV file says of each image."""
        columns = torch.stack([self.areas, self.seconds, *self.values.values()], dim=1)
        for number, row in enumerate(columns.tolist()):
            yield [number, *("" if math.isnan(value) else value for value in row)]

    def _part(self, number: int, chosen: Tensor) -> Evaluation:
        """Return the chosen images, those of a bin."""
        values = {name: values[chosen] for name, values in self.values.items()}
        totals = self.totals_by_area.get(number, dict.fromkeys(self.totals, math.nan))
        return Evaluation(values, totals, self.areas[chosen], self.seconds[chosen])


def table(rows: Sequence[Sequence[str]]) -> str:
    """The rows as lines of right-aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    )


def new_axes(axes: Axes | None = None) -> Axes:
    """The axes, or new ones."""
    if axes is not None:
        return axes
    try:
        import matplotlib.pyplot as plt  # noqa: PLC0415 (an extra, for those who plot)
    except ImportError as error:
        raise ImportError('plots need matplotlib: pip install "lamakit[metrics]"') from error
    return plt.subplots(layout="constrained")[1]


def _mean_and_error(values: Tensor) -> tuple[float, float]:
    """The mean of the values that are there and its standard error, NaN where unknown."""
    values = values[~values.isnan()]
    if not len(values):
        return math.nan, math.nan
    error = values.std().item() / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return values.mean().item(), error


def cell(values: Tensor) -> str:
    """The mean of the values that are there, and its standard error if known."""
    mean, error = _mean_and_error(values)
    return f"{mean:.4g}" if math.isnan(error) else f"{mean:.4g} ± {error:.2g}"


def write_csv(
    path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[object]]
) -> None:
    """Write the rows below their header."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
