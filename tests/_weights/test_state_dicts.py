"""State dicts: chosen, compared, and their names listed."""

from __future__ import annotations

import pytest
import torch

from lamakit._weights import check_state_dict, list_names
from lamakit._weights.state_dicts import select_state_dict


def test_names_are_counted() -> None:
    assert list_names({"b", "a"}) == "a, b"
    assert list_names(["c", "a", "b"], most=2) == "a, b, and 1 more"
    assert list_names(["\x1b[2J", "x" * 300]) == f"'\\x1b[2J', {'x' * 200}"
    shapes = {f"w{i}": torch.Size((i,)) for i in range(10)}
    check_state_dict({k: torch.empty(v) for k, v in shapes.items()}, shapes, "anything")
    with pytest.raises(ValueError, match=r"those of a net: 10 missing: w0, .*w7, and 2 more$"):
        check_state_dict({}, shapes, "a net")


def test_every_problem_is_in_one_error() -> None:
    found = {"a": torch.ones(2), "b": torch.ones(1)}
    expected = {"a": torch.Size((3,)), "c": torch.Size(())}
    with pytest.raises(
        ValueError, match=r"1 missing: c; 1 unexpected: b; 1 misshapen: a \(2,\) instead of \(3,\)$"
    ):
        check_state_dict(found, expected, "a net")


def test_the_entry_of_a_larger_mapping() -> None:
    tensor = torch.ones(1)
    for content in ({"a": tensor}, {"state_dict": {"a": tensor}, "epoch": 3}):
        assert select_state_dict(content, "x")["a"].read() is tensor
    assert select_state_dict({"state_dict": tensor}, "x").keys() == {"state_dict"}


def test_entries_of_a_larger_mapping() -> None:
    tensor = torch.ones(1)
    parts = {"g": {"a": tensor}, "d": {"b": tensor}, "empty": {}, 3: {"c": tensor}, "lr": {"x": 1}}
    assert select_state_dict(parts, "x").keys() == {"g.a", "d.b"}
    assert select_state_dict({"g": parts["g"], "epoch": 3}, "x").keys() == {"a"}
    assert select_state_dict({"state_dict": parts}, "x", "g").keys() == {"a"}
    with pytest.raises(
        ValueError, match=r"x has no tensors under the key 'gg'; its keys are d, g$"
    ):
        select_state_dict(parts, "x", "gg")
    with pytest.raises(ValueError, match=r"^the entry 'lr' of x|maps names to tensors"):
        select_state_dict(parts, "x", "lr")
    mixed = {"latent": tensor, **parts}
    assert select_state_dict(mixed, "x", "d").keys() == {"b"}
    with pytest.raises(ValueError, match="which these entries do not: 3, d, empty, g, lr; if one"):
        select_state_dict(mixed, "x")


def test_one_large_entry_under_many_keys_costs_nothing() -> None:
    large = {str(i): torch.ones(1) for i in range(1000)}
    with pytest.raises(ValueError, match="which these entries do not: 0, 1, 10, "):
        select_state_dict({str(i): large for i in range(1000)}, "x")


def test_what_is_no_state_dict() -> None:
    with pytest.raises(ValueError, match=r"^x holds a list; expected a file of weights"):
        select_state_dict([1], "x")
    with pytest.raises(ValueError, match="which these entries do not: 3, epoch; if one of them"):
        select_state_dict({"epoch": 3, 3: torch.ones(1), "a": torch.ones(1)}, "x")
