"""What every variant of a factory promises: a factory with another number of blocks."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import get_type_hints

import pytest

from lamakit.generators import ResNetGenerator

__all__ = ["check_options", "check_refusals"]

Factory = Callable[..., ResNetGenerator]


def check_options(variant: Factory, full: Factory, options: type) -> None:
    """Assert that the options are the arguments of the full factory, and that all are documented.

    Each must stand in the variant's docstring with its default.
    """
    hints = get_type_hints(full)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(full).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY and name != "num_blocks"
    }
    assert get_type_hints(options) == {name: hints[name] for name in defaults}
    documented = " ".join((inspect.getdoc(variant) or "").split())
    for name, default in defaults.items():
        assert f"``{name}={as_written(default)}``" in documented


def as_written(value: object) -> str:
    """Return a default value as source code has it."""
    if isinstance(value, partial):
        settings = ", ".join(f"{name}={setting}" for name, setting in value.keywords.items())
        return f"partial({as_written(value.func)}, {settings})"
    return f"nn.{value.__name__}" if isinstance(value, type) else repr(value)


def check_refusals(variant: Factory) -> None:
    """Assert that unknown options, and the number of blocks, raise an error that names them."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'depth'"):
        variant(depth=3)
    with pytest.raises(TypeError, match="multiple values for keyword argument 'num_blocks'"):
        variant(num_blocks=3)
    with pytest.raises(ValueError, match="base_channels must be at least 1, got 0"):
        variant(base_channels=0)
