"""Errors of a model about its input, told with what to do about them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import torch
from torch import Tensor

from lamakit._models import unwrap

_ABOUT_SIZES = re.compile(r"size|shape|dimension|divisible|multiple|match", re.IGNORECASE)


# The idea: any model may be run, and each refuses an input in words of its own. What it says names
# a tensor deep inside of it; what helps is another argument of the function that runs it. An error
# that is about something else stays as it is.
@contextlib.contextmanager
def explained_errors(
    model: object, inputs: Tensor, size_multiple: int | None = None
) -> Iterator[None]:
    """Add what to do to an error of the model that is about the channels or the size of its input.

    Args:
        model: what is run.
        inputs: its input, (B, C + 1, H, W).
        size_multiple: to what the input was padded, if the caller has said so.

    Raises:
        ValueError: in place of such an error.
    """
    try:
        yield
    except (RuntimeError, ValueError, AssertionError) as error:
        advice = _channel_advice(model, inputs, error) or _size_advice(model, size_multiple, error)
        if not advice or isinstance(error, torch.OutOfMemoryError):
            raise
        raise ValueError(
            f"the model fails on its input of shape {tuple(inputs.shape)}: {error}\n{advice}"
        ) from error


def _channel_advice(model: object, inputs: Tensor, error: Exception) -> str:
    """Return what to do about an error that is about the number of channels; else nothing."""
    given, expected = inputs.shape[1], getattr(unwrap(model), "in_channels", None)
    differs = isinstance(expected, int) and expected != given
    if not differs and not re.search(rf"\b{given} channels", str(error)):
        return ""
    remedies = {
        2: "of a grey image, give image.expand(-1, 3, -1, -1) to a model of colour images",
        5: "of an image with transparency (RGBA), give image[:, :3]",
    }
    remedy = remedies.get(given, "if the model takes something else, give a function around it")
    return f"The input has {given} channels, {given - 1} of the image and 1 of the mask; {remedy}."


def _size_advice(model: object, size_multiple: int | None, error: Exception) -> str:
    """Return what to do about an error that is about the size; else nothing.

    A model that says which sizes it accepts gets nothing else, so the size is not what is wrong.
    """
    says = any(hasattr(part, "size_multiple") for part in (unwrap(model), model))
    if not _ABOUT_SIZES.search(str(error)) or (says and size_multiple is None):
        return ""
    padded = f"padded to multiples of {size_multiple}" if size_multiple else "not padded"
    return (
        f"The image was {padded}. If the model accepts only sides that are multiples of a number, "
        "give that number as size_multiple (an argument, or an attribute of the model): 2 ** n for "
        "a model that halves the sides n times."
    )
