"""The tensors of one network inside a larger state dict, found by their names and shapes."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from lamakit._weights.state_dicts import list_names, names_behind
from lamakit._weights.stored_tensors import StoredTensor


def enclosed_network(
    state_dict: Mapping[str, StoredTensor], expected: Mapping[str, torch.Size]
) -> dict[str, StoredTensor]:
    """Return the tensors of a network that a larger state dict holds under a prefix of its own.

    A training checkpoint has those of its perceptual loss behind ``loss_resnet_pl.impl.``, for
    example. The prefix is what stands there before the name of the network's first tensor, in
    front of one of the same shape. If the names of all its tensors have the same first component,
    as ``features.0.weight``, the prefix may have something else in its place.

    Args:
        state_dict: the tensors.
        expected: the names and shapes of the network's tensors.

    Returns:
        The tensors behind the prefix, with the network's names; those of the state dict as they are
        if it has no such prefix.

    Raises:
        ValueError: if there are several such networks.
    """
    components = {name.split(".")[0] for name in expected}
    own = f"{components.pop()}." if len(components) == 1 else ""
    first, shape = next(iter(expected.items()))
    short = first.removeprefix(own)
    prefixes = {
        name.removesuffix(short)
        for name, tensor in state_dict.items()
        if tensor.shape == shape and (name == short or name.endswith(f".{short}"))
    }
    if own in prefixes or not prefixes:
        return dict(state_dict)
    complete = {
        prefix
        for prefix in prefixes
        if all(
            prefix + name.removeprefix(own) in state_dict
            for name in expected
            if not name.endswith("num_batches_tracked")
        )
    }
    prefix, *others = complete or prefixes
    if others:
        raise ValueError(
            f"the weights hold several such networks, behind {list_names(complete or prefixes)}; "
            "give the state dict of one of them"
        )
    return {own + name: tensor for name, tensor in names_behind(state_dict, prefix).items()}
