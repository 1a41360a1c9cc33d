"""A discriminator whose parameters are held fixed for the generator's step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from lamakit.losses.objective_terms import Discriminator


# Idea. In the generator's step gradients pass through the discriminator to its input, but none is
# wanted for its parameters. DistributedDataParallel cannot know this: its forward prepares to
# exchange gradients that never come. So while the parameters are frozen, its forward is replaced by
# that of the module inside. Every other wrapper stays in place and does its work, whatever the
# order in which they are nested:
#
#     Fabric's (precision)  ->  compiled  ->  DistributedDataParallel  ->  the discriminator
#                                                   left out
#
@contextmanager
def frozen(discriminator: Discriminator) -> Iterator[None]:
    """Hold the parameters of a discriminator fixed, and exchange no gradients between processes.

    A discriminator that is no module stays as it is.
    """
    module = discriminator if isinstance(discriminator, nn.Module) else nn.Module()
    ddp = nn.parallel.DistributedDataParallel
    wrappers = [part for part in module.modules() if isinstance(part, ddp)]
    learning = [parameter for parameter in module.parameters() if parameter.requires_grad]
    try:
        for parameter in learning:
            parameter.requires_grad = False
        for wrapper in wrappers:
            vars(wrapper)["forward"] = wrapper.module.__call__  # hides the method of its class
        yield
    finally:
        for wrapper in wrappers:
            vars(wrapper).pop("forward", None)
        for parameter in learning:
            parameter.requires_grad = True
