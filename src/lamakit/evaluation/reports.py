"""Text tables, CSV files and plots of numbers."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from torch import Tensor

from lamakit._imports import import_extra

if TYPE_CHECKING:
    from matplotlib.axes import Axes


Row: TypeAlias = dict[str, str | int | float]
"""The row of a table, by the titles of the columns."""


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Return the mean of the values that are not NaN, and its standard error; NaN if unknown."""
    values = values[~values.isnan()]
    if not len(values):
        return math.nan, math.nan
    error = values.std().item() / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return values.mean().item(), error


def format_mean(values: Tensor) -> str:
    """Return the mean of the values that are not NaN as text, with its standard error if known."""
    mean, error = mean_and_error(values)
    return f"{mean:.4g}" if math.isnan(error) else f"{mean:.4g} ± {error:.2g}"


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as lines of right-aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        for row in rows
    )


def labelled(
    title: str, rows: Mapping[str, Iterable[Row]] | Mapping[int, Iterable[Row]]
) -> list[Row]:
    """Return all rows, each with its key in a first column of that title."""
    return [{title: key, **row} for key, group in rows.items() for row in group]


def write_csv(path: str | os.PathLike[str], rows: Sequence[Row]) -> None:
    """Write the rows to a CSV file with their titles above them; NaN is left empty."""
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {
                    title: "" if isinstance(v, float) and math.isnan(v) else v
                    for title, v in row.items()
                }
            )


def axes_or_new(axes: Axes | None) -> Axes:
    """Return matplotlib's axes as they are, or new ones for None."""
    if axes is not None:
        return axes
    pyplot = import_extra("matplotlib.pyplot", extra="evaluation", user="a plot")
    return cast("Axes", pyplot.subplots(layout="constrained")[1])
