"""Evaluation of several methods on several families of masks, and the table of the results."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from lamakit.evaluation.comparison import Comparison
from lamakit.evaluation.harness import check_repeatable, evaluate
from lamakit.evaluation.methods import InpaintingMethod
from lamakit.evaluation.metric_choice import DEFAULT_METRICS, MetricChoice
from lamakit.evaluation.reports import Row, format_table, labelled, write_csv


@dataclass(frozen=True, eq=False)
class MaskFamilyTable:
    """Comparisons of several methods on the same images, one for each family of masks.

    Printed, it is a table like Table 1 of the paper on feature refinement, or GLaMa's tables 1 and
    2: a row for each method, with each metric for each family and the median time of an image.

    Args:
        comparisons: the comparison of the methods by the name of the family.

    Example:
        >>> import torch
        >>> from lamakit.evaluation import evaluate_mask_families
        >>> from lamakit.metrics import l1
        >>> images, mask = torch.full((2, 3, 8, 8), 0.75), torch.ones(1, 8, 8)
        >>> table = evaluate_mask_families(
        ...     {"black": lambda image, mask: image, "grey": lambda image, mask: image + 0.5},
        ...     images,
        ...     {"thin": [mask * torch.eye(8), mask * torch.eye(8)], "thick": [mask, mask]},
        ...     metrics={"L1": l1},
        ... )
        >>> table.comparisons["thin"].evaluations["grey"].mean("L1")
        0.25
        >>> table.means("L1")
        {'thin': {'black': 0.75, 'grey': 0.25}, 'thick': {'black': 0.75, 'grey': 0.25}}
    """

    comparisons: Mapping[str, Comparison]

    def __str__(self) -> str:
        """Return the table of methods and families."""
        families = [comparison.evaluations for comparison in self.comparisons.values()]
        heading = ["method"]
        for name, evaluations in zip(self.comparisons, families, strict=True):
            first = next(iter(evaluations.values()))
            heading += [f"{name} {metric}" for metric in (*first.values, *first.set_values)]
        rows = [[*heading, "seconds"]]
        for method in families[0]:
            cells = [cell for family in families for cell in family[method].table_row()[:-1]]
            seconds = torch.cat([family[method].seconds for family in families]).quantile(0.5)
            rows.append([method, *cells, f"{seconds.item():.3g}"])
        return format_table(rows)

    def means(self, metric: str) -> dict[str, dict[str, float]]:
        """Return for each family each method's mean of a metric, or its value of a set metric."""
        return {family: found.means(metric) for family, found in self.comparisons.items()}

    def rows(self) -> list[Row]:
        """Return a row for each family, method and image: those of :meth:`Comparison.rows`."""
        return labelled("family", {family: c.rows() for family, c in self.comparisons.items()})

    def to_csv(self, path: str | os.PathLike[str]) -> None:
        """Write the rows of :meth:`rows` to a CSV file; NaN is left empty."""
        write_csv(path, self.rows())


def evaluate_mask_families(
    methods: Mapping[str, InpaintingMethod],
    images: Iterable[Tensor],
    masks: Mapping[str, Iterable[Tensor]],
    *,
    metrics: MetricChoice = DEFAULT_METRICS,
    batch_size: int = 1,
    progress: bool = False,
) -> MaskFamilyTable:
    """Evaluate several methods on the same images with several families of masks.

    A family is a kind of mask, such as thin or thick strokes. Every method gets the same images
    with the same masks. For the table of the paper on feature refinement, the methods are a network
    with and without that step, the images 1000 of 1024x1024 pixels, and the masks thin, medium and
    thick strokes that cover at most half of an image. For GLaMa's tables, the methods are networks
    and the families those of :func:`lamakit.masks.glama_families`.

    Args:
        methods: the methods by the name in the table, each as for :func:`evaluate`.
        images: the whole images, each (C, H, W) with values in [0, 1]; iterated over once for each
            method and family.
        masks: for each family its masks, one for each image, (1, H, W), such as
            ``AreaBounds(sampler, max_area=0.5).batch(len(images), size, generator=generator)``
            draws or :class:`lamakit.masks.MaskFiles` reads. Without that bound, 44 % of the masks
            of ``thick(1024)`` cover more than half of an image.
        metrics: as for :func:`evaluate`.
        batch_size: the number of images in a batch, at least 1; with 1, the seconds are those of an
            image alone.
        progress: whether to show a progress bar for each method and family
            (``pip install "lamakit[io]"``).

    Returns:
        A :class:`MaskFamilyTable`.

    Raises:
        ValueError: if there are no methods or no masks; else as :func:`evaluate`.
        TypeError: if ``images`` or one of ``masks`` is an iterator; else as :func:`evaluate`.
        ImportError: as :func:`evaluate`.

    Example:
        >>> import torch
        >>> from lamakit.masks import Strokes
        >>> from lamakit.metrics import psnr, ssim
        >>> images, generator = torch.rand(2, 3, 64, 64), torch.Generator().manual_seed(0)
        >>> samplers = {
        ...     "thin": Strokes(min_times=4, max_times=8, max_width=9, max_len=50),
        ...     "thick": Strokes(min_times=1, max_times=3, max_width=34, max_len=50),
        ... }
        >>> table = evaluate_mask_families(
        ...     {"black": lambda image, mask: image, "grey": lambda image, mask: image + mask / 2},
        ...     images,
        ...     {name: s.batch(2, (64, 64), generator=generator) for name, s in samplers.items()},
        ...     metrics={"PSNR": psnr, "SSIM": ssim},
        ... )
        >>> print(table)
        method      thin PSNR       thin SSIM     thick PSNR      thick SSIM  seconds
         black  ... ± ...
          grey  ... ± ...

    Source:
        Kulshreshtha et al., "Feature Refinement to Improve High Resolution Image Inpainting"
        (2022), sec. 4 and table 1, whose masks are chosen as LaMa's are (its fig. 3: at most half
        of an image). Differences: the metrics are the caller's, theirs are FID and LPIPS; the time
        is the median, theirs is not said to be.
    """
    check_repeatable("images", images)
    for family, family_masks in masks.items():
        check_repeatable(f"masks[{family!r}]", family_masks)
    if not methods or not masks:
        raise ValueError("methods and masks must hold at least one each")
    run = partial(evaluate, metrics=metrics, batch_size=batch_size, progress=progress)
    return MaskFamilyTable(
        {
            family: Comparison(
                {name: run(method, images, family_masks) for name, method in methods.items()}
            )
            for family, family_masks in masks.items()
        }
    )
