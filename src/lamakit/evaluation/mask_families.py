"""Several methods on masks of several kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lamakit.evaluation.comparison import Comparison
from lamakit.evaluation.harness import check_repeatable, evaluate
from lamakit.evaluation.methods import Filler
from lamakit.evaluation.result import table
from lamakit.metrics.feature_distances import SetMetric
from lamakit.metrics.regions import Metric

__all__ = ["MaskFamilyTable", "evaluate_mask_families"]


@dataclass(frozen=True, eq=False)
class MaskFamilyTable:
    """Several methods on the same images with masks of several kinds.

    Printed, it is a table like Table 1 of the paper on feature refinement, or GLaMa's tables 1 and
    2: a row for each method, each metric for each kind of mask, and the median time for an image.

    Args:
        comparisons: the methods' comparison by the kind of mask.

    Example:
        >>> import torch
        >>> from lamakit.evaluation import evaluate_mask_families
        >>> from lamakit.metrics import l1
        >>> images, mask = torch.full((2, 3, 8, 8), 0.75), torch.ones(1, 8, 8)
        >>> found = evaluate_mask_families(
        ...     {"black": lambda image, mask: image, "grey": lambda image, mask: image + 0.5},
        ...     images,
        ...     {"thin": [mask * torch.eye(8), mask * torch.eye(8)], "thick": [mask, mask]},
        ...     metrics={"L1": l1},
        ... )
        >>> found.comparisons["thin"].evaluations["grey"].mean("L1")
        0.25
    """

    comparisons: Mapping[str, Comparison]

    def __str__(self) -> str:
        """The table of methods and brushes."""
        brushes = [comparison.evaluations for comparison in self.comparisons.values()]
        heading = ["method"]
        for brush, comparison in self.comparisons.items():
            first = next(iter(comparison.evaluations.values()))
            heading += [f"{brush} {name}" for name in (*first.values, *first.totals)]
        rows = [[*heading, "seconds"]]
        for method in brushes[0]:
            cells = [cell for found in brushes for cell in found[method].cells()[:-1]]
            seconds = torch.cat([found[method].seconds for found in brushes]).quantile(0.5).item()
            rows.append([method, *cells, f"{seconds:.3g}"])
        return table(rows)


def evaluate_mask_families(
    fillers: Mapping[str, nn.Module | Filler],
    images: Iterable[Tensor],
    masks: Mapping[str, Iterable[Tensor]],
    *,
    metrics: Mapping[str, Metric | SetMetric],
    batch_size: int = 1,
    progress: bool = False,
) -> MaskFamilyTable:
    """How well several methods fill holes of several brushes, and how long they take.

    Every method gets the same images with the same masks. For the refinement paper's table that is
    a network with and without that step, 1000 images of 1024x1024 pixels, and masks of thin, medium
    and thick strokes that cover at most half of an image. For GLaMa's tables it is a network for
    each row and the families of :func:`lamakit.masks.glama_families`.

    Args:
        fillers: by the name that the table shows, each as :func:`evaluate` takes it.
        images: the whole images, each (C, H, W) with values in [0, 1]; gone through for each method
            and brush.
        masks: by the brush's name, one mask for each image, (1, H, W), such as
            ``AreaBounds(sampler, max_area=0.5).batch(len(images), size, generator=generator)``
            draws or :class:`lamakit.masks.MaskFiles` reads. Without the bound, 45 % of the masks of
            ``thick(1024)`` cover more than half of an image.
        metrics: as :func:`evaluate` takes them.
        batch_size: images at once, at least 1; with 1 the seconds are those of an image alone.
        progress: whether a bar is shown for each method and brush
            (``pip install "lamakit[metrics]"``).

    Returns:
        A :class:`MaskFamilyTable`.

    Raises:
        ValueError: if there are no fillers or masks, or as :func:`evaluate` does.
        TypeError: if ``images`` or one of ``masks`` can be gone through only once, or as
            :func:`evaluate` does.

    Example:
        >>> import torch
        >>> from lamakit.masks import Strokes
        >>> from lamakit.metrics import psnr, ssim
        >>> images, generator = torch.rand(2, 3, 64, 64), torch.Generator().manual_seed(0)
        >>> brushes = {
        ...     "thin": Strokes(min_times=4, max_times=8, max_width=5, max_len=40),
        ...     "thick": Strokes(min_times=1, max_times=2, max_width=30, max_len=40),
        ... }
        >>> found = evaluate_mask_families(
        ...     {"black": lambda image, mask: image, "grey": lambda image, mask: image + mask / 2},
        ...     images,
        ...     {name: b.batch(2, (64, 64), generator=generator) for name, b in brushes.items()},
        ...     metrics={"PSNR": psnr, "SSIM": ssim},
        ... )
        >>> print(found)
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
    for brush, drawn in masks.items():
        check_repeatable(f"masks[{brush!r}]", drawn)
    if not fillers or not masks:
        raise ValueError("fillers and masks must hold at least one each")
    return MaskFamilyTable(
        {
            brush: Comparison(
                {
                    name: evaluate(
                        filler,
                        images,
                        drawn,
                        metrics=metrics,
                        batch_size=batch_size,
                        progress=progress,
                    )
                    for name, filler in fillers.items()
                }
            )
            for brush, drawn in masks.items()
        }
    )
