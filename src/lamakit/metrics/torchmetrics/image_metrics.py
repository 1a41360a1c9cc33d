"""The image metrics of lamakit, each a metric of torchmetrics with its mean over all images."""

from __future__ import annotations

from functools import partial

from typing_extensions import Unpack

from lamakit._checks import check_at_least
from lamakit._weights import Weights
from lamakit.metrics import lpips
from lamakit.metrics.color_distance import color_wasserstein
from lamakit.metrics.pixelwise import l1, psnr
from lamakit.metrics.spectral_distance import log_spectral_distance
from lamakit.metrics.structural_similarity import ssim
from lamakit.metrics.torchmetrics.mean_of_images import ImageMetric, ImageMetricOptions


class L1(ImageMetric):
    """The mean over all images of :func:`lamakit.metrics.l1`.

    Args:
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> image, mask = torch.zeros(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> L1()(image + 0.25, image, mask)
        tensor(0.2500)
    """

    higher_is_better = False

    def __init__(self, **options: Unpack[ImageMetricOptions]) -> None:
        super().__init__(l1, **options)


class PSNR(ImageMetric):
    """The mean over all images of :func:`lamakit.metrics.psnr`, in dB.

    Args:
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> from torchmetrics import MetricCollection
        >>> metrics = MetricCollection([PSNR(), L1()])
        >>> image, mask = torch.zeros(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> metrics.update(image + 0.1, image, mask)
        >>> metrics.compute()
        {'PSNR': tensor(20.), 'L1': tensor(0.1000)}
    """

    higher_is_better = True

    def __init__(self, **options: Unpack[ImageMetricOptions]) -> None:
        super().__init__(psnr, **options)


class SSIM(ImageMetric):
    """The mean over all images of :func:`lamakit.metrics.ssim`.

    Args:
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> from lamakit.metrics import whole_image
        >>> image, mask = torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> SSIM(region=whole_image)(image, image, mask)
        tensor(1.)
    """

    higher_is_better = True

    def __init__(self, **options: Unpack[ImageMetricOptions]) -> None:
        super().__init__(ssim, **options)


class LogSpectralDistance(ImageMetric):
    """The mean over all images of :func:`lamakit.metrics.log_spectral_distance`, in dB.

    Args:
        num_bins: the number of rings of frequencies, at least 1.
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> LogSpectralDistance()(image, image, mask)
        tensor(0.)
    """

    higher_is_better = False

    def __init__(self, *, num_bins: int = 16, **options: Unpack[ImageMetricOptions]) -> None:
        check_at_least("num_bins", num_bins, 1)
        super().__init__(partial(log_spectral_distance, num_bins=num_bins), **options)


class ColorWasserstein(ImageMetric):
    """The mean over all images of :func:`lamakit.metrics.color_wasserstein`.

    Args:
        num_bases: the number of bases of colour space, at least 1.
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 8, 8), torch.ones(2, 1, 8, 8)
        >>> ColorWasserstein()(image.flip(3), image, mask)
        tensor(0.)
    """

    higher_is_better = False

    def __init__(self, *, num_bases: int = 4, **options: Unpack[ImageMetricOptions]) -> None:
        check_at_least("num_bases", num_bases, 1)
        super().__init__(partial(color_wasserstein, num_bases=num_bases), **options)


class LPIPS(ImageMetric):
    """The mean over all images of :class:`lamakit.metrics.LPIPS`.

    Args:
        backbone_weights: as for that class: a file or a state dict; None for random weights.
        linear_weights: the same.
        **options: ``region`` and the other options of :class:`ImageMetric`.

    Example:
        >>> import torch
        >>> image, mask = torch.rand(2, 3, 16, 16), torch.ones(2, 1, 16, 16)
        >>> LPIPS()(image, image, mask)  # random weights
        tensor(0.)
    """

    higher_is_better = False

    def __init__(
        self,
        backbone_weights: Weights | None = None,
        linear_weights: Weights | None = None,
        **options: Unpack[ImageMetricOptions],
    ) -> None:
        super().__init__(lpips.LPIPS(backbone_weights, linear_weights), **options)
