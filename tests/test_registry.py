"""Names of factories: what a registry builds, and how it answers an unknown name."""

from __future__ import annotations

import re

import pytest

from lamakit._registry import Registry, look_up


def square(*, side: int = 1) -> int:
    return side**2


def cube(*, side: int = 1) -> int:
    return side**3


REGISTRY: Registry[int] = Registry("solid", square, cube, die=cube)


def test_names_are_sorted() -> None:
    assert REGISTRY.names() == ["cube", "die", "square"]


@pytest.mark.parametrize(("name", "value"), [("square", 9), ("cube", 27), ("die", 27)])
def test_factories_get_the_overrides(name: str, value: int) -> None:
    assert REGISTRY.create(name, {"side": 3}) == value
    assert REGISTRY.create(name, {}) == 1


def test_a_setting_that_the_factory_lacks() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'width'"):
        REGISTRY.create("square", {"width": 3})


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        ValueError, match="no solid is called 'sphere'; known are cube, die, square"
    ):
        REGISTRY.create("sphere", {})


def test_look_up() -> None:
    known = {"b": 2, "a": 1}
    assert look_up("letter", "b", known) == 2
    with pytest.raises(ValueError, match="no letter is called 'c'; known are a, b"):
        look_up("letter", "c", known)


def test_a_long_unknown_name_is_cut_short_in_the_message() -> None:
    message = f"no letter is called {'x' * 500!r:.100}; known are a"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        look_up("letter", "x" * 500, {"a": 1})
