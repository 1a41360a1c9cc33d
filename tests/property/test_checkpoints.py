"""Published weights load completely or not at all, and say what is wrong."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lamakit.checkpoints import load_discriminator, load_generator, to_published_state_dict
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import ResNetGenerator, create_generator, lama_fourier, lama_regular
from lamakit.layers import FFCResidualBlock, MultiDilatedConv2d, ResidualBlock

FAMILIES = ["lama_fourier", "lama_regular", "lama_dilated"]


def published(name: str = "lama_fourier", **overrides: Any) -> dict[str, Tensor]:
    return to_published_state_dict(
        create_generator(name, base_channels=4, num_blocks=2, **overrides)
    )


def published_discriminator(**overrides: Any) -> dict[str, Tensor]:
    return to_published_state_dict(PatchDiscriminator(base_channels=4, **overrides))


@given(
    in_channels=st.integers(1, 6),
    out_channels=st.integers(1, 5),
    num_blocks=st.integers(1, 3),
    base_channels=st.sampled_from([8, 16]),
    num_downsamplings=st.integers(0, 4),
    ratio=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
    local_fourier_unit=st.booleans(),
)
def test_any_fourier_configuration_is_inferred(**configuration: Any) -> None:
    if configuration["ratio"] == 0:
        configuration["local_fourier_unit"] = False
    if configuration["local_fourier_unit"]:
        configuration.update(num_downsamplings=3)
    model = lama_fourier(**configuration).eval()
    again = load_generator(to_published_state_dict(model))
    assert (again.size_multiple, again.min_size) == (model.size_multiple, model.min_size)
    side = model.min_size + model.size_multiple
    x = torch.rand(1, configuration["in_channels"], side, side)
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


@given(
    in_channels=st.integers(1, 6),
    out_channels=st.integers(1, 5),
    num_blocks=st.integers(1, 3),
    base_channels=st.sampled_from([4, 8]),
    num_downsamplings=st.integers(0, 4),
    dilations=st.sampled_from([None, (1,), (1, 2), (1, 2, 4, 8)]),
)
def test_any_regular_or_dilated_configuration_is_inferred(
    dilations: tuple[int, ...] | None, **configuration: Any
) -> None:
    if dilations is None:
        model = lama_regular(**configuration).eval()
    else:
        model = create_generator("lama_dilated", dilations=dilations, **configuration).eval()
    again = load_generator(to_published_state_dict(model))
    assert (again.size_multiple, again.min_size) == (model.size_multiple, model.min_size)
    x = torch.rand(1, configuration["in_channels"], model.min_size, model.min_size)
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


@given(
    in_channels=st.integers(1, 5),
    base_channels=st.sampled_from([1, 4, 30]),
    num_layers=st.integers(1, 5),
)
def test_any_discriminator_is_inferred(**configuration: Any) -> None:
    model = PatchDiscriminator(**configuration).eval()
    x = torch.rand(1, configuration["in_channels"], 20, 33)
    again = load_discriminator(to_published_state_dict(model))
    assert not again.training
    torch.testing.assert_close(again(x), model(x), rtol=0, atol=0)


def test_a_file_is_read(tmp_path: Path) -> None:
    state_dict = published()
    torch.save(state_dict, tmp_path / "lama.pth")
    for path in (tmp_path / "lama.pth", str(tmp_path / "lama.pth")):
        model = load_generator(path)
        assert not model.training
        assert all(p.requires_grad and p.dtype == torch.float32 for p in model.parameters())
        loaded = to_published_state_dict(model)
        assert all(torch.equal(loaded[name], value) for name, value in state_dict.items())


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


def test_output_activation() -> None:
    model = load_generator(published(), output_activation=nn.Identity)
    assert model(torch.randn(1, 4, 16, 16)).min() < 0


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


def test_a_dict_around_the_state_dict() -> None:
    around: dict[str, Any] = {"state_dict": published(), "epoch": 3}
    assert len(load_generator(around).bottleneck) == 2
    with pytest.raises(ValueError, match="which these entries do not: epoch, weights; if one"):
        load_generator({"weights": published(), "epoch": 3})  # type: ignore[dict-item]


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


def test_only_published_layouts_are_written() -> None:
    with pytest.raises(ValueError, match="got blocks of type Identity"):
        to_published_state_dict(ResNetGenerator(block=lambda _: nn.Identity(), base_channels=2))
    changes: list[dict[str, Any]] = [{"dilation": 2}, {"padding_mode": "zeros"}, {"kernel_size": 5}]
    for change in changes:
        block = partial(FFCResidualBlock, ratio=0.5, **change)
        with pytest.raises(ValueError, match="3x3, undilated and of one ratio, with reflected"):
            to_published_state_dict(ResNetGenerator(block=block, num_blocks=1, base_channels=4))
    with pytest.raises(ValueError, match=r"batch normalisation everywhere .* lacks bottleneck"):
        to_published_state_dict(lama_fourier(base_channels=4, num_blocks=1, norm_layer=None))
    empty = ResNetGenerator(block=lambda c: FFCResidualBlock(c, ratio=0.5), num_blocks=0)
    with pytest.raises(ValueError, match="got blocks of type none"):
        to_published_state_dict(empty)
    with pytest.raises(ValueError, match="no spectral normalisation; one of them lacks head"):
        to_published_state_dict(PatchDiscriminator(base_channels=4, spectral_norm=True))


@pytest.mark.parametrize(
    "conv_layer",
    [
        partial(nn.Conv2d, kernel_size=3, padding=1),
        partial(nn.Conv2d, kernel_size=5, padding=2, padding_mode="reflect"),
        partial(MultiDilatedConv2d, dilations=(1, 3)),
        partial(MultiDilatedConv2d, padding_mode="zeros"),
    ],
)
def test_only_published_convolutions_are_written(conv_layer: Any) -> None:
    model = lama_regular(base_channels=4, num_blocks=1)
    model.bottleneck[0] = ResidualBlock(32, conv_layer=conv_layer)
    with pytest.raises(ValueError, match=r"dilations 1, 2, 4, \.\.\., with reflected"):
        to_published_state_dict(model)


@pytest.mark.parametrize("padding_mode", ["reflect", "zeros"])
def test_borders_of_strided_convolutions_decide_who_may_be_written(padding_mode: Any) -> None:
    def write(block: Any) -> None:
        to_published_state_dict(
            ResNetGenerator(
                block=block,
                num_blocks=1,
                base_channels=4,
                encoder_bias=padding_mode == "zeros",
                downsampling_padding_mode=padding_mode,
            )
        )

    blocks: dict[str, Any] = {
        "reflect": partial(FFCResidualBlock, ratio=0.5),
        "zeros": ResidualBlock,
    }
    write(blocks.pop(padding_mode))
    (other,) = blocks.values()
    with pytest.raises(ValueError, match="has the published"):
        write(other)
