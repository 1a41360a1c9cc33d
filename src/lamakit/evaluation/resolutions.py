"""Evaluation of one method at several resolutions, and the curve of its error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional as F

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32
from lamakit.evaluation.comparison import comparison_table
from lamakit.evaluation.harness import check_repeatable, evaluate
from lamakit.evaluation.methods import InpaintingMethod
from lamakit.evaluation.metric_choice import DEFAULT_METRICS, MetricChoice
from lamakit.evaluation.reports import Row, axes_or_new, labelled, write_csv
from lamakit.evaluation.result import Evaluation
from lamakit.images.resizing import resize

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class ResolutionCurve:
    """Evaluations of one method on the same images at several resolutions, as in LaMa's fig. 6.

    Printed, it is a table with a row for each resolution: each metric's mean, and its paired
    difference from the first resolution.

    Args:
        evaluations: the evaluations by the resolution, which is the shorter side in pixels, in the
            order of the curve.

    Example:
        >>> import torch
        >>> from lamakit.evaluation import evaluate_resolutions
        >>> from lamakit.metrics import l1
        >>> images, masks = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> grey = lambda image, mask: image + 0.5
        >>> curve = evaluate_resolutions(
        ...     grey, images, masks, resolutions=(16, 32), metrics={"L1": l1}
        ... )
        >>> curve.evaluations[16].mean("L1") < curve.evaluations[32].mean("L1")
        True
    """

    evaluations: Mapping[int, Evaluation]

    def __str__(self) -> str:
        """Return the table of means and differences."""
        return comparison_table("resolution", {str(r): e for r, e in self.evaluations.items()})

    def means(self, metric: str) -> dict[int, float]:
        """Return the mean of a metric at each resolution, or the value of a set metric."""
        return {r: evaluation.mean(metric) for r, evaluation in self.evaluations.items()}

    def rows(self) -> list[Row]:
        """Return a row for each resolution and image: those of :meth:`Evaluation.rows`."""
        return labelled("resolution", {r: e.rows() for r, e in self.evaluations.items()})

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of :meth:`rows` to a CSV file; NaN is left empty."""
        write_csv(path, self.rows())

    def plot(self, metric: str, *, axes: Axes | None = None, label: str | None = None) -> Axes:
        """Draw a metric against the resolution.

        Args:
            metric: the name of an image metric or a set metric.
            axes: as for :meth:`Evaluation.plot_by_area`.
            label: the name in the legend.

        Returns:
            The axes.
        """
        axes = axes_or_new(axes)
        means = self.means(metric)
        axes.plot(list(means), list(means.values()), marker="o", label=label)
        axes.set(xlabel="shorter side, pixels", ylabel=metric)
        return axes


def evaluate_resolutions(
    method: InpaintingMethod,
    images: Iterable[Tensor],
    masks: Iterable[Tensor],
    *,
    resolutions: Sequence[int] = (256, 512, 768, 1024, 1536),
    metrics: MetricChoice = DEFAULT_METRICS,
    batch_size: int = 1,
    progress: bool = False,
) -> ResolutionCurve:
    """Evaluate a method on the same images at several resolutions.

    For each resolution, each image is downsampled (bilinear, antialiased) until its shorter side
    has that many pixels, with its proportions kept, and its mask with it (nearest neighbour). No
    image is upsampled: that would add no detail to compare with.

    Args:
        method: as for :func:`evaluate`.
        images: the whole images, each (C, H, W) with values in [0, 1]; iterated over once for each
            resolution.
        masks: a mask for each image, (1, H, W), 1 where a pixel is missing.
        resolutions: the lengths of the shorter side in pixels, each at least 1.
        metrics: as for :func:`evaluate`.
        batch_size: the number of images in a batch, at least 1.
        progress: whether to show a progress bar for each resolution
            (``pip install "lamakit[io]"``).

    Returns:
        A :class:`ResolutionCurve`.

    Raises:
        ValueError: if an image is smaller than one of the resolutions; else as :func:`evaluate`.
        TypeError: if ``images`` or ``masks`` is an iterator; else as :func:`evaluate`.
        ImportError: as :func:`evaluate`.

    Example:
        >>> import torch
        >>> from lamakit.metrics import l1
        >>> images, masks = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> black = lambda image, mask: image
        >>> curve = evaluate_resolutions(
        ...     black, images, masks, resolutions=(16, 32), metrics={"L1": l1}
        ... )
        >>> list(curve.evaluations)
        [16, 32]

    Source:
        LaMa, sec. 3.3 and fig. 6, which do not say how images of several sizes came about: smaller
        copies of the same ones are lamakit's choice.
    """
    check_repeatable("images", images)
    check_repeatable("masks", masks)
    if not resolutions:
        raise ValueError("resolutions must hold at least one resolution, got none")
    for resolution in resolutions:
        check_at_least("resolutions", resolution, 1)
    run = partial(evaluate, method, metrics=metrics, batch_size=batch_size, progress=progress)
    return ResolutionCurve(
        {r: run(_resized(images, r, resize), _resized(masks, r, _nearest)) for r in resolutions}
    )


def _resized(
    images: Iterable[Tensor], resolution: int, resize: Callable[[Tensor, tuple[int, int]], Tensor]
) -> Iterator[Tensor]:
    """Yield each image or mask with ``resolution`` pixels on its shorter side."""
    for image in images:
        height, width = image.shape[1:]
        shorter = min(height, width)
        if shorter < resolution:
            raise ValueError(
                f"an image or mask of {height}x{width} is too small for the resolution "
                f"{resolution}: leave out that resolution, or the image"
            )
        size = round(height * resolution / shorter), round(width * resolution / shorter)
        yield resize(image[None], size)[0].to(image.dtype)


def _nearest(mask: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the mask at (H, W) = ``size``: each pixel is the nearest one of the mask."""
    return F.interpolate(at_least_float32(mask), size, mode="nearest-exact")
