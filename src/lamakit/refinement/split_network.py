"""A network cut in two: the front makes features, the pieces of the rear make an image of them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint as checkpointed

from lamakit._checks import check_feature_map

__all__ = ["Features", "Front", "Rear", "SplitNetwork", "split", "spread", "unpack"]

Features: TypeAlias = Tensor | tuple[Tensor, ...] | list[Tensor]
"""What stands between the two parts of a network: a tensor, or several."""

Piece: TypeAlias = Callable[[Any], Any]
"""A part of the rear; only the last must return a tensor."""

Front: TypeAlias = Callable[[Tensor], Features]
Rear: TypeAlias = Piece | Sequence[Piece]


@dataclass(frozen=True)
class SplitNetwork:
    """Both parts of a network, with what they save memory by.

    Args:
        front: from the network's input to features.
        rear: the pieces that lead on to the image, each with its device; None for where it is.
        checkpoint: whether only what passes between the pieces is kept for the backward pass.
        autocast_dtype: what the network computes in; None for no autocast.
    """

    front: Front
    rear: Sequence[tuple[Piece, torch.device | None]]
    checkpoint: bool
    autocast_dtype: torch.dtype | None

    def features(self, inputs: Tensor) -> Features:
        """The features of the network's input."""
        with self.autocast(inputs.device):
            return self.front(inputs)

    def predict(self, features: Features) -> Tensor:
        """The image that the rear makes of the features."""
        out: Any = features
        home = unpack(features)[0][0].device
        for piece, device in self.rear:
            if device is not None:
                tensors, pack = unpack(out)
                out = pack([tensor.to(device) for tensor in tensors])
            with self.autocast(device or home):
                out = (
                    checkpointed(piece, out, use_reentrant=False) if self.checkpoint else piece(out)
                )
        check_feature_map("the rear's output", out)
        image: Tensor = out.to(home)
        return image

    def autocast(self, device: torch.device) -> torch.autocast:
        """The precision that the network computes in, also inside the caller's autocast."""
        return torch.autocast(
            device.type, self.autocast_dtype, enabled=self.autocast_dtype is not None
        )


def split(
    model: Callable[[Tensor], Tensor], front: Front | None, rear: Rear | None
) -> tuple[Front, tuple[Piece, ...]]:
    """The front and the pieces of the rear: the caller's, or else the model's own."""
    if (front is None) != (rear is None):
        raise ValueError("front and rear belong together: give both, or neither for the model's")
    if front is None or rear is None:
        front, rear = getattr(model, "front", None), getattr(model, "rear", None)
    if front is None or rear is None:
        raise ValueError(
            f"{type(model).__name__} has no front and rear of its own: give both, a front from the "
            "network's input to features and a rear from features to the image"
        )
    pieces = (rear,) if callable(rear) else tuple(rear)
    if not pieces:
        raise ValueError("rear must have at least one piece, got none")
    return front, pieces


def spread(
    pieces: Sequence[Piece], devices: Sequence[torch.device | str]
) -> list[tuple[Piece, torch.device]]:
    """Each piece with its device, an equal run of them on each; pieces that move are copies."""
    if not devices:
        raise ValueError("devices must name at least one device, got none")
    placed: list[tuple[Piece, torch.device]] = []
    for number, piece in enumerate(pieces):
        device = torch.device(devices[number * len(devices) // len(pieces)])
        if not isinstance(piece, nn.Module):
            raise TypeError(
                "devices needs a rear of modules, which can be copied to a device, but piece "
                f"{number} is a {type(piece).__name__}"
            )
        at_home = all(t.device == device for t in chain(piece.parameters(), piece.buffers()))
        placed.append((piece if at_home else copy.deepcopy(piece).to(device), device))
    return placed


def unpack(features: Features) -> tuple[list[Tensor], Callable[[list[Tensor]], Features]]:
    """The tensors among the features, and what puts such tensors together again."""
    tensors: list[Any] = list(features) if isinstance(features, (tuple, list)) else [features]
    if not tensors or not all(isinstance(t, Tensor) and t.is_floating_point() for t in tensors):
        raise TypeError(
            "features between front and rear must be a floating-point tensor, or a tuple or list "
            f"of them, got {features!r:.80}"
        )
    if isinstance(features, Tensor):
        return tensors, itemgetter(0)
    return tensors, list if isinstance(features, list) else tuple
