"""Metrics of a whole set of images, and of the images of each bin of mask area."""

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
from lamakit.evaluation.area_bins import area_bin
from lamakit.metrics.feature_distances import SetMetric

__all__ = ["Totals"]


class Totals:
    """Metrics of a set, fed batch by batch.

    Args:
        metrics: by name; each is reset.
        by_area: whether each bin of mask area gets its own values too.
    """

    def __init__(self, metrics: Mapping[str, SetMetric], *, by_area: bool) -> None:
        self.metrics, self.by_area = metrics, by_area
        for metric in metrics.values():
            metric.reset()
        self.blank = {k: _empty_copy(m) for k, m in metrics.items()} if by_area else {}
        self.bins: dict[int, dict[str, SetMetric]] = {}

    def update(self, prediction: Tensor, target: Tensor, areas: Tensor) -> None:
        """Take in a batch, with each image's missing share."""
        for metric in self.metrics.values():
            _feed(metric, prediction, target)
        if not self.by_area:
            return
        bins = area_bin(areas)
        for number in bins.unique().tolist():
            if number not in self.bins:
                self.bins[number] = {k: _empty_copy(m) for k, m in self.blank.items()}
            chosen = (bins == number).to(target.device)
            for metric in self.bins[number].values():
                _feed(metric, prediction[chosen], target[chosen])

    def compute(self) -> tuple[dict[str, float], dict[int, dict[str, float]]]:
        """Return the values for all images, and those for each bin that has some.

        In a bin where a metric has no value, as for too few images, it is NaN and a warning is
        given.
        """
        whole: dict[str, float] = {}
        for name, metric in self.metrics.items():
            whole |= _compute(name, metric)
        by_area = {number: dict.fromkeys(whole, math.nan) for number in sorted(self.bins)}
        for number, found in by_area.items():
            for name, metric in self.bins[number].items():
                found.update(_compute_or_warn(name, metric, f"{10 * number}-{10 * number + 10} %"))
        return whole, by_area


def _feed(metric: SetMetric, prediction: Tensor, target: Tensor) -> None:
    """Give a metric a batch in the form that it takes.

    torchmetrics' FID and KID take real and generated images one after the other; the members of its
    ``MetricCollection`` may differ in what they take.
    """
    for member in _members(metric):
        if "real" not in inspect.signature(member.update).parameters:
            member.update(prediction, target)
            continue
        for image, real in ((prediction, False), (target, True)):
            member.update(_for_inception(member, image), real=real)


def _members(metric: object) -> list[Any]:
    """Return the metrics of torchmetrics' ``MetricCollection``; any other one as it is."""
    return list(metric.values()) if isinstance(metric, nn.ModuleDict) else [metric]


def _for_inception(metric: object, image: Tensor) -> Tensor:
    """Return the image as torchmetrics' own Inception takes it; for another network, as it is."""
    if getattr(metric, "used_custom_model", True):
        return image
    image = image.clamp(0, 1)
    return image if getattr(metric, "normalize", True) else (image * 255).byte()


def _empty_copy(metric: SetMetric) -> SetMetric:
    """Return a copy with a state of its own; the networks in it are the metric's."""
    attributes = getattr(metric, "__dict__", {}).values()
    parts = metric.modules() if isinstance(metric, nn.Module) else map(owner, attributes)
    networks = [p for p in parts if isinstance(p, nn.Module) and not isinstance(p, SetMetric)]
    fresh = copy.deepcopy(metric, {id(network): network for network in networks})
    if hasattr(fresh, "reset_real_features"):  # of torchmetrics: a reset may keep what was fed
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
    """Return what a metric computes, each number under a name of its own.

    Raises:
        ValueError: if it has no value, as for too few images; the message names it.
    """
    try:
        return _numbers(name, metric.compute())
    except torch.OutOfMemoryError:
        raise
    except (ValueError, RuntimeError, TypeError) as error:
        raise ValueError(f"the metric {name!r} has no value: {error}") from error


def _numbers(name: str, value: object) -> dict[str, float]:
    """Return the numbers of a metric, of a collection's members or with a standard deviation."""
    if isinstance(value, Mapping):
        members = [_numbers(f"{name} {key}", each) for key, each in value.items()]
        return {key: number for member in members for key, number in member.items()}
    if isinstance(value, tuple):
        mean, deviation = value
        return {name: float(mean), f"{name} std": float(deviation)}
    return {name: float(cast("Tensor", value))}
