"""What an objective returns, and the types of what it is built from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from torch import Tensor

from lamakit._dtypes import at_least_float32

Discriminator = Callable[[Tensor], tuple[Tensor, Sequence[Tensor]]]
"""From an image to the logits of its patches and a list of feature maps."""

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
    total = sum(terms.values(), start=at_least_float32(like.new_zeros(())))
    return LossTerms(total, {name: term.detach() for name, term in terms.items()})
