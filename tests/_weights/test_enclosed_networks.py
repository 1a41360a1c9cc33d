"""One network's tensors found in a larger state dict."""

from __future__ import annotations

import pytest
import torch

from lamakit._weights import StoredTensor
from lamakit._weights.enclosed_networks import enclosed_network

PLAIN = {"conv1.weight": torch.Size((2, 3)), "layer1.conv1.weight": torch.Size((2, 2))}
NESTED = {"features.0.weight": torch.Size((2, 3)), "features.2.weight": torch.Size((2, 2))}


def stored(shapes: dict[str, torch.Size], prefix: str = "") -> dict[str, StoredTensor]:
    return {prefix + k: StoredTensor.in_memory(torch.zeros(shape)) for k, shape in shapes.items()}


@pytest.mark.parametrize("prefix", ["", "impl.", "loss_resnet_pl.impl."])
def test_a_prefix(prefix: str) -> None:
    tensors = stored(PLAIN, prefix)
    others = stored({"other.conv1.weight": torch.Size((1,)), "x": torch.Size((2, 3))})
    found = enclosed_network({**tensors, **others}, PLAIN)
    assert {name: found[name] for name in PLAIN} == dict(zip(PLAIN, tensors.values(), strict=True))
    assert (found.keys() == PLAIN.keys()) is bool(prefix)


@pytest.mark.parametrize("prefix", ["", "vgg.", "loss_pl.vgg.", "features.", "model.features."])
def test_a_common_component_may_be_another(prefix: str) -> None:
    tensors = stored({name.removeprefix("features."): NESTED[name] for name in NESTED}, prefix)
    found = enclosed_network(tensors, NESTED)
    assert found == dict(zip(NESTED, tensors.values(), strict=True))


def test_what_is_behind_the_prefix_stays() -> None:
    tensors = stored({**PLAIN, "fc.bias": torch.Size((1,))}, "impl.")
    assert enclosed_network(tensors, PLAIN).keys() == {*PLAIN, "fc.bias"}
    del tensors["impl.layer1.conv1.weight"]
    assert enclosed_network(tensors, PLAIN).keys() == {"conv1.weight", "fc.bias"}


def test_the_complete_one_of_several() -> None:
    partly = {"slice.conv1.weight": torch.Size((2, 3))}
    tensors = {**stored(PLAIN, "a."), **stored(partly)}
    assert enclosed_network(tensors, PLAIN)["conv1.weight"] is tensors["a.conv1.weight"]
    with pytest.raises(ValueError, match=r"several such networks, behind a\., b\.; give the"):
        enclosed_network({**stored(PLAIN, "b."), **tensors}, PLAIN)


def test_no_such_network() -> None:
    tensors = stored({"x.conv1.weight": torch.Size((5,))})
    assert enclosed_network(tensors, PLAIN) == tensors
