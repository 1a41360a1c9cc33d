"""Values of set metrics, for all images and for the images of each bin of mask area."""

from __future__ import annotations

import copy
import inspect
import math
import warnings
from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from lamakit._models import owner
from lamakit.evaluation.area_bins import area_bin, bin_label
from lamakit.metrics.feature_distances import SetMetric


class SetValues:
    """Set metrics that receive images batch by batch and compute their values at the end.

    Args:
        metrics: the set metrics by name; each is reset.
        by_area: whether each bin of mask area gets values of its own too.
    """

    def __init__(self, metrics: Mapping[str, SetMetric], *, by_area: bool) -> None:
        self.metrics, self.by_area = metrics, by_area
        for metric in metrics.values():
            metric.reset()
        self.empty = {k: _empty_copy(m) for k, m in metrics.items()} if by_area else {}
        self.bins: dict[int, dict[str, SetMetric]] = {}

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor, areas: Tensor) -> None:
        """Add a batch of filled images, true images and masks, and the missing share of each."""
        for metric in self.metrics.values():
            _update(metric, prediction, target, mask)
        if not self.by_area:
            return
        bins = area_bin(areas)
        for number in bins.unique().tolist():
            if number not in self.bins:
                self.bins[number] = {k: _empty_copy(m) for k, m in self.empty.items()}
            chosen = (bins == number).to(target.device)
            for metric in self.bins[number].values():
                _update(metric, prediction[chosen], target[chosen], mask[chosen])

    def compute(self) -> tuple[dict[str, float], dict[int, dict[str, float]]]:
        """Return the values for all images, and those for each bin that holds images.

        A metric that has no value for a bin, as for too few images, is NaN there, with a warning.
        """
        whole: dict[str, float] = {}
        for name, metric in self.metrics.items():
            whole |= _compute(name, metric)
        by_area = {number: dict.fromkeys(whole, math.nan) for number in sorted(self.bins)}
        for number, values in by_area.items():
            for name, metric in self.bins[number].items():
                values.update(_compute_or_warn(name, metric, bin_label(number)))
        return whole, by_area


def _update(metric: SetMetric, prediction: Tensor, target: Tensor, mask: Tensor) -> None:
    """Give a batch to a metric in the form that it takes.

    FID and KID of torchmetrics take the true and the filled images in separate calls. The metrics
    of :mod:`lamakit.metrics.torchmetrics` take the mask too. A ``MetricCollection`` of torchmetrics
    may hold metrics of all forms.
    """
    for member in _members(metric):
        parameters = inspect.signature(member.update).parameters
        if "real" not in parameters:
            member.update(prediction, target, *((mask,) if "mask" in parameters else ()))
            continue
        for image, real in ((prediction, False), (target, True)):
            member.update(_inception_input(member, image), real=real)


def _members(metric: object) -> list[Any]:
    """Return the metrics of a ``MetricCollection`` of torchmetrics; any other metric alone."""
    return list(metric.values()) if isinstance(metric, nn.ModuleDict) else [metric]


def _inception_input(metric: object, image: Tensor) -> Tensor:
    """Return the image in the form that torchmetrics' own Inception network takes.

    That is bytes unless the metric was made with ``normalize=True``. For another network it is the
    image as it is.
    """
    if getattr(metric, "used_custom_model", True):
        return image
    image = image.clamp(0, 1)
    return image if getattr(metric, "normalize", True) else (image * 255).byte()


def _empty_copy(metric: SetMetric) -> SetMetric:
    """Return a reset copy of the metric that shares its networks."""
    parts = [*metric.modules()] if isinstance(metric, nn.Module) else [metric]
    held = [owner(value) for part in parts for value in getattr(part, "__dict__", {}).values()]
    networks = [
        p for p in (*parts, *held) if isinstance(p, nn.Module) and not isinstance(p, SetMetric)
    ]
    # deepcopy takes what its memo holds for a copy that exists already.
    fresh = copy.deepcopy(metric, {id(network): network for network in networks})
    if hasattr(fresh, "reset_real_features"):  # of torchmetrics: a reset may keep true images
        fresh.reset_real_features = True
    fresh.reset()
    return fresh


def _compute_or_warn(name: str, metric: SetMetric, area: str) -> dict[str, float]:
    """Return the metric's numbers; none, with a warning, if it has no value."""
    try:
        return _compute(name, metric)
    except ValueError as error:
        warnings.warn(f"masks of {area} of an image: {error}", stacklevel=4)
        return {}


def _compute(name: str, metric: SetMetric) -> dict[str, float]:
    """Return the numbers that a metric computes, each under a name of its own.

    Raises:
        ValueError: if it has no value, as for too few images; the message names the metric.
    """
    try:
        return _numbers(name, metric.compute())
    except torch.OutOfMemoryError:
        raise
    except (ValueError, RuntimeError, TypeError) as error:
        raise ValueError(f"the metric {name!r} has no value: {error}") from error


def _numbers(name: str, value: object) -> dict[str, float]:
    """Return one number, one for each member of a collection, or mean and standard deviation."""
    if isinstance(value, Mapping):
        members = [_numbers(f"{name} {key}", each) for key, each in value.items()]
        return {key: number for member in members for key, number in member.items()}
    if isinstance(value, tuple):
        mean, deviation = value
        return {name: float(mean), f"{name} std": float(deviation)}
    return {name: float(cast("Tensor", value))}
