"""What an objective returns, and the types of what it is built from."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from torch import Tensor

from lamakit._dtypes import at_least_float32
from lamakit.losses.nested_tensors import NestedTensors

Discriminator: TypeAlias = Callable[..., NestedTensors]
"""From an image, or an image and a condition, to the pair (logits, features) or to logits alone."""

PairLoss = Callable[[Tensor, Tensor], Tensor]
"""From prediction and target to a scalar."""


class LossTerms(NamedTuple):
    """A loss and the terms that it is the sum of.

    Args:
        total: the sum of the terms; call ``backward()`` on it.
        terms: each weighted term by its name, a scalar without gradient, for logging.

    Example:
        >>> import torch
        >>> LossTerms(torch.tensor(3.0), {"l1": torch.tensor(1.0), "r1": torch.tensor(2.0)}).total
        tensor(3.)
    """

    total: Tensor
    terms: dict[str, Tensor]


def add_up(terms: dict[str, Tensor], like: Tensor) -> LossTerms:
    """Return the terms and their sum, which is 0 in the dtype of ``like`` if there are none."""
    for name, term in terms.items():
        if term.ndim:
            raise ValueError(
                f"the {name} loss must be a scalar, got shape {tuple(term.shape)}: take its mean"
            )
    total = sum(terms.values(), start=at_least_float32(like.new_zeros(())))
    return LossTerms(total, {name: term.detach() for name, term in terms.items()})
