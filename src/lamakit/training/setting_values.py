"""Values of settings: a check of their types, and two sets of them merged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from lamakit._checks import check_one_of


def check_type(name: str, value: object, annotation: object) -> None:
    """Raise unless a value has the type of an annotation.

    An int passes for a float; nothing else passes for another type.

    Args:
        name: the setting, for the message.
        value: what was given for it.
        annotation: ``bool``, ``int``, ``float``, ``str``, a ``Literal`` of strings,
            ``tuple[item, ...]`` or ``Mapping[str, item]``, where the items are any of these, or
            ``Any``, which stands for plain data: numbers, strings, bools, None, and lists and
            mappings of them.

    Raises:
        TypeError: if the value has another type.
        ValueError: if it is none of the strings of a ``Literal``.
    """
    kind, arguments = get_origin(annotation), get_args(annotation)
    if annotation is Any:
        _check_plain(name, value)
    elif kind is Literal:
        check_one_of(name, _instance(name, value, str), arguments)
    elif kind is tuple:
        for place, item in enumerate(_instance(name, value, tuple)):
            check_type(f"{name}[{place}]", item, arguments[0])
    elif kind is Mapping:
        for key, item in _instance(name, value, Mapping).items():
            _instance(f"a name in {name}", key, str)
            check_type(f"{name}[{key!r}]", item, arguments[1])
    else:
        _instance(name, value, annotation)


def _check_plain(name: str, value: object) -> None:
    """Raise unless a value is plain data, which a checkpoint can hold."""
    if isinstance(value, Mapping):
        check_type(name, value, Mapping[str, Any])
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            _check_plain(f"{name}[{place}]", item)
    elif value is not None and not isinstance(value, (bool, int, float, str)):
        raise TypeError(
            f"{name} must be a number, a string, a bool, None, or a list or mapping of them, so "
            f"that a checkpoint can hold it; got {value!r} of type {type(value).__name__}"
        )


def _instance(name: str, value: Any, kind: Any) -> Any:  # noqa: ANN401 (the types to compare)
    """Return the value if it is of that type; raise if not."""
    accepted = (int, float) if kind is float else kind
    if not isinstance(value, accepted) or (isinstance(value, bool) and kind is not bool):
        expected = "number" if kind is float else kind.__name__.lower()
        article = "an" if expected == "int" else "a"
        raise TypeError(
            f"{name} must be {article} {expected}, got {value!r} of type {type(value).__name__}"
        )
    return value


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of both; where both have one, the second's.

    Two mappings, such as two ``weights``, are merged entry by entry.
    """
    merged = {**first, **second}
    for name in first.keys() & second.keys():
        if isinstance(first[name], Mapping) and isinstance(second[name], Mapping):
            merged[name] = {**first[name], **second[name]}
    return merged
