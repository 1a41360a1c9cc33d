"""How well a linear classifier tells filled images from real ones: P-IDS and U-IDS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from lamakit.backbones import FeatureExtractor
from lamakit.metrics.feature_distances import SetMetric, image_features
from lamakit.metrics.region_means import check_measured

__all__ = ["p_ids", "u_ids"]

Array = npt.NDArray[np.float64]


def p_ids(extractor: FeatureExtractor) -> SetMetric:
    """Return the share of fillings that a classifier finds more real than the true image: P-IDS.

    A linear support vector machine is trained to tell the features of all targets from those of
    all predictions (``pip install "lamakit[metrics]"`` for scikit-learn); each prediction is then
    compared with its own target. Larger is better; 0.5 where the two cannot be told apart. A tie
    counts as lost, so predictions that are the targets, as for empty masks, score 0. As with
    :func:`~lamakit.metrics.fid`, published values belong to one Inception network, and with few
    images, or fewer than features, the classifier separates anything.

    Args:
        extractor: as for :func:`~lamakit.metrics.fid`.

    Returns:
        A metric for :func:`~lamakit.metrics.evaluate`, or to ``update`` and ``compute`` by hand.

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
    return _DiscriminativeScore(extractor, lambda real, fake: float((fake > real).mean()))


def u_ids(extractor: FeatureExtractor) -> SetMetric:
    """Return the share of images on the wrong side of a classifier of fillings: U-IDS.

    The classifier is that of :func:`p_ids`; images, predictions and targets alike, count where it
    calls them what they are not. Larger is better; 0.5 where the two cannot be told apart.

    Args:
        extractor: as for :func:`~lamakit.metrics.fid`.

    Returns:
        A metric for :func:`~lamakit.metrics.evaluate`, or to ``update`` and ``compute`` by hand.

    Raises:
        ImportError: if scikit-learn is missing.
        TypeError: from ``update``, if the extractor does not return feature maps.
        ValueError: from ``update``, if shapes do not fit; from ``compute``, if there was no image.

    Example:
        >>> import torch
        >>> score = u_ids(lambda image: image.mean(dim=(2, 3)))
        >>> score.update(torch.rand(8, 3, 4, 4) / 2, torch.rand(8, 3, 4, 4) / 2 + 0.5)
        >>> score.compute()
        0.0

    Source:
        As :func:`p_ids`.
    """
    return _DiscriminativeScore(
        extractor, lambda real, fake: float(((real <= 0).mean() + (fake > 0).mean()) / 2)
    )


class _DiscriminativeScore:
    """What a linear classifier's margins of targets and predictions say of them."""

    def __init__(self, extractor: FeatureExtractor, score: Callable[[Array, Array], float]) -> None:
        _import_svm()
        self._extractor, self._score = extractor, score
        self.reset()

    def reset(self) -> None:
        self._real: list[Tensor] = []
        self._fake: list[Tensor] = []

    def update(self, prediction: Tensor, target: Tensor) -> None:
        check_measured(prediction, target)
        self._real.append(image_features(self._extractor, target).cpu())
        self._fake.append(image_features(self._extractor, prediction).cpu())

    def compute(self) -> float:
        if not self._real:
            raise ValueError("at least 1 image is needed, got 0")
        features = torch.cat([*self._real, *self._fake]).numpy()
        labels = np.arange(len(features)) < len(features) // 2
        machine = _import_svm()(dual=False).fit(features, labels)
        real, fake = np.split(machine.decision_function(features), 2)  # above 0 is real
        return self._score(real, fake)


def _import_svm() -> Callable[..., Any]:
    """Return scikit-learn's linear support vector classifier."""
    try:
        from sklearn.svm import LinearSVC  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ImportError(
            'P-IDS and U-IDS need scikit-learn: pip install "lamakit[metrics]"'
        ) from error
    machine: Callable[..., Any] = LinearSVC
    return machine
