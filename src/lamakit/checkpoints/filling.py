"""The values of a network's tensors, read from a file one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from lamakit._weights import StoredTensor, check_state_dict, list_names
from lamakit.checkpoints.building import Network
from lamakit.checkpoints.entries import Entry


def fill(
    model: Network, state_dict: Mapping[str, StoredTensor], entries: Iterable[Entry], what: str
) -> Network:
    """Give a network without values those of a state dict, and put it into eval mode.

    Each of its tensors is made of those that its entry names, and they are released before the next
    ones are read: memory holds the network and one layer more. Everything becomes float32 on the
    CPU.

    Args:
        model: the network, as :func:`build_without_values` builds it.
        state_dict: the tensors to read.
        entries: for each of the network's tensors, what it is made of.
        what: the network's name in messages.

    Raises:
        ValueError: if a tensor is missing, unexpected, or has another shape or kind of number; then
            nothing has been read.
    """
    entries, ours = list(entries), model.state_dict()
    expected = {name: part for e in entries for name, part in e.split(ours[e.name]).items()}
    check_state_dict(state_dict, {name: part.shape for name, part in expected.items()}, what)
    odd = {k for k, v in expected.items() if not _are_alike(state_dict[k].dtype, v.dtype)}
    if odd:
        raise ValueError(
            f"the weights of {what} have a dtype that is not theirs: {list_names(odd)}"
        )
    # All memory that stays comes first: between what is released again it would leave gaps.
    weights = {entry.name: _empty_on_cpu(ours[entry.name]) for entry in entries}
    for entry in entries:
        pieces = {name: state_dict[name].read() for name in entry.published}
        weights[entry.name].copy_(entry.join(pieces))
    model.load_state_dict(weights, strict=False, assign=True)  # the activation may keep its own
    return model.eval()


def _empty_on_cpu(tensor: Tensor) -> Tensor:
    dtype = torch.float32 if tensor.is_floating_point() else tensor.dtype
    return torch.empty(tensor.shape, dtype=dtype, device="cpu")


def _are_alike(found: torch.dtype, expected: torch.dtype) -> bool:
    return found.is_floating_point == expected.is_floating_point and not found.is_complex
