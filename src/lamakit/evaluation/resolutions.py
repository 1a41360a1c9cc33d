"""A method's error over the size of the images."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional as F

from lamakit._checks import check_at_least
from lamakit._dtypes import at_least_float32
from lamakit.evaluation.comparison import side_by_side
from lamakit.evaluation.harness import check_repeatable, evaluate
from lamakit.evaluation.methods import Filler
from lamakit.evaluation.result import Evaluation, new_axes
from lamakit.metrics.feature_distances import SetMetric
from lamakit.metrics.regions import Metric

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ResolutionCurve", "evaluate_resolutions"]


@dataclass(frozen=True, eq=False)
class ResolutionCurve:
    """One method on the same images at several sizes, as in LaMa's fig. 6.

    Printed, it is a table of each metric's mean, and of the paired difference from the first size.

    Args:
        evaluations: by the shorter side in pixels, in the order of the curve.

    Example:
        >>> import torch
        >>> from lamakit.evaluation import evaluate_resolutions
        >>> from lamakit.metrics import l1
        >>> images, masks = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> curve = evaluate_resolutions(
        ...     lambda image, mask: image + 0.5, images, masks, sides=(16, 32), metrics={"L1": l1}
        ... )
        >>> curve.evaluations[16].mean("L1") < curve.evaluations[32].mean("L1")
        True
    """

    evaluations: Mapping[int, Evaluation]

    def __str__(self) -> str:
        """The table of means and differences."""
        return side_by_side("side", {str(side): e for side, e in self.evaluations.items()})

    def plot(self, metric: str, *, axes: Axes | None = None, label: str | None = None) -> Axes:
        """Draw a metric against the shorter side.

        Args:
            metric: one of the metrics.
            axes: matplotlib's, to draw into; None for new ones, which need it installed
                (``pip install "lamakit[metrics]"``).
            label: what the legend calls it.

        Returns:
            The axes.
        """
        axes = new_axes(axes)
        means = [evaluation.mean(metric) for evaluation in self.evaluations.values()]
        axes.plot(list(self.evaluations), means, marker="o", label=label)
        axes.set(xlabel="shorter side, pixels", ylabel=metric)
        return axes


def evaluate_resolutions(
    filler: nn.Module | Filler,
    images: Iterable[Tensor],
    masks: Iterable[Tensor],
    *,
    sides: Sequence[int] = (256, 512, 768, 1024, 1536),
    metrics: Mapping[str, Metric | SetMetric],
    batch_size: int = 1,
    progress: bool = False,
) -> ResolutionCurve:
    """How a method's error grows with the size of the images.

    Each image is made smaller, its proportions kept, until its shorter side is what is wanted
    (bilinear, antialiased), and its mask with it (nearest). None is made larger: that would add no
    detail to compare with.

    Args:
        filler: as :func:`evaluate` takes it.
        images: the whole images, each (C, H, W) with values in [0, 1]; gone through for each side.
        masks: one for each image, (1, H, W), 1 where a pixel is missing.
        sides: the shorter sides in pixels, each at least 1.
        metrics: as :func:`evaluate` takes them.
        batch_size: images at once, at least 1.
        progress: whether a bar is shown for each side (``pip install "lamakit[metrics]"``).

    Returns:
        A :class:`ResolutionCurve`.

    Raises:
        ValueError: if an image is smaller than one of the sides, or as :func:`evaluate` does.
        TypeError: if ``images`` or ``masks`` can be gone through only once, or as
            :func:`evaluate` does.

    Example:
        >>> import torch
        >>> from lamakit.metrics import l1
        >>> images, masks = torch.rand(2, 3, 32, 48), torch.ones(2, 1, 32, 48)
        >>> curve = evaluate_resolutions(
        ...     lambda image, mask: image, images, masks, sides=(16, 32), metrics={"L1": l1}
        ... )
        >>> list(curve.evaluations)
        [16, 32]

    Source:
        LaMa, sec. 3.3 and fig. 6, which do not say how images of several sizes came about: smaller
        copies of the same ones are lamakit's choice.
    """
    check_repeatable("images", images)
    check_repeatable("masks", masks)
    if not sides:
        raise ValueError("sides must hold at least one side, got none")
    for side in sides:
        check_at_least("sides", side, 1)
    return ResolutionCurve(
        {
            side: evaluate(
                filler,
                _resized(images, side, "bilinear"),
                _resized(masks, side, "nearest-exact"),
                metrics=metrics,
                batch_size=batch_size,
                progress=progress,
            )
            for side in sides
        }
    )


def _resized(images: Iterable[Tensor], side: int, mode: str) -> Iterator[Tensor]:
    """Each image with that shorter side."""
    for image in images:
        shorter = min(image.shape[1:])
        if shorter < side:
            raise ValueError(
                f"an image or mask of {image.shape[1]}x{image.shape[2]} is too small for the side "
                f"{side}: leave out that side, or the image"
            )
        size = [round(length * side / shorter) for length in image.shape[1:]]
        antialias = mode == "bilinear"
        resized = F.interpolate(at_least_float32(image)[None], size, mode=mode, antialias=antialias)
        yield resized[0].to(image.dtype)
