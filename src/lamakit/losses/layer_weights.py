"""Factors of layers: in their order, or by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

from lamakit._checks import check_non_negative

LayerWeights: TypeAlias = Sequence[float] | Mapping[str, float]
"""A factor per layer, in order; or by name, 0 for those that are not named."""

_Key = TypeVar("_Key", int, str)


def check_layer_weights(layer_weights: Sequence[float] | None) -> tuple[float, ...] | None:
    """Return weights in order as a tuple; raise unless each is a number from 0 up."""
    if layer_weights is None:
        return None
    if isinstance(layer_weights, (Mapping, str)):
        raise TypeError(
            f"layer_weights must be a list of numbers, one a feature map, got {layer_weights!r}; "
            "PerceptualLoss and GramLoss take them by name"
        )
    return tuple(_numbers(dict(enumerate(layer_weights))).values())


def check_named_weights(
    layer_weights: LayerWeights | None, layer_names: Sequence[str] | None
) -> tuple[float, ...] | dict[str, float] | None:
    """Return weights as a tuple, or by name; raise unless they are allowed.

    Args:
        layer_weights: the weights.
        layer_names: the names of the layers; None if they are not known yet.
    """
    if not isinstance(layer_weights, Mapping):
        return check_layer_weights(layer_weights)
    weights = _numbers(dict(layer_weights))
    if layer_names is not None:
        weights_in_order(weights, layer_names)
    return weights


def weights_in_order(
    layer_weights: LayerWeights | None, layer_names: Sequence[str] | None
) -> Sequence[float] | None:
    """Return the weights in the order of the layers.

    Args:
        layer_weights: the weights; what is no mapping comes back as it is.
        layer_names: the names of the layers; None if they have none.
    """
    if not isinstance(layer_weights, Mapping):
        return layer_weights
    if layer_names is None:
        raise ValueError(
            "layer_weights has names, but the extractor's feature maps have none: give a list of "
            "numbers, one a map, return a dictionary of maps, or name them by "
            "FrozenExtractor(body, layer_names=(...))"
        )
    unknown = [name for name in layer_weights if name not in layer_names]
    if unknown:
        raise ValueError(
            f"layer_weights names {', '.join(map(repr, unknown))}, but the extractor returns "
            f"{', '.join(layer_names)}; for another layer, build an extractor that returns it"
        )
    return [layer_weights.get(name, 0.0) for name in layer_names]


def _numbers(layer_weights: Mapping[_Key, float]) -> dict[_Key, float]:
    """Return the weights as numbers of Python."""
    # The numbers in a tensor or an array are objects with a method item().
    weights = {k: w.item() if hasattr(w, "item") else w for k, w in layer_weights.items()}
    for key, weight in weights.items():
        check_non_negative(f"layer_weights[{key!r}]", weight)
    return weights
