"""Networks that return the outputs of several of their modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from typing_extensions import override


class Stages(nn.Sequential):
    """Modules that run one after another; the outputs of some of them come back.

    Args:
        stages: the modules by name, in the order in which they run; none works in place.
        outputs: the names of those whose outputs come back, in that order.
    """

    def __init__(self, stages: Mapping[str, nn.Module], outputs: Sequence[str]) -> None:
        super().__init__(OrderedDict(stages))
        self.outputs = tuple(outputs)

    @override
    def forward(self, x: Tensor) -> list[Tensor]:
        found = {}
        for name, stage in self.named_children():
            x = stage(x)
            if name in self.outputs:
                found[name] = x
        return [found[name] for name in self.outputs]
