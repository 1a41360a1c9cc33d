"""The metrics as classes of torchmetrics, for Lightning, ``MetricCollection`` and many processes.

Each class stands for the function of :mod:`lamakit.metrics` with its name, or the class. All are
updated with ``(prediction, target, mask)``, batch by batch. They need torchmetrics
(``pip install "lamakit[evaluation]"``), so ``lamakit.metrics`` does not import this package.
"""

from lamakit._imports import import_extra

import_extra("torchmetrics", extra="evaluation", user="lamakit.metrics.torchmetrics")

# Only now, since these need torchmetrics: the line above says what to install.
from lamakit.metrics.torchmetrics.image_metrics import (  # noqa: E402
    L1,
    LPIPS,
    PSNR,
    SSIM,
    ColorWasserstein,
    LogSpectralDistance,
)
from lamakit.metrics.torchmetrics.mean_of_images import ImageMetric  # noqa: E402
from lamakit.metrics.torchmetrics.set_metrics import FID, KID, PIDS, UIDS  # noqa: E402

__all__ = [
    "FID",
    "KID",
    "L1",
    "LPIPS",
    "PIDS",
    "PSNR",
    "SSIM",
    "UIDS",
    "ColorWasserstein",
    "ImageMetric",
    "LogSpectralDistance",
]
