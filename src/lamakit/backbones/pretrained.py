"""Frozen extractors with published weights, or random ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from lamakit._weights import Weights, check_state_dict, open_weights
from lamakit._weights.enclosed_networks import enclosed_network
from lamakit.backbones.extractor import FrozenExtractor


def pretrained_extractor(
    build: Callable[[], nn.Module],
    weights: Weights | None,
    *,
    name: str,
    origin: str,
    unused: tuple[str, ...],
    layer_names: Sequence[str],
) -> FrozenExtractor:
    """Build a network, load its weights, and freeze it.

    Args:
        build: makes the network, whose parameters have their published names.
        weights: a path or a state dict, which is copied; None for random convolutions.
        name: the network's name in messages.
        origin: where a file of its weights comes from, for messages.
        unused: the beginnings of the names that a published file has beside the network's own.
        layer_names: the names of the network's feature maps.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if the weights are not complete, or those of another network.
    """
    if weights is None:
        return FrozenExtractor(build().apply(_initialise), layer_names=layer_names)
    with torch.device("meta"):  # without values, which would be overwritten
        network = build()
    expected = {key: tensor.shape for key, tensor in network.state_dict().items()}
    first = ", ".join(f"{key} {tuple(shape)}" for key, shape in list(expected.items())[:3])
    advice = f"{first}, ... ({len(expected)} tensors), as in {origin}"
    with open_weights(weights, missing=f"{name} takes {advice}") as source:
        found = {
            key: tensor
            for key, tensor in enclosed_network(source.state_dict, expected).items()
            if key in expected or not key.startswith(unused)
        }
        # Files from before torch 0.4.1 lack these counters, which eval mode does not use.
        counters = {k for k in expected.keys() - found.keys() if k.endswith("num_batches_tracked")}
        needed = {key: shape for key, shape in expected.items() if key not in counters}
        try:
            check_state_dict(found, needed, name)
        except ValueError as error:
            raise ValueError(f"{error}; expected {advice}") from None
        network.to_empty(device="cpu")
        for key, tensor in network.state_dict().items():  # one after another: they may be large
            if key in counters:
                tensor.zero_()
            else:
                tensor.copy_(found[key].read())
    return FrozenExtractor(network, layer_names=layer_names)


def _initialise(module: nn.Module) -> None:
    """Give a convolution random weights with which the features of many layers do not vanish."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
