"""Errors of a model: what is told besides, and what stays as it is."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.generators import lama_fourier
from lamakit.inpainting import inpaint
from lamakit.inpainting.model_errors import explained_errors
from tests.images.samples import random_pair
from tests.inpainting.samples import UNet

MODEL = lama_fourier(base_channels=4, num_blocks=1).eval()
INPUTS = torch.zeros(1, 4, 10, 11)


def test_a_size_that_the_model_refuses() -> None:
    pair = random_pair(9, 14)
    with pytest.raises(
        ValueError, match=r"Sizes of tensors must match.*\nThe image was not padded"
    ):
        inpaint(UNet(), *pair)
    with pytest.raises(ValueError, match=r"padded to multiples of 3\. .* give .* size_multiple"):
        inpaint(UNet(), *pair, size_multiple=3)
    assert inpaint(UNet(), *pair, size_multiple=2).shape == pair[0].shape


def test_a_generator_inside_a_function() -> None:
    with pytest.raises(ValueError, match=r"x is 9x14, but both .*\n.*give that number as size_mul"):
        inpaint(lambda x: MODEL(x), *random_pair(9, 14))  # noqa: PLW0108 (hides the attributes)


@pytest.mark.parametrize("model", [MODEL, UNet()], ids=["generator", "U-Net"])
@pytest.mark.parametrize(
    ("channels", "message"),
    [
        (4, r"5 channels, 4 of the image .* \(RGBA\), give image\[:, :3\]"),
        (1, r"2 channels, 1 of the image .* grey image, give image\.expand\(-1, 3, -1, -1\)"),
        (2, "3 channels, 2 of the image .* give a function around it"),
    ],
)
def test_other_channels(model: nn.Module, channels: int, message: str) -> None:
    image, mask = random_pair(16, 16)
    with pytest.raises(ValueError, match=message):
        inpaint(model, image[:, :1].repeat(1, channels, 1, 1), mask)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("no filling"),
        torch.OutOfMemoryError("max_split_size_mb"),
        TypeError("shape"),
        KeyError("size"),
    ],
)
def test_other_errors_stay_as_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, explained_errors(None, INPUTS):
        raise error
    assert caught.value is error


def test_a_model_that_says_its_sizes_is_believed() -> None:
    class Broken(nn.Module):
        size_multiple = 4

        @override
        def forward(self, x: Tensor) -> Tensor:
            return x.view(7, 11)

    with pytest.raises(RuntimeError, match=r"shape '.7, 11.' is invalid") as caught:
        inpaint(Broken(), *random_pair(8, 8))
    assert "size_multiple" not in str(caught.value)
