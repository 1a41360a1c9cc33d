"""Generators and discriminators against the outputs of the published code."""

from __future__ import annotations

import pytest
import torch

from lamakit.checkpoints import load_discriminator, load_generator, to_published_state_dict
from lamakit.images import stack_inputs
from tests.parity.golden import load_golden, published_weights

GENERATORS = [
    "generator_fourier",
    "generator_fourier_lfu",
    "generator_regular",
    "generator_dilated",
]


@pytest.mark.parametrize("name", GENERATORS)
def test_generator(name: str) -> None:
    golden = load_golden(name)
    model = load_generator(published_weights(golden))
    image, mask = torch.from_numpy(golden["image"]), torch.from_numpy(golden["mask"])
    with torch.inference_mode():
        output = model(stack_inputs(image, mask))
    torch.testing.assert_close(output, torch.from_numpy(golden["output"]), rtol=0, atol=1e-5)


def test_discriminator() -> None:
    golden = load_golden("discriminator")
    model = load_discriminator(published_weights(golden))
    with torch.inference_mode():
        logits, features = model(torch.from_numpy(golden["input"]))
    torch.testing.assert_close(logits, torch.from_numpy(golden["scores"]), rtol=0, atol=1e-5)
    assert len(features) == 5
    for number, feature in enumerate(features):
        expected = torch.from_numpy(golden[f"feature{number}"])
        torch.testing.assert_close(feature, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", [*GENERATORS, "discriminator"])
def test_published_names_round_trip(name: str) -> None:
    published = published_weights(load_golden(name))
    load = load_discriminator if name == "discriminator" else load_generator
    again = to_published_state_dict(load(published))
    assert again.keys() == published.keys()
    for key, value in published.items():
        assert torch.equal(again[key], value), key
