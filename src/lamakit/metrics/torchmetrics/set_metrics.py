"""The set metrics of lamakit, each a metric of torchmetrics for the images of all processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torchmetrics.utilities import dim_zero_cat
from typing_extensions import Unpack, override

from lamakit.backbones import FeatureExtractor
from lamakit.metrics.discriminability import p_ids, u_ids
from lamakit.metrics.feature_distances import SetMetric, fid, image_features, kid
from lamakit.metrics.region_means import check_metric_inputs
from lamakit.metrics.torchmetrics.holding_metric import HoldingMetric, MetricOptions, check_some


class _FeatureMetric(HoldingMetric):
    """A set metric that is computed from the features of all images of all processes."""

    prediction_features: list[Tensor]
    target_features: list[Tensor]
    num_features: Tensor

    def __init__(
        self,
        build: Callable[..., SetMetric],
        extractor: FeatureExtractor,
        **options: Unpack[MetricOptions],
    ) -> None:
        super().__init__(extractor, **options)
        self._metric = build(_as_it_is)
        # Features as one row of numbers: a process without images has an empty row to add.
        self.add_state("prediction_features", [], dist_reduce_fx="cat")
        self.add_state("target_features", [], dist_reduce_fx="cat")
        self.add_state("num_features", torch.tensor(0), dist_reduce_fx="max")

    @override
    def update(self, prediction: Tensor, target: Tensor, mask: Tensor | None = None) -> None:
        """Add filled images and true images, both (B, 3, H, W).

        The mask is not looked at: features are those of whole images. It may be given so that a
        ``MetricCollection`` can hold image metrics and set metrics.
        """
        del mask
        check_metric_inputs(prediction, target)
        features = image_features(self._held, prediction).float()
        self.num_features = torch.full_like(self.num_features, features.shape[1])
        self.prediction_features.append(features.flatten())
        self.target_features.append(image_features(self._held, target).float().flatten())

    @override
    def compute(self) -> Tensor:
        """Return the value for all images."""
        self._metric.reset()
        check_some(self.target_features)
        prediction, target = (
            dim_zero_cat(features).reshape(-1, int(self.num_features), 1, 1)
            for features in (self.prediction_features, self.target_features)
        )
        self._metric.update(prediction, target)
        value = torch.as_tensor(self._metric.compute(), dtype=torch.float32, device=self.device)
        self._metric.reset()  # which forgets its own copy of the features
        return value


class FID(_FeatureMetric):
    """The Fréchet distance of :func:`lamakit.metrics.fid`, from the images of all processes.

    It keeps the features of all images, 8 bytes for each number of a pair.

    Args:
        extractor: as for that function. A module moves with the metric.
        **options: those of every metric of torchmetrics; :class:`ImageMetric` lists them.

    Example:
        >>> import torch
        >>> distance = FID(lambda image: image.mean(dim=(2, 3)))
        >>> image = torch.rand(8, 3, 16, 16)
        >>> distance.update(image, image)
        >>> bool(distance.compute() < 1e-3)
        True
    """

    higher_is_better = False

    def __init__(self, extractor: FeatureExtractor, **options: Unpack[MetricOptions]) -> None:
        super().__init__(fid, extractor, **options)


class KID(_FeatureMetric):
    """The kernel distance of :func:`lamakit.metrics.kid`, from the images of all processes.

    The subsets are drawn from torch's global random numbers, so two processes may differ a little.

    Args:
        extractor: as for :class:`FID`.
        subsets: the number of subsets, at least 1.
        subset_size: the number of images in a subset, at least 2 and at most the number of images.
        **options: those of every metric of torchmetrics; :class:`ImageMetric` lists them.

    Example:
        >>> import torch
        >>> distance = KID(lambda image: image.mean(dim=(2, 3)), subset_size=8)
        >>> distance.update(torch.rand(8, 3, 16, 16), torch.rand(8, 3, 16, 16) / 2)
        >>> bool(distance.compute() > 0)
        True
    """

    higher_is_better = False

    def __init__(
        self,
        extractor: FeatureExtractor,
        *,
        subsets: int = 100,
        subset_size: int = 1000,
        **options: Unpack[MetricOptions],
    ) -> None:
        build = partial(kid, subsets=subsets, subset_size=subset_size)
        super().__init__(build, extractor, **options)


class PIDS(_FeatureMetric):
    """The paired score of :func:`lamakit.metrics.p_ids`, from the images of all processes.

    Args:
        extractor: as for :class:`FID`.
        **options: those of every metric of torchmetrics; :class:`ImageMetric` lists them.

    Example:
        >>> import torch
        >>> score = PIDS(lambda image: image.mean(dim=(2, 3)))
        >>> score(torch.rand(8, 3, 4, 4) / 2, torch.rand(8, 3, 4, 4) / 2 + 0.5)
        tensor(0.)
    """

    higher_is_better = True

    def __init__(self, extractor: FeatureExtractor, **options: Unpack[MetricOptions]) -> None:
        super().__init__(p_ids, extractor, **options)


class UIDS(_FeatureMetric):
    """The unpaired score of :func:`lamakit.metrics.u_ids`, from the images of all processes.

    Args:
        extractor: as for :class:`FID`.
        **options: those of every metric of torchmetrics; :class:`ImageMetric` lists them.

    Example:
        >>> import torch
        >>> score = UIDS(lambda image: image.mean(dim=(2, 3)))
        >>> score(torch.rand(8, 3, 4, 4) / 2, torch.rand(8, 3, 4, 4) / 2 + 0.5)
        tensor(0.)
    """

    higher_is_better = True

    def __init__(self, extractor: FeatureExtractor, **options: Unpack[MetricOptions]) -> None:
        super().__init__(u_ids, extractor, **options)


def _as_it_is(features: Tensor) -> Tensor:
    return features
