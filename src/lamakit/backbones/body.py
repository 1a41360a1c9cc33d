"""What the networks here have in common: outputs on the way, and published weights."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._weights import Weights, check_state_dict, read_state_dict
from lamakit.backbones.extractor import FrozenExtractor

__all__ = ["Stages", "frozen"]


class Stages(nn.Sequential):
    """The outputs of some of the modules that run one after another.

    Args:
        stages: the modules by name, in the order in which they run; none works in place.
        outputs: the names of those whose outputs come back, in that order.
    """

    def __init__(self, stages: Mapping[str, nn.Module], outputs: Sequence[str]) -> None:
        super().__init__(OrderedDict(stages))
        self.outputs = tuple(outputs)

    @override
    def forward(self, x: Tensor) -> list[Tensor]:
        found = {}
        for name, stage in self.named_children():
            x = stage(x)
            if name in self.outputs:
                found[name] = x
        return [found[name] for name in self.outputs]


def frozen(
    build: Callable[[], nn.Module],
    weights: Weights | None,
    *,
    what: str,
    origin: str,
    unused: tuple[str, ...],
) -> FrozenExtractor:
    """The frozen network that ``build`` makes, with those weights or random ones.

    Args:
        build: makes the network, with its parameters under their published names.
        weights: a path or a state dict, which is copied; None for random convolutions.
        what: the network's name in messages.
        origin: where a file of its weights comes from.
        unused: the beginnings of names that a published file has beside the network's own.
    """
    if weights is None:
        return FrozenExtractor(build().apply(_initialise))
    with torch.device("meta"):  # no time for random values that are overwritten
        body = build()
    expected = {name: tensor.shape for name, tensor in body.state_dict().items()}
    first = ", ".join(f"{name} {tuple(shape)}" for name, shape in list(expected.items())[:3])
    advice = f"{first}, ... ({len(expected)} tensors), as in {origin}"
    found = read_state_dict(weights, missing=f"{what} takes {advice}")
    # Files from before torch 0.4.1 lack these counters, which eval mode does not use.
    counters = {k: torch.tensor(0) for k in expected if k.endswith("num_batches_tracked")}
    used = {k: v for k, v in found.items() if k in expected or not k.startswith(unused)}
    try:
        check_state_dict(counters | used, expected, what)
    except ValueError as error:
        raise ValueError(f"{error}; expected {advice}") from None
    body.to_empty(device="cpu").load_state_dict(counters | used)
    return FrozenExtractor(body)


def _initialise(module: nn.Module) -> None:
    """Random weights with which the features of many layers do not vanish."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
