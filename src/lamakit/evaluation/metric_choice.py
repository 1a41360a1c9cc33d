"""The metrics of an evaluation: by the caller's names, as a list, or by their own names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeAlias

from lamakit._registry import look_up
from lamakit.metrics.color_distance import color_wasserstein
from lamakit.metrics.feature_distances import SetMetric
from lamakit.metrics.pixelwise import l1, psnr
from lamakit.metrics.regions import Metric
from lamakit.metrics.spectral_distance import log_spectral_distance
from lamakit.metrics.structural_similarity import ssim

OneMetric: TypeAlias = str | Metric | SetMetric
"""A metric, or the name of a function of :mod:`lamakit.metrics`."""

MetricChoice: TypeAlias = Mapping[str, OneMetric] | Sequence[OneMetric] | OneMetric
"""One metric, a list of metrics, or a mapping with names of the caller's."""

DEFAULT_METRICS = ("psnr", "ssim", "l1")

_FUNCTIONS: dict[str, Metric] = {
    "color_wasserstein": color_wasserstein,
    "l1": l1,
    "log_spectral_distance": log_spectral_distance,
    "psnr": psnr,
    "ssim": ssim,
}
_WITH_A_NETWORK = {
    "lpips": "LPIPS('vgg16.pth', 'vgg.pth')",
    "fid": "fid(extractor)",
    "kid": "kid(extractor)",
    "p_ids": "p_ids(extractor)",
    "u_ids": "u_ids(extractor)",
}


def metrics_by_name(metrics: MetricChoice) -> dict[str, Metric | SetMetric]:
    """Return the metrics by their names in the result.

    Raises:
        ValueError: if a name is unknown, two metrics have one name, or a metric has no name.
        TypeError: if something is neither a metric nor a name.
    """
    if isinstance(metrics, Mapping):
        return {name: _metric(metric) for name, metric in metrics.items()}
    if isinstance(metrics, str) or not isinstance(metrics, Sequence):
        metrics = [metrics]
    found: dict[str, Metric | SetMetric] = {}
    for metric in metrics:
        name = metric if isinstance(metric, str) else _own_name(metric)
        if name in found:
            raise ValueError(
                f"two metrics are called {name!r}: give names of your own, "
                f"metrics={{{name!r}: ..., 'another name': ...}}"
            )
        found[name] = _metric(metric)
    return found


def _metric(metric: OneMetric) -> Metric | SetMetric:
    """Return a metric as it is, or the function of that name, whatever its case."""
    if not isinstance(metric, str):
        if not callable(metric) and not isinstance(metric, SetMetric):
            raise TypeError(f"a metric must be a function, a set metric or a name, got {metric!r}")
        return metric
    if (name := metric.lower()) in _WITH_A_NETWORK:
        raise ValueError(
            f"{metric!r} needs a network, so give the metric itself in place of its name: "
            f"metrics=['psnr', {_WITH_A_NETWORK[name]}]"
        )
    return look_up("metric", name, _FUNCTIONS)


def _own_name(metric: Metric | SetMetric) -> str:
    """Return the name of a function, or of an object's class."""
    name: str = getattr(metric, "__name__", type(metric).__name__)
    if isinstance(metric, partial) or name == "<lambda>":
        raise ValueError(f"{metric!r} has no name: give it one, metrics={{'name': ...}}")
    return name
