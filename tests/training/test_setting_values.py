"""Types of settings are checked against annotations, and two sets of values are merged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import pytest

from lamakit.training.setting_values import check_type, merge


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (True, bool),
        (3, int),
        (3, float),
        (0.5, float),
        ("a", str),
        ("a", Literal["a", "b"]),
        ((), tuple[float, ...]),
        ((1, 0.5), tuple[float, ...]),
        ({"a": 1, "b": 0.5}, Mapping[str, float]),
        ({"a": [1, {"b": None}], "c": ("x", True, 0.5)}, Mapping[str, Any]),
    ],
)
def test_right_types(value: object, annotation: object) -> None:
    check_type("size", value, annotation)


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        (1, bool, "size must be a bool, got 1 of type int"),
        ("3", int, "size must be an int, got '3' of type str"),
        (3.0, int, "size must be an int, got 3.0 of type float"),
        (True, int, "size must be an int, got True of type bool"),
        (True, float, "size must be a number, got True of type bool"),
        (None, str, "size must be a str, got None of type NoneType"),
        (1, Literal["a"], "size must be a str, got 1 of type int"),
        ([1.0], tuple[float, ...], r"size must be a tuple, got \[1.0\] of type list"),
        ((1, "x"), tuple[float, ...], r"size\[1\] must be a number, got 'x' of type str"),
        ([], Mapping[str, Any], r"size must be a mapping, got \[\] of type list"),
        ({1: 2}, Mapping[str, Any], "a name in size must be a str, got 1 of type int"),
        ({"a": "x"}, Mapping[str, float], r"size\['a'\] must be a number, got 'x' of type str"),
        ({"a": [0, date.min]}, Mapping[str, Any], r"size\['a'\]\[1\] must be a number, a string, "),
        ({"a": {"b": int}}, Mapping[str, Any], r"size\['a'\]\['b'\] must be .*of type type"),
    ],
)
def test_wrong_types(value: object, annotation: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        check_type("size", value, annotation)


def test_another_word_than_a_literals() -> None:
    with pytest.raises(ValueError, match="size must be one of a, b; got 'c'"):
        check_type("size", "c", Literal["a", "b"])


def test_merged_values() -> None:
    first = {"a": 1, "b": {"x": 1, "y": 2}, "c": {"x": 1}, "d": 4}
    second = {"a": 2, "b": {"y": 3, "z": 4}, "c": 5, "e": 6}
    expected = {"a": 2, "b": {"x": 1, "y": 3, "z": 4}, "c": 5, "d": 4, "e": 6}
    assert merge(first, second) == expected
    assert first["b"] == {"x": 1, "y": 2}
