"""The result of an evaluation: every value of every image, as a table, a CSV file and a plot."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lamakit._registry import look_up
from lamakit.evaluation.area_bins import AREA_BINS, area_bin, bin_label
from lamakit.evaluation.reports import (
    Row,
    axes_or_new,
    format_mean,
    format_table,
    mean_and_error,
    write_csv,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The result of :func:`evaluate`: every metric of every image, for one method.

    A value is NaN where there is none, as for an empty region. Means leave such values out, and the
    table says how many there are. Printed, it is a table by mask area: means with their standard
    errors, and the median time of an image in seconds.

    Args:
        values: for each image metric, one value per image.
        set_values: for each set metric, such as FID, its value.
        areas: the missing share of each image, from 0 to 1.
        seconds: the time that each image took.
        set_values_by_area: the set metrics for each bin of :func:`area_bin`, if they were asked
            for.

    Example:
        >>> import torch
        >>> result = Evaluation(
        ...     values={"PSNR": torch.tensor([20.0, 24.0, 14.0])},
        ...     set_values={},
        ...     areas=torch.tensor([0.11, 0.19, 0.42]),
        ...     seconds=torch.tensor([0.1, 0.1, 0.1]),
        ... )
        >>> print(result)
        mask area  images         PSNR  seconds
          10-20 %       2       22 ± 2      0.1
          40-50 %       1           14      0.1
              all       3  19.33 ± 2.9      0.1
        >>> round(result.mean("PSNR"), 2)
        19.33
        >>> result.means_by_area("PSNR")
        {'10-20 %': 22.0, '40-50 %': 14.0}
    """

    values: Mapping[str, Tensor]
    set_values: Mapping[str, float]
    areas: Tensor
    seconds: Tensor
    set_values_by_area: Mapping[int, Mapping[str, float]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.areas)

    def __str__(self) -> str:
        """Return the table by mask area."""
        rows = [["mask area", "images", *self.values, *self.set_values, "seconds"]]
        bins = area_bin(self.areas)
        for number in bins.unique().tolist():
            part = self._images_of_bin(number, bins == number)
            rows.append([bin_label(number), f"{len(part)}", *part.table_row()])
        rows.append(["all", f"{len(self)}", *self.table_row()])
        return "\n".join([format_table(rows), *self.notes()])

    def mean(self, metric: str) -> float:
        """Return the mean over the images that have a value, or the value of a set metric."""
        if metric in self.set_values:
            return self.set_values[metric]
        return look_up("metric", metric, self.values).nanmean().item()

    def means_by_area(self, metric: str) -> dict[str, float]:
        """Return the mean in each bin of mask area that holds images, such as ``10-20 %``.

        For a set metric it is the value of the bin's images.

        Raises:
            ValueError: if there is no such metric, or it is a set metric and ``evaluate`` was not
                told ``set_values_by_area=True``.
        """
        if metric in self.set_values:
            if not self.set_values_by_area:
                raise ValueError(
                    f"{metric!r} was not computed by area: evaluate(..., set_values_by_area=True)"
                )
            return {bin_label(n): found[metric] for n, found in self.set_values_by_area.items()}
        values, bins = look_up("metric", metric, self.values), area_bin(self.areas)
        return {
            bin_label(number): values[bins == number].nanmean().item()
            for number in bins.unique().tolist()
        }

    def rows(self) -> list[Row]:
        """Return a row for each image: its number, area, seconds and metrics, by these names.

        A set metric has its one value in every row. ``pandas.DataFrame(result.rows())`` makes a
        table of them.
        """
        columns = {"area": self.areas, "seconds": self.seconds, **self.values}
        columns |= {k: torch.full_like(self.areas, v) for k, v in self.set_values.items()}
        per_image = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [
            {"image": number, **dict(zip(columns, row, strict=True))}
            for number, row in enumerate(per_image)
        ]

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of :meth:`rows` to a CSV file; NaN is left empty."""
        write_csv(path, self.rows())

    def plot_by_area(
        self, metric: str, *, axes: Axes | None = None, label: str | None = None
    ) -> Axes:
        """Draw the mean in each bin of mask area, with its standard error.

        Args:
            metric: the name of an image metric.
            axes: matplotlib's axes to draw into; None for new ones
                (``pip install "lamakit[evaluation]"``).
            label: the name in the legend.

        Returns:
            The axes.
        """
        values, bins = look_up("metric", metric, self.values), area_bin(self.areas)
        axes = axes_or_new(axes)
        means = {n: mean_and_error(values[bins == n]) for n in bins.unique().tolist()}
        axes.errorbar(
            [100 * (number + 0.5) / AREA_BINS for number in means],
            [mean for mean, _ in means.values()],
            [0 if math.isnan(error) else error for _, error in means.values()],
            marker="o",
            capsize=3,
            label=label,
        )
        axes.set(xlabel="missing share of the image, %", ylabel=metric)
        return axes

    def table_row(self) -> list[str]:
        """Return the cells of a table: each metric, then the median of the seconds."""
        means = [format_mean(values) for values in self.values.values()]
        set_values = ["" if math.isnan(v) else f"{v:.4g}" for v in self.set_values.values()]
        return [*means, *set_values, f"{self.seconds.quantile(0.5).item():.3g}"]

    def notes(self) -> Iterator[str]:
        """Yield a line for each metric that has no value for some images."""
        for name, values in self.values.items():
            if count := int(values.isnan().sum()):
                yield f"{name} is missing for {count} of {len(values)} images."

    def _images_of_bin(self, number: int, chosen: Tensor) -> Evaluation:
        """Return the evaluation of the chosen images, those of one bin of mask area."""
        values = {name: values[chosen] for name, values in self.values.items()}
        nothing = dict.fromkeys(self.set_values, math.nan)
        set_values = self.set_values_by_area.get(number, nothing)
        return Evaluation(values, set_values, self.areas[chosen], self.seconds[chosen])
