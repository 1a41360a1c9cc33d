"""Networks without values: parameters of the right shapes that take no memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator

Network = TypeVar("Network", ResNetGenerator, PatchDiscriminator)


def build_without_values(factory: Callable[[], Network]) -> Network:
    """Build a network on the meta device: it takes no memory, whatever sizes a file claims.

    Every argument of the factory must be right but those that a file tells, which errors blame.

    Raises:
        ValueError: if there is no such network.
    """
    try:
        with torch.device("meta"):
            return factory()
    except (RuntimeError, OverflowError, TypeError) as error:
        raise ValueError("the weights have sizes that no network has") from error
