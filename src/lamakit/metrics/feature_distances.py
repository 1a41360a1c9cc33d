"""Distances between two sets of images: FID and KID through torchmetrics."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from lamakit._checks import check_at_least
from lamakit.backbones import FeatureExtractor
from lamakit.backbones.extractor import feature_list
from lamakit.metrics.region_means import check_measured

__all__ = ["SetMetric", "fid", "image_features", "kid"]


@runtime_checkable
class SetMetric(Protocol):
    """A metric with one value for a whole set of images, which it is given batch by batch."""

    def reset(self) -> None:
        """Forget all images."""
        ...

    def update(self, prediction: Tensor, target: Tensor) -> None:
        """Take in a batch of predictions and what they should be, both (B, C, H, W)."""
        ...

    def compute(self) -> float | Tensor:
        """The value for all images since the last ``reset``."""
        ...


def fid(extractor: FeatureExtractor) -> SetMetric:
    """The Fréchet distance between the features of predictions and targets; smaller is better.

    It is computed by torchmetrics (``pip install "lamakit[metrics]"``), in float64. Published FID
    values belong to the features of one Inception network with its weights: with another extractor
    only your own values can be compared with each other. So it is with few images: the value falls
    with their number. Fewer images than features make it unreliable.

    Args:
        extractor: returns feature maps (or only one), of which the last is averaged over the
            image, or taken as it is if (B, D). It must be on the images' device.

    Returns:
        A metric for :func:`evaluate`, or to ``update`` and ``compute`` by hand.

    Raises:
        ImportError: if torchmetrics is missing.
        TypeError: from ``update``, if the extractor does not return feature maps.
        ValueError: from ``update``, if its last map is not (B, D) or (B, D, ...); from
            ``compute``, if there were fewer than two images.

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
    from_torchmetrics = _import("torchmetrics.image.fid").FrechetInceptionDistance
    return _SetDistance(extractor, lambda features: from_torchmetrics(feature=features), least=2)


def kid(extractor: FeatureExtractor, *, subsets: int = 100, subset_size: int = 1000) -> SetMetric:
    """The kernel distance between the features of predictions and targets; smaller is better.

    It is the mean, over random subsets, of an unbiased estimate that may be negative, computed by
    torchmetrics (``pip install "lamakit[metrics]"``). Unlike :func:`fid` it does not depend on the
    number of images. The subsets come from torch's global random numbers.

    Args:
        extractor: as for :func:`fid`.
        subsets: how many subsets, at least 1.
        subset_size: images in each, at least 2 and at most as many as there are.

    Returns:
        A metric for :func:`evaluate`, or to ``update`` and ``compute`` by hand.

    Raises:
        ImportError: if torchmetrics is missing.
        TypeError: as from :func:`fid`.
        ValueError: if an argument is out of range; from ``compute``, if there were fewer images
            than ``subset_size``; else as from :func:`fid`.

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
    from_torchmetrics = _import("torchmetrics.image.kid").KernelInceptionDistance
    build = partial(from_torchmetrics, subsets=subsets, subset_size=subset_size)
    return _SetDistance(extractor, lambda features: build(feature=features), least=subset_size)


class _SetDistance:
    """A metric of torchmetrics that is given pairs of images, or of features in truth."""

    def __init__(
        self, extractor: FeatureExtractor, build: Callable[[nn.Module], Any], *, least: int
    ) -> None:
        self._extractor, self._build, self._least = extractor, build, least
        self.reset()

    def reset(self) -> None:
        self._metric: Any = None
        self._count = 0

    def update(self, prediction: Tensor, target: Tensor) -> None:
        check_measured(prediction, target)
        for image, real in ((prediction, False), (target, True)):
            features = image_features(self._extractor, image)
            if self._metric is None:  # how many features there are is known from here on
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # KID says that it keeps all features
                    self._metric = self._build(_Features(features.shape[1])).to(features.device)
            self._metric.update(features, real=real)
        self._count += len(target)

    def compute(self) -> float:
        if self._count < self._least:
            raise ValueError(f"at least {self._least} images are needed, got {self._count}")
        value = self._metric.compute()  # KID comes with its standard deviation
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
    """An extractor, as torchmetrics wants one, for what is features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(
            'FID and KID need torchmetrics: pip install "lamakit[metrics]"'
        ) from error
