"""Networks get all their values, or none."""

from __future__ import annotations

import re
from functools import partial

import pytest
import torch
from torch import Tensor

from lamakit._weights import StoredTensor
from lamakit.checkpoints import (
    load_discriminator,
    load_generator,
    to_published_state_dict,
)
from lamakit.checkpoints.building import build_without_values
from lamakit.checkpoints.entries import own_entries
from lamakit.checkpoints.filling import fill
from lamakit.checkpoints.published_names import published_entries
from lamakit.generators import (
    lama_regular,
)
from tests.checkpoints.networks import (
    FAMILIES,
    assert_same,
    published,
    published_discriminator,
    small,
)


@pytest.mark.parametrize(
    ("family", "name"),
    [(family, name) for family in FAMILIES for name in sorted(published(family))],
)
def test_one_missing_tensor_is_named_and_no_other(family: str, name: str) -> None:
    state_dict = published(family)
    del state_dict[name]
    with pytest.raises(ValueError, match=f"published {family}: 1 missing: {re.escape(name)}$"):
        load_generator(state_dict)


@pytest.mark.parametrize("name", sorted(published_discriminator()))
def test_one_missing_tensor_of_a_discriminator_is_named(name: str) -> None:
    state_dict = published_discriminator()
    del state_dict[name]
    with pytest.raises(ValueError, match=f"discriminator: 1 missing: {re.escape(name)}$"):
        load_discriminator(state_dict)


def test_every_problem_is_in_one_error() -> None:
    state_dict = published()
    del state_dict["model.5.conv1.bn_l.weight"], state_dict["model.6.conv2.ffc.convl2g.weight"]
    state_dict["model.99.extra"] = torch.zeros(1)
    state_dict["model.2.bn_l.bias"] = torch.zeros(3)
    with pytest.raises(ValueError, match="complete published lama_fourier") as caught:
        load_generator(state_dict)
    message = str(caught.value)
    assert "2 missing: model.5.conv1.bn_l.weight, model.6.conv2.ffc.convl2g.weight" in message
    assert "1 unexpected: model.99.extra" in message
    assert "1 misshapen: model.2.bn_l.bias (3,) instead of (8,)" in message


def test_many_problems_are_counted() -> None:
    state_dict = {name: value for name, value in published().items() if ".6." not in name}
    state_dict["model.7.conv1.ffc.convl2l.weight"] = torch.zeros(1)
    with pytest.raises(ValueError, match=r"\d\d missing: .*, and \d+ more"):
        load_generator(state_dict)


def test_half_precision_weights_become_float32() -> None:
    state_dict = {k: v.half() if v.is_floating_point() else v for k, v in published().items()}
    assert {p.dtype for p in load_generator(state_dict).parameters()} == {torch.float32}


def test_the_weights_are_copied_and_randomness_is_left_alone() -> None:
    state_dict, before = published(), torch.get_rng_state()
    model = load_generator(state_dict)
    assert torch.equal(torch.get_rng_state(), before)
    expected = {name: value.clone() for name, value in state_dict.items()}
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(7)
    assert all(torch.equal(state_dict[name], value) for name, value in expected.items())


def test_dtypes_of_other_kinds() -> None:
    state_dict = to_published_state_dict(small())
    state_dict["model.1.bn_l.weight"] = state_dict["model.1.bn_l.weight"].long()
    with pytest.raises(ValueError, match=r"a dtype that is not theirs: model\.1\.bn_l\.weight"):
        load_generator(state_dict)


@pytest.mark.parametrize("own", [True, False])
def test_one_layer_is_read_at_a_time(*, own: bool) -> None:
    """Tensors are read once each, and those of a layer before the next layer's."""
    source = lama_regular(base_channels=4, num_blocks=1)
    state_dict = source.state_dict() if own else to_published_state_dict(source)
    log: list[str] = []

    def stored(name: str, tensor: Tensor) -> StoredTensor:
        def read() -> Tensor:
            log.append(name)
            return tensor

        return StoredTensor(tensor.shape, tensor.dtype, read)

    logged = {name: stored(name, tensor) for name, tensor in reversed(state_dict.items())}
    model = build_without_values(partial(lama_regular, base_channels=4, num_blocks=1))
    entries = own_entries(model, state_dict) if own else list(published_entries(model))
    assert_same(fill(model, logged, entries, "a network"), source)
    assert log == [name for entry in entries for name in entry.published]
    assert len(log) == len(set(log)) == len(state_dict)


def test_nothing_is_read_if_something_is_missing() -> None:
    model = build_without_values(partial(lama_regular, base_channels=4))
    with pytest.raises(ValueError, match=r"not those of a network: .* missing"):
        fill(model, {}, published_entries(model), "a network")
    assert all(tensor.is_meta for tensor in model.state_dict().values())
