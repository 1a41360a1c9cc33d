"""Networks from the names and shapes of their weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from lamakit._weights import check_state_dict, list_names
from lamakit.checkpoints import fourier_layout, own_names, patch_layout, regular_layout
from lamakit.checkpoints.layout import Entry
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator
from lamakit.layers import FFCResidualBlock, ResidualBlock

__all__ = ["build", "fill", "infer_generator", "network_layout", "publish", "settings"]

Network = TypeVar("Network", ResNetGenerator, PatchDiscriminator)


def infer_generator(state_dict: Mapping[str, Tensor]) -> partial[ResNetGenerator] | None:
    """What builds the generator of these published weights; None if they are of none."""
    return fourier_layout.infer(state_dict) or regular_layout.infer(state_dict)


def settings(factory: partial[ResNetGenerator]) -> dict[str, Any]:
    """The factory as what ``create_generator`` takes: its name and its arguments."""
    return {"name": factory.func.__name__, **factory.keywords}


def build(factory: Callable[[], Network]) -> Network:
    """The network without values: it costs no memory, whatever sizes a file claims.

    Raises:
        ValueError: if there is no such network.
    """
    try:
        with torch.device("meta"):
            return factory()
    except (RuntimeError, OverflowError, TypeError) as error:
        raise ValueError("the weights have sizes that no network has") from error


def publish(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A generator's weights under their published names, whether they have these or ours."""
    factory = own_names.infer(state_dict)
    if factory is None:
        return dict(state_dict)
    model = build(factory)
    ours = {name: tensor.shape for name, tensor in model.state_dict().items()}
    check_state_dict(state_dict, ours, f"a complete {factory.func.__name__}")
    published: dict[str, Tensor] = {}
    for entry in network_layout(model):
        published.update(entry.split(state_dict[entry.name]))
    return published


def network_layout(model: ResNetGenerator | PatchDiscriminator) -> Iterable[Entry]:
    """Which published tensors each of the network's tensors is made of."""
    if not isinstance(model, (ResNetGenerator, PatchDiscriminator)):
        raise TypeError(
            "only a ResNetGenerator or a PatchDiscriminator has published names, got "
            f"{type(model).__name__}; save its state_dict() instead"
        )
    if isinstance(model, PatchDiscriminator):
        return patch_layout.discriminator_layout(model)
    kinds = {type(block) for block in model.bottleneck}
    if kinds == {FFCResidualBlock}:
        return fourier_layout.generator_layout(model)
    if kinds == {ResidualBlock}:
        return regular_layout.generator_layout(model)
    raise ValueError(
        "only a generator whose blocks are all FFCResidualBlock or all ResidualBlock has published "
        f"names; got blocks of type {list_names({kind.__name__ for kind in kinds}) or 'none'}"
    )


def fill(model: Network, state_dict: Mapping[str, Tensor], what: str) -> Network:
    """``model``, which has no values yet, with those of the published state dict, in eval mode."""
    layout, ours = list(network_layout(model)), model.state_dict()
    expected = {k: part for e in layout for k, part in e.split(ours[e.name]).items()}
    check_state_dict(state_dict, {name: part.shape for name, part in expected.items()}, what)
    odd = {k for k, v in expected.items() if not _is_alike(state_dict[k], v)}
    if odd:
        raise ValueError(
            f"the weights of {what} have a dtype that is not theirs: {list_names(odd)}"
        )
    weights = {entry.name: entry.join(state_dict).cpu() for entry in layout}
    weights = {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
    model.load_state_dict(weights, strict=False, assign=True)  # only the activation may lack some
    return model.eval()


def _is_alike(found: Tensor, expected: Tensor) -> bool:
    same = found.is_floating_point() == expected.is_floating_point()
    return same and not found.is_complex()
