"""Metrics of a whole set of images, and of the images of each bin of mask area."""

from __future__ import annotations

import contextlib
import copy
import inspect
import math
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from lamakit.metrics.regions import area_bin
from lamakit.metrics.sets import SetMetric

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
                self.bins[number] = {k: _empty_copy(m) for k, m in self.metrics.items()}
            chosen = (bins == number).to(target.device)
            for metric in self.bins[number].values():
                _feed(metric, prediction[chosen], target[chosen])

    def compute(self) -> tuple[dict[str, float], dict[int, dict[str, float]]]:
        """Return the values for all images, and those for each bin that has some.

        In a bin of too few images for a metric its values are NaN.
        """
        whole = _values(self.metrics)
        by_area = {number: dict.fromkeys(whole, math.nan) for number in self.bins}
        for number, metrics in self.bins.items():
            for name, metric in metrics.items():
                # How FID and KID say that there are too few images:
                with contextlib.suppress(ValueError, RuntimeError):
                    by_area[number] |= _values({name: metric})
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
    parts = metric.modules() if isinstance(metric, nn.Module) else vars(metric).values()
    networks = [p for p in parts if isinstance(p, nn.Module) and not isinstance(p, SetMetric)]
    fresh = copy.deepcopy(metric, {id(network): network for network in networks})
    fresh.reset()
    return fresh


def _values(metrics: Mapping[str, SetMetric]) -> dict[str, float]:
    """Return what the metrics compute, each number under a name of its own."""
    found: dict[str, float] = {}
    for name, metric in metrics.items():
        value: Any = metric.compute()
        of_members = isinstance(value, Mapping)
        for key, each in value.items() if of_members else [("", value)]:
            label = f"{name} {key}".strip()
            if isinstance(each, tuple):  # KID comes with its standard deviation
                found[label], found[f"{label} std"] = map(float, each)
            else:
                found[label] = float(each)
    return found
