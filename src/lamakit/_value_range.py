"""The warning for images whose values are clearly not those of an image in [0, 1]."""

from __future__ import annotations

import sys
import warnings

import torch
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

_LOWEST, _HIGHEST = -0.5, 1.5  # wide enough for what networks and resizing overshoot
warned: set[tuple[str, str]] = set()
"""The names that were warned about in this process, each with the remedy."""


# Idea. Values are only looked at where this is free of side effects: a GPU would have to be waited
# for, and tensors without values of their own (when a program is compiled, exported or traced) have
# none to look at.
def warn_outside_unit_range(name: str, image: Tensor) -> None:
    """Warn if an image is clearly outside of [0, 1]; once in a process for each name and remedy.

    Up to half of the range on either side is no reason to warn. Values that are not finite are
    passed over: what lies in a hole may be anything.

    Args:
        name: the argument's name, for the message.
        image: the image, of any shape. It is only looked at if it is a plain floating-point tensor
            on the CPU, outside of compiling, exporting, tracing and scripting.
    """
    if not _has_values(image):
        return
    low, high = (bound.item() for bound in image.detach().aminmax())
    if not (low > -torch.inf and high < torch.inf):  # slower, and seldom: NaN or infinity
        finite = image.detach()[image.isfinite()]
        if not len(finite):
            return
        low, high = (bound.item() for bound in finite.aminmax())
    if low >= _LOWEST and high <= _HIGHEST:
        return
    remedy = _remedy(low, high)
    if (name, remedy) in warned:
        return
    warned.add((name, remedy))
    warnings.warn(
        f"{name} should be an image with values in [0, 1], but they go from {low:.3g} to "
        f"{high:.3g}: {remedy} (this is said once)",
        UserWarning,
        stacklevel=_callers_level(),
    )


def _callers_level() -> int:
    """Return the ``stacklevel`` of the line outside of lamakit that called it."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 (warnings counts frames)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("lamakit."):
        level, frame = level + 1, frame.f_back
    return level


def _has_values(image: Tensor) -> bool:
    """Return whether the values may be looked at."""
    if torch.compiler.is_compiling() or torch.jit.is_scripting():  # type: ignore[attr-defined]
        return False
    if torch.jit.is_tracing():  # type: ignore[attr-defined, no-untyped-call]
        return False
    if type(image) not in {Tensor, torch.nn.Parameter}:  # such as a fake or a distributed tensor
        return False
    if torch._C._functorch.is_functorch_wrapped_tensor(image):  # noqa: SLF001 (there is no other way)
        return False
    if _get_current_dispatch_mode() is not None:  # such as a fake tensor's mode, or make_fx
        return False
    return image.device.type == "cpu" and image.is_floating_point() and image.numel() > 0


def _remedy(low: float, high: float) -> str:
    """Return what most likely brings such values into [0, 1]."""
    if low >= _LOWEST:
        return "divide values in 0..255 by 255"
    if low >= -_HIGHEST and high <= _HIGHEST:
        return "give (x + 1) / 2 for an x in [-1, 1]"
    return "divide values in 0..255 by 255, or give (x + 1) / 2 for an x in [-1, 1]"
