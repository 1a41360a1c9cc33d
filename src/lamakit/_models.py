"""Optional attributes of models, found inside wrappers too; eval mode for the time of a call."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

Features: TypeAlias = Tensor | tuple[Tensor, ...] | list[Tensor]
"""What the front of a model computes and its rear takes: a tensor, or several."""


@runtime_checkable
class SizedModel(Protocol):
    """A model that says which image sizes it accepts.

    Every function of lamakit that runs a model pads its input to such a size. A model without
    these attributes gets the image in its own size, or padded as the argument ``size_multiple``
    asks for.

    Attributes:
        size_multiple: both sides of the input must be multiples of this many pixels.
        min_size: both sides of the input must be at least this many pixels.
    """

    size_multiple: int
    min_size: int

    def __call__(self, x: Tensor, /) -> Tensor:
        """Return the filled image (B, C, H, W) of masked image and mask (B, C + 1, H, W)."""
        ...


@runtime_checkable
class SplitModel(Protocol):
    """A model in two parts: :func:`lamakit.refinement.refine` optimises the features between them.

    Attributes:
        front: computes features from the model's input: a tensor, or a tuple or list of tensors.
        rear: computes the image from the features: a callable, or a sequence of callables that run
            one after another.
    """

    @property
    def front(self) -> Callable[[Tensor], Features]:
        """The part that computes features."""
        ...

    @property
    def rear(self) -> Callable[[Any], Any] | Sequence[Callable[[Any], Any]]:
        """The part that computes the image, or its pieces in order."""
        ...


def without_fabric(model: Any) -> Any:  # noqa: ANN401 (whatever a wrapper holds)
    """Return what is inside Lightning Fabric's wrapper; a model without that wrapper as it is."""
    return getattr(model, "_modules", {}).get("_forward_module", model)


def unwrap(model: Any) -> Any:  # noqa: ANN401 (whatever a wrapper holds)
    """Return the model inside all wrappers around it; a model without a wrapper as it is.

    Known wrappers are ``DistributedDataParallel``, ``DataParallel``, ``AveragedModel`` and those of
    ``torch.compile`` and Lightning Fabric. Call the wrapper; read attributes from what is inside.
    """
    wrappers = (nn.parallel.DistributedDataParallel, nn.DataParallel, AveragedModel)
    while True:
        if isinstance(model, wrappers):
            model = model.module
        elif isinstance(model, nn.Module) and "_orig_mod" in model._modules:  # noqa: SLF001 (compiled)
            model = model._modules["_orig_mod"]  # noqa: SLF001
        elif (inner := without_fabric(model)) is not model:
            model = inner
        else:
            return model


def model_sizes(model: object, size_multiple: int | None = None) -> tuple[int, int]:
    """Return ``size_multiple`` and ``min_size`` of a model, or else of its wrapper, or else 1.

    A ``size_multiple`` that is given stands in place of the model's.
    """
    inner = unwrap(model)
    multiple, min_size = (
        getattr(inner, name, getattr(model, name, 1)) for name in ("size_multiple", "min_size")
    )
    return multiple if size_multiple is None else size_multiple, min_size


def first_parameter(model: object) -> Tensor | None:
    """Return the first floating-point parameter of a module, for its dtype and device."""
    parameters = model.parameters() if isinstance(model, nn.Module) else iter(())
    return next((p for p in parameters if p.is_floating_point()), None)


@contextlib.contextmanager
def evaluating(*parts: object) -> Iterator[None]:
    """Put the modules among the parts into eval mode, and those in training mode back at the end.

    A part may be a bound method or a ``functools.partial``, but a module that a function calls
    cannot be found. Modules in eval mode are not touched.
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
    """Return the object behind a bound method or a ``functools.partial``; else the argument."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__self__", function)
