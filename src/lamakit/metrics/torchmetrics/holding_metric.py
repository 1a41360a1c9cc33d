"""The base of the metric classes: a metric of torchmetrics that holds a function or a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypedDict

from torch import Tensor, nn
from torchmetrics import Metric
from typing_extensions import Self, Unpack, override

from lamakit._models import owner


class MetricOptions(TypedDict, total=False):
    """Options of every metric of torchmetrics, which its documentation explains."""

    compute_on_cpu: bool
    compute_with_cache: bool
    dist_sync_fn: Callable[..., Any] | None
    dist_sync_on_step: bool
    distributed_available_fn: Callable[[], bool] | None
    process_group: Any
    sync_on_compute: bool


class HoldingMetric(Metric):
    """A metric that holds a function or a network, which moves with it to another device.

    The network is no submodule, so that its weights stay out of the checkpoints of a training.
    """

    full_state_update = False

    def __init__(self, held: Callable[..., Any], **options: Unpack[MetricOptions]) -> None:
        super().__init__(**options)
        self._held = partial(held)  # a partial, which PyTorch does not register

    @override
    def _apply(self, fn: Callable[..., Any], exclude_state: Sequence[str] = "") -> Self:
        super()._apply(fn, exclude_state)
        network = owner(self._held)
        if isinstance(network, nn.Module):
            network.to(self.device)
        return self


def check_some(values: Sequence[Tensor] | Tensor) -> None:
    """Raise unless there were images."""
    if not len(values):
        raise ValueError("at least 1 image is needed, got 0: call update first")
