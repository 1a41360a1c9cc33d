"""A network in two parts: the front computes features, the rear computes the image from them."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from lamakit._checks import check_feature_map
from lamakit._models import Features, unwrap
from lamakit.inpainting.model_errors import explained_errors

Piece: TypeAlias = Callable[[Any], Any]
"""A part of the rear. Only the last one must return a tensor."""

Front: TypeAlias = Callable[[Tensor], Features]
Rear: TypeAlias = Piece | Sequence[Piece]


@dataclass(frozen=True)
class SplitNetwork:
    """The two parts of a network, and how they are run.

    Args:
        front: computes features from the network's input.
        pieces: compute the image from the features, one after another; each with the device on
            which it runs, or None for the one on which the features are.
        recompute: whether only what passes between the pieces is kept for the backward pass, and
            the rest computed again.
        autocast: the autocast mode in which the network runs on each type of device.
        model: the whole network, for the messages of errors.
        size_multiple: to what the input is padded, if the caller has said so, for them too.
    """

    front: Front
    pieces: Sequence[tuple[Piece, torch.device | None]]
    recompute: bool
    autocast: Mapping[str, torch.autocast]
    model: object
    size_multiple: int | None

    def explained_errors(self, inputs: Tensor) -> contextlib.AbstractContextManager[None]:
        """Add what to do to errors of the parts that are about the size of the input."""
        return explained_errors(self.model, inputs, self.size_multiple)

    def features(self, inputs: Tensor) -> Features:
        """Compute the features of the network's input."""
        with self.autocast[inputs.device.type]:
            return self.front(inputs)

    def predict(self, features: Features) -> Tensor:
        """Compute the image from features, and return it on their device."""
        out: Any = features
        home = unpack(features)[0][0].device
        for piece, device in self.pieces:
            if device is not None:
                tensors, pack = unpack(out)
                out = pack([tensor.to(device) for tensor in tensors])
            with self.autocast[(device or home).type]:
                out = checkpoint(piece, out, use_reentrant=False) if self.recompute else piece(out)
        check_feature_map("the rear's output", out)
        image: Tensor = out.to(home)
        return image


def split_model(
    model: Callable[[Tensor], Tensor], split: tuple[Front, Rear] | None
) -> tuple[Front, tuple[Piece, ...]]:
    """Return the front and the pieces of the rear: those of ``split``, or else the model's own."""
    inner = unwrap(model)
    front, rear = getattr(inner, "front", None), getattr(inner, "rear", None)
    if split is not None:
        try:
            front, rear = split
        except (TypeError, ValueError):
            front = None
    elif front is None or rear is None:
        raise ValueError(
            f"{type(inner).__name__} has no front and rear of its own: give split=(front, rear), "
            "a front from the network's input to features and a rear from features to the image"
        )
    pieces = tuple(rear) if isinstance(rear, Iterable) and not callable(rear) else (rear,)
    if not callable(front) or not all(map(callable, pieces)):
        raise TypeError(
            f"split must be a pair (front, rear), got {split!r:.80}; front is a callable, rear a "
            "callable or a sequence of callables"
        )
    if not pieces:
        raise ValueError("rear must have at least one piece, got none")
    return front, pieces


def place_pieces(
    pieces: Sequence[Piece], devices: Sequence[torch.device | str] | None
) -> list[tuple[Piece, torch.device | None]]:
    """Return each piece with its device, so that each device gets a run of about equal length.

    A piece that is not on its device is copied there. Without ``devices``, pieces stay where they
    are.
    """
    if devices is None:
        return [(piece, None) for piece in pieces]
    if not devices:
        raise ValueError("devices must name at least one device, got none")
    placed: list[tuple[Piece, torch.device | None]] = []
    for number, piece in enumerate(pieces):
        device = torch.device(devices[number * len(devices) // len(pieces)])
        if not isinstance(piece, nn.Module):
            raise TypeError(
                "devices needs a rear of modules, which can be copied to a device, but piece "
                f"{number} is a {type(piece).__name__}"
            )
        is_there = all(t.device == device for t in chain(piece.parameters(), piece.buffers()))
        placed.append((piece if is_there else copy.deepcopy(piece).to(device), device))
    return placed


def unpack(features: Features) -> tuple[list[Tensor], Callable[[list[Tensor]], Features]]:
    """Return the tensors of features, and a function that makes features of such tensors again."""
    tensors: list[Any] = list(features) if isinstance(features, (tuple, list)) else [features]
    if not tensors or not all(isinstance(t, Tensor) and t.is_floating_point() for t in tensors):
        raise TypeError(
            "features between front and rear must be a floating-point tensor, or a tuple or list "
            f"of them, got {features!r:.80}"
        )
    if isinstance(features, Tensor):
        return tensors, itemgetter(0)
    return tensors, list if isinstance(features, list) else tuple
