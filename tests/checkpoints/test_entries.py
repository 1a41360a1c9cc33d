"""Entries convert tensors in both directions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.entries import Entry, SpectralEntry, own_entries
from lamakit.generators import (
    lama_regular,
)


@pytest.mark.parametrize("dim", [0, 1])
def test_join_undoes_split(dim: int) -> None:
    tensor = torch.rand(6, 6)
    entry = Entry("ours", ("a", "b"), (2, 4), dim)
    pieces = entry.split(tensor)
    assert [piece.shape[dim] for piece in pieces.values()] == [2, 4]
    assert torch.equal(pieces["a"], tensor.narrow(dim, 0, 2))
    assert torch.equal(entry.join(pieces), tensor)


def test_pieces_are_copies() -> None:
    tensor = torch.ones(2)
    entry = Entry("ours", ("a",), ())
    for copied in (entry.split(tensor)["a"], entry.join({"a": tensor})):
        copied.fill_(7)
    assert tensor.tolist() == [1, 1]


def test_counters_are_the_same_in_every_piece() -> None:
    entry = Entry("ours", ("a", "b"), (2, 4))
    assert entry.split(torch.tensor(5)) == {"a": 5, "b": 5}
    assert entry.join({"a": torch.tensor(5), "b": torch.tensor(6)}) == 5


def test_the_order_of_a_spectrum() -> None:
    ours = torch.tensor([10, 20, 30, 11, 21, 31])  # real parts, then imaginary ones
    entry = SpectralEntry("ours", ("a",), ())
    assert entry.split(ours)["a"].tolist() == [10, 11, 20, 21, 30, 31]
    assert entry.join(entry.split(ours)).tolist() == ours.tolist()
    square = torch.rand(4, 6, 1, 1)
    entry = SpectralEntry("ours", ("a",), (), dims=(0, 1))
    theirs = entry.split(square)["a"]
    assert torch.equal(theirs[1, 3], square[2, 4])
    assert torch.equal(entry.join({"a": theirs}), square)


def test_own_names() -> None:
    model = build_without_values(lama_regular)
    model.decoder[-1].append(nn.Linear(1, 1))  # type: ignore[operator]
    names = {entry.name for entry in own_entries(model, {"decoder.3.2.bias"})}
    assert names == model.state_dict().keys() - {"decoder.3.2.weight"}
    assert all(entry.published == (entry.name,) for entry in own_entries(model, ()))
