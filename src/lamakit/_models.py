"""What lamakit asks of a model: its sizes, its two parts, and what a wrapper hides of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

__all__ = [
    "Features",
    "SizedModel",
    "SplitModel",
    "evaluating",
    "first_parameter",
    "model_sizes",
    "owner",
    "unwrap",
]

Features: TypeAlias = Tensor | tuple[Tensor, ...] | list[Tensor]
"""What passes from the front of a model to its rear: a tensor, or several."""


@runtime_checkable
class SizedModel(Protocol):
    """A model that says which image sizes it takes.

    Every function of lamakit that runs a model pads its input to such a size. A model without these
    attributes gets the image as it is.

    Attributes:
        size_multiple: both sides of the input must be multiples of this many pixels.
        min_size: and at least this many pixels.
    """

    size_multiple: int
    min_size: int

    def __call__(self, x: Tensor, /) -> Tensor:
        """Return the filled image (B, C, H, W) of masked image and mask (B, C + 1, H, W)."""
        ...


@runtime_checkable
class SplitModel(Protocol):
    """A model in two parts, between which :func:`lamakit.refinement.refine` optimises the features.

    Attributes:
        front: computes the features, a tensor or several, from the model's input.
        rear: computes the image from the features: a callable, or callables that run one after
            another.
    """

    @property
    def front(self) -> Callable[[Tensor], Features]:
        """The first part."""
        ...

    @property
    def rear(self) -> Callable[[Any], Any] | Sequence[Callable[[Any], Any]]:
        """The second part, or its pieces in order."""
        ...


def unwrap(model: Any) -> Any:  # noqa: ANN401 (whatever a wrapper holds)
    """Return the model inside the wrappers around it; a bare model as it is.

    Known wrappers are ``DistributedDataParallel``, ``DataParallel``, ``AveragedModel``,
    ``torch.compile``'s and Lightning Fabric's.
    """
    wrappers = (nn.parallel.DistributedDataParallel, nn.DataParallel, AveragedModel)
    while True:
        if isinstance(model, wrappers):
            model = model.module
        elif isinstance(model, nn.Module) and "_orig_mod" in model._modules:  # noqa: SLF001 (compiled)
            model = model._modules["_orig_mod"]  # noqa: SLF001
        elif isinstance(model, nn.Module) and "_forward_module" in model._modules:  # noqa: SLF001 (Fabric)
            model = model._modules["_forward_module"]  # noqa: SLF001
        else:
            return model


def model_sizes(model: object) -> tuple[int, int]:
    """Return the ``size_multiple`` and ``min_size`` of a model; 1 where it does not say."""
    inner = unwrap(model)
    return getattr(inner, "size_multiple", 1), getattr(inner, "min_size", 1)


def first_parameter(model: object) -> Tensor | None:
    """Return the first floating-point parameter of a module: it tells dtype and device."""
    parameters = model.parameters() if isinstance(model, nn.Module) else iter(())
    return next((p for p in parameters if p.is_floating_point()), None)


@contextlib.contextmanager
def evaluating(*parts: object) -> Iterator[None]:
    """Put modules among the parts into eval mode; those in training mode return to it at the end.

    Nothing is touched where all are in eval mode. A module inside a function cannot be seen.
    """
    owners = map(owner, parts)
    modules = chain.from_iterable(o.modules() for o in owners if isinstance(o, nn.Module))
    training = [module for module in modules if module.training]
    try:
        for module in training:
            module.training = False
        yield
    finally:
        for module in training:
            module.training = True


def owner(function: object) -> object:
    """Return the object that a bound method or a ``functools.partial`` calls; else the argument."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__self__", function)
