"""Networks loaded from files and state dicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit.checkpoints import (
    load_discriminator,
    load_generator,
    to_published_state_dict,
)
from lamakit.generators import (
    lama_fourier,
)
from tests.checkpoints.networks import (
    FAMILIES,
    assert_same,
    prefixed,
    published,
    published_discriminator,
    small,
)
from tests.helpers import assert_same_tensors


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    "prefix", ["", "generator.", "generator_average.", "model.generator.", "model."]
)
def test_prefixes(name: str, prefix: str) -> None:
    model = small(name)
    state_dict = prefixed(prefix, to_published_state_dict(model))
    assert_same(load_generator(state_dict), model)


@pytest.mark.parametrize("prefix", ["", "generator.", "model."])
@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("lama_fourier", {}),
        ("lama_fourier", {"ratio": 0.0}),
        ("lama_fourier", {"ratio": 1.0}),
        ("lama_fourier", {"in_channels": 2, "out_channels": 5, "num_downsamplings": 1}),
        ("lama_fourier", {"local_fourier_unit": True}),
        ("lama_regular", {"num_downsamplings": 0}),
        ("lama_dilated", {"dilations": (1, 2)}),
    ],
)
def test_our_own_names(name: str, overrides: dict[str, Any], prefix: str) -> None:
    model = small(name, **overrides)
    again = load_generator(prefixed(prefix, model.state_dict()))
    assert_same(again, model)
    assert (again.size_multiple, again.min_size) == (model.size_multiple, model.min_size)


def test_our_own_names_must_be_complete() -> None:
    state_dict = small().state_dict()
    del state_dict["decoder.0.1.bias"]
    with pytest.raises(
        ValueError, match=r"of a complete lama_fourier: 1 missing: decoder\.0\.1\.bias$"
    ):
        load_generator(state_dict)


def test_no_average() -> None:
    with pytest.raises(ValueError, match="hold no moving average, whose tensors are called"):
        load_generator(to_published_state_dict(small()), average=True)


def test_a_file_is_read(tmp_path: Path) -> None:
    state_dict = published()
    torch.save(state_dict, tmp_path / "lama.pth")
    for path in (tmp_path / "lama.pth", str(tmp_path / "lama.pth")):
        model = load_generator(path)
        assert not model.training
        assert all(p.requires_grad and p.dtype == torch.float32 for p in model.parameters())
        loaded = to_published_state_dict(model)
        assert all(torch.equal(loaded[name], value) for name, value in state_dict.items())


def test_output_activation() -> None:
    state_dict, x = published(), torch.randn(1, 4, 16, 16)
    bare = load_generator(state_dict, output_activation=nn.Identity)(x)
    torch.testing.assert_close(load_generator(state_dict)(x), bare.sigmoid())


class Gain(nn.Module):
    """An activation with a weight and a constant."""

    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.register_buffer("scale", torch.tensor(2.0), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return x.tanh() * self.scale * self.weight


def test_an_output_activation_may_hold_tensors() -> None:
    state_dict, x = published(), torch.randn(1, 4, 16, 16)
    plain = load_generator(state_dict, output_activation=nn.Tanh)(x)
    torch.testing.assert_close(load_generator(state_dict, output_activation=Gain)(x), 2 * plain)


def test_a_dict_around_the_state_dict() -> None:
    around: dict[str, Any] = {"state_dict": published(), "epoch": 3}
    assert len(load_generator(around).bottleneck) == 2
    nested: Any = {"networks": {"g": published()}, "epoch": 3}
    with pytest.raises(ValueError, match="which these entries do not: epoch, networks; if one"):
        load_generator(nested)
    assert len(load_generator(nested, key="networks").bottleneck) == 2


@pytest.mark.parametrize(
    "content", [{}, {"conv.weight": torch.zeros(1)}, published_discriminator()]
)
def test_foreign_weights(content: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="not the weights of a published generator, which has"):
        load_generator(content)


@pytest.mark.parametrize("content", [{}, {"model0.0.weight": torch.zeros(1)}, published()])
def test_foreign_weights_for_a_discriminator(content: dict[str, Tensor]) -> None:
    with pytest.raises(ValueError, match="not the weights of a published discriminator, which"):
        load_discriminator(content)


def test_unreadable_files(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with pytest.raises(FileNotFoundError):
        load_generator(path)
    path.write_bytes(b"no weights at all")
    with pytest.raises(
        ValueError,
        match=r"weights\.pth cannot be read as weights: it begins with b'no weigh', .*; expected",
    ):
        load_generator(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match=r"weights\.pth holds a list; expected"):
        load_generator(path)
    whole = tmp_path / "whole.pth"
    torch.save(published(), whole, _use_new_zipfile_serialization=False)
    for length in range(0, 2000, 37):
        path.write_bytes(whole.read_bytes()[:length])
        with pytest.raises(ValueError, match=r"weights\.pth"):
            load_generator(path)
    torch.save(nn.Linear(1, 1), path)  # a pickled module would run code when read
    with pytest.raises(
        ValueError, match=r"an object of class 'torch\.nn\.modules\.linear\.Linear'"
    ):
        load_generator(path)


def test_the_default_device_changes_nothing(tmp_path: Path) -> None:
    model = lama_fourier(base_channels=8, num_blocks=1)
    torch.save(to_published_state_dict(model), tmp_path / "mine.pth")
    with torch.device("meta"):
        again = load_generator(tmp_path / "mine.pth")
    assert {p.device.type for p in again.parameters()} == {"cpu"}
    found, expected = (to_published_state_dict(m) for m in (again, model))
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_own_names_of_an_output_activation() -> None:
    model = small(output_activation=Gain)
    with torch.no_grad():
        model.decoder[-1][-1].weight.fill_(3)  # type: ignore[index]
    assert_same(load_generator(model.state_dict(), output_activation=Gain), model)
    bare = small().state_dict()
    again = load_generator(bare, output_activation=Gain)
    assert_same_tensors(again.state_dict(), {**bare, "decoder.3.1.weight": torch.ones(1)})
    with pytest.raises(ValueError, match=r"1 unexpected: decoder\.3\.1\.weight$"):
        load_generator(model.state_dict())
