"""Distances between the features of two sets of images: FID and KID, computed by torchmetrics."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from lamakit._checks import check_at_least
from lamakit._imports import import_extra
from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.metrics.region_means import check_metric_inputs


@runtime_checkable
class SetMetric(Protocol):
    """A metric with one value for a whole set of images, which it receives batch by batch."""

    def reset(self) -> None:
        """Forget all images."""
        ...

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Add a batch of filled images and their true images, both (B, C, H, W)."""
        ...

    def compute(self) -> float | Tensor:
        """Return the value for all images since the last ``reset``."""
        ...


def fid(extractor: FeatureExtractor) -> SetMetric:
    """Return a metric for the Fréchet distance between the features of predictions and targets.

    Smaller is better; 0 is best. torchmetrics computes it in float64
    (``pip install "lamakit[evaluation]"``). Published FID values use the features of one Inception
    network with its weights: values from another extractor can be compared only with each other.
    The value falls as the number of images grows, so compare only sets of one size. With fewer
    images than features it is unreliable. Only the images of this process count; those of all
    processes do in the class of the same name in :mod:`lamakit.metrics.torchmetrics`.

    Args:
        extractor: returns the feature maps of an image (B, 3, H, W) with values in [0, 1]. Only the
            last map is used: (B, D, h, w), averaged over h and w, or (B, D) as it is. A network
            must be on the images' device.

    Returns:
        A :class:`SetMetric`, for :func:`lamakit.evaluation.evaluate` or to call yourself.

    Raises:
        ImportError: if torchmetrics is missing.
        TypeError: from ``update``, if the extractor does not return feature maps.
        ValueError: from ``update``, if shapes do not fit, or the last map is not (B, D) or
            (B, D, ...); from ``compute``, if there were fewer than two images.

    Example:
        >>> import torch
        >>> from lamakit.backbones import vgg16_features
        >>> distance = fid(vgg16_features(layers=("relu1_2",)))  # random weights
        >>> distance.update(torch.rand(4, 3, 16, 16), torch.rand(4, 3, 16, 16))
        >>> distance.compute() > 0
        True

    Source:
        Heusel et al., "GANs Trained by a Two Time-Scale Update Rule" (NeurIPS 2017); LaMa, sec. 3.
    """
    module = import_extra("torchmetrics.image.fid", extra="evaluation", user="fid")
    return _FeatureDistance("fid", extractor, module.FrechetInceptionDistance, min_images=2)


def kid(extractor: FeatureExtractor, *, subsets: int = 100, subset_size: int = 1000) -> SetMetric:
    """Return a metric for the kernel distance between the features of predictions and targets.

    Smaller is better. The value is the mean of an unbiased estimate over random subsets of the
    images, so it may be negative, and unlike :func:`fid` it does not depend on the number of
    images. torchmetrics computes it (``pip install "lamakit[evaluation]"``) and draws the subsets
    from torch's global random numbers.

    Args:
        extractor: as for :func:`fid`.
        subsets: the number of subsets, at least 1.
        subset_size: the number of images in a subset, at least 2 and at most the number of images.

    Returns:
        A :class:`SetMetric`, as :func:`fid` does.

    Raises:
        ImportError: if torchmetrics is missing.
        TypeError: if ``subsets`` or ``subset_size`` is not an int; else as :func:`fid`.
        ValueError: if ``subsets`` or ``subset_size`` is out of range; from ``compute``, if there
            were fewer images than ``subset_size``; else as :func:`fid`.

    Example:
        >>> import torch
        >>> from lamakit.backbones import vgg16_features
        >>> distance = kid(vgg16_features(layers=("relu1_2",)), subset_size=4)  # random weights
        >>> distance.update(torch.rand(4, 3, 16, 16), torch.rand(4, 3, 16, 16) / 2)
        >>> distance.compute() > 0
        True

    Source:
        Bińkowski et al., "Demystifying MMD GANs" (ICLR 2018), sec. 4.
    """
    check_at_least("subsets", subsets, 1)
    check_at_least("subset_size", subset_size, 2)
    module = import_extra("torchmetrics.image.kid", extra="evaluation", user="kid")
    build = partial(module.KernelInceptionDistance, subsets=subsets, subset_size=subset_size)
    return _FeatureDistance("kid", extractor, build, min_images=subset_size)


class _FeatureDistance:
    """An adapter that feeds the features of an extractor to a metric of torchmetrics."""

    def __init__(
        self, name: str, extractor: FeatureExtractor, build: Callable[..., Any], *, min_images: int
    ) -> None:
        self.__name__ = name
        self._extractor, self._build, self._min_images = extractor, build, min_images
        self.reset()

    def reset(self) -> None:
        self._metric: Any = None
        self._count = 0

    def update(self, prediction: Tensor, target: Tensor) -> None:
        check_metric_inputs(prediction, target)
        for image, real in ((prediction, False), (target, True)):
            features = image_features(self._extractor, image)
            if self._metric is None:  # the number of features is known from here on
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # KID warns that it keeps all features
                    network = _Features(features.shape[1])
                    metric = self._build(feature=network, sync_on_compute=False)
                    self._metric = metric.to(features.device)
            self._metric.update(features, real=real)
        self._count += len(target)

    def compute(self) -> float:
        if self._count < self._min_images:
            raise ValueError(f"at least {self._min_images} images are needed, got {self._count}")
        value = self._metric.compute()  # KID: mean and standard deviation
        return float(value[0] if isinstance(value, tuple) else value)


@torch.no_grad()
def image_features(extractor: FeatureExtractor, image: Tensor) -> Tensor:
    """Return the last feature map of each image, averaged over the image: (B, D), in float64."""
    features = feature_list(extractor(image))[-1]
    if features.ndim < 2 or features.shape[0] != image.shape[0]:
        raise ValueError(
            "extractor's last feature map must be (B, D) or (B, D, h, w) with "
            f"B = {image.shape[0]}, got shape {tuple(features.shape)}"
        )
    return features.reshape(*features.shape[:2], -1).double().mean(dim=2)


class _Features(nn.Identity):
    """A network for torchmetrics that returns its input, which holds features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features
