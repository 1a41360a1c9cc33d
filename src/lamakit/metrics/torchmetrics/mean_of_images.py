"""The mean of any image metric over all images, as a metric of torchmetrics."""

from __future__ import annotations

from functools import partial

from torch import Tensor
from torchmetrics.utilities import dim_zero_cat
from typing_extensions import Unpack, override

from lamakit.metrics.regions import Metric, Region, missing_pixels
from lamakit.metrics.torchmetrics.holding_metric import HoldingMetric, MetricOptions, check_some


class ImageMetricOptions(MetricOptions, total=False):
    """Options of every :class:`ImageMetric`."""

    region: Region


class ImageMetric(HoldingMetric):
    """The mean over all images of any metric that has one value for each image.

    An image without a value (NaN), as for an empty region, is left out. Processes that share the
    images have one result: the mean over the images of all. A module such as
    :class:`lamakit.metrics.LPIPS` moves with the metric, but is not part of its state dict.

    Args:
        metric: a function of prediction, target and region that returns (B,).
        region: a function from the mask to the pixels that count: the hole by default, or
            :func:`~lamakit.metrics.whole_image`, ``ring_around_hole(8)``, ...
        **options: those of every metric of torchmetrics: ``compute_on_cpu``,
            ``compute_with_cache``, ``dist_sync_fn``, ``dist_sync_on_step``,
            ``distributed_available_fn``, ``process_group`` and ``sync_on_compute``.

    Example:
        >>> import torch
        >>> from lamakit.metrics import psnr
        >>> metric = ImageMetric(psnr)
        >>> image, mask = torch.zeros(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> metric.update(image + 0.1, image, mask)
        >>> metric.update(image + 0.01, image, mask)
        >>> metric.compute()
        tensor(30.)
    """

    def __init__(
        self,
        metric: Metric,
        *,
        region: Region = missing_pixels,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(metric, **options)
        self._region = region
        # A MetricCollection takes metrics for one and the same whose states have equal names and,
        # after the first batch, equal values, as those of perfect fillings.
        self._values = f"values of {_name(self._held)} in {_name(region)}"
        self.add_state(self._values, [], dist_reduce_fx="cat")

    @override
    def update(self, prediction: Tensor, target: Tensor, mask: Tensor) -> None:
        """Add filled images and true images (B, C, H, W), and their masks (B, 1, H, W)."""
        values = self._held(prediction, target, self._region(mask))
        getattr(self, self._values).append(values.float())

    @override
    def compute(self) -> Tensor:
        """Return the mean over the images that have a value; NaN if none has one."""
        values = getattr(self, self._values)
        check_some(values)
        return dim_zero_cat(values).nanmean()


def _name(function: object) -> str:
    """Return a name of a function that tells it from others, with the arguments of a partial."""
    if isinstance(function, partial):
        return f"{_name(function.func)}{function.args}{function.keywords}"
    return getattr(function, "__qualname__", type(function).__qualname__)
