"""Scores of a linear classifier that tells filled images from true ones: P-IDS and U-IDS."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lamakit._imports import import_extra
from lamakit.backbones import FeatureExtractor
from lamakit.metrics.feature_distances import SetMetric, image_features
from lamakit.metrics.region_means import check_metric_inputs

Array = npt.NDArray[np.float64]


def p_ids(extractor: FeatureExtractor) -> SetMetric:
    """Return a metric for the share of predictions that a classifier rates above their targets.

    It is called P-IDS, the paired inception discriminative score. A linear support vector machine
    is trained to tell the features of all targets from those of all predictions, by scikit-learn
    (``pip install "lamakit[evaluation]"``). Then each prediction is compared with its own target:
    it counts if the classifier finds it strictly more real. Larger is better; 0.5 where the two
    sets cannot be told apart. Predictions equal to their targets, as for empty masks, score 0. As
    with :func:`fid`, published values use one Inception network. With few images, or fewer images
    than features, the classifier separates any two sets.

    Args:
        extractor: as for :func:`fid`.

    Returns:
        A :class:`SetMetric`, as :func:`fid` does.

    Raises:
        ImportError: if scikit-learn is missing.
        TypeError: from ``update``, if the extractor does not return feature maps.
        ValueError: from ``update``, if shapes do not fit; from ``compute``, if there was no image.

    Example:
        >>> import torch
        >>> score = p_ids(lambda image: image.mean(dim=(2, 3)))
        >>> score.update(torch.rand(8, 3, 4, 4) / 2, torch.rand(8, 3, 4, 4) / 2 + 0.5)
        >>> score.compute()
        0.0

    Source:
        Zhao et al., "Large Scale Image Completion via Co-Modulated Generative Adversarial Networks"
        (ICLR 2021), sec. 4 ("Paired/Unpaired Inception Discriminative Score").
    """
    return _DiscriminativeScore("p_ids", extractor, _share_of_pairs)


def u_ids(extractor: FeatureExtractor) -> SetMetric:
    """Return a metric for the error rate of a classifier of predictions and targets.

    It is called U-IDS, the unpaired inception discriminative score. The classifier is that of
    :func:`p_ids`; the value is the share of all images, predictions and targets alike, that it puts
    into the wrong set. Larger is better; 0.5 where the two sets cannot be told apart.

    Args:
        extractor: as for :func:`fid`.

    Returns:
        A :class:`SetMetric`, as :func:`fid` does.

    Raises:
        ImportError: as :func:`p_ids`.
        TypeError: as :func:`p_ids`.
        ValueError: as :func:`p_ids`.

    Example:
        >>> import torch
        >>> score = u_ids(lambda image: image.mean(dim=(2, 3)))
        >>> score.update(torch.rand(8, 3, 4, 4) / 2, torch.rand(8, 3, 4, 4) / 2 + 0.5)
        >>> score.compute()
        0.0

    Source:
        As :func:`p_ids`.
    """
    return _DiscriminativeScore("u_ids", extractor, _error_rate)


def _share_of_pairs(real: Array, fake: Array) -> float:
    return float((fake > real).mean())


def _error_rate(real: Array, fake: Array) -> float:
    return float(((real <= 0).mean() + (fake > 0).mean()) / 2)


class _DiscriminativeScore:
    """A score of a linear classifier's margins of targets and predictions, above 0 for real."""

    def __init__(
        self, name: str, extractor: FeatureExtractor, score: Callable[[Array, Array], float]
    ) -> None:
        self._classifier = import_extra("sklearn.svm", extra="evaluation", user=name).LinearSVC
        self.__name__ = name
        self._extractor, self._score = extractor, score
        self.reset()

    def reset(self) -> None:
        self._real: list[Tensor] = []
        self._fake: list[Tensor] = []

    def update(self, prediction: Tensor, target: Tensor) -> None:
        check_metric_inputs(prediction, target)
        self._real.append(image_features(self._extractor, target).cpu())
        self._fake.append(image_features(self._extractor, prediction).cpu())

    def compute(self) -> float:
        if not self._real:
            raise ValueError("at least 1 image is needed, got 0")
        features = torch.cat([*self._real, *self._fake]).numpy()
        is_real = np.arange(len(features)) < len(features) // 2
        classifier = self._classifier(dual=False).fit(features, is_real)
        real, fake = np.split(classifier.decision_function(features), 2)
        return self._score(real, fake)
