"""Refinement against what the published code computed, in float64."""

from __future__ import annotations

import pytest
import torch

from lamakit.checkpoints import load_generator
from lamakit.generators import ResNetGenerator
from lamakit.inpainting import inpaint
from lamakit.refinement import refine
from tests.parity.golden import Arrays, load_golden, published_weights

NAMES = ["refinement", "refinement_border"]


def generator_of(golden: Arrays) -> ResNetGenerator:
    keys = load_golden("generator_fourier")["keys"]
    weights = published_weights(golden | {"keys": keys, "seed": golden["generator_seed"]})
    return load_generator(weights).double()


@pytest.mark.parametrize("name", NAMES)
def test_plain_pass(name: str) -> None:
    golden = load_golden(name)
    image, mask = torch.from_numpy(golden["image"]), torch.from_numpy(golden["mask"])
    with torch.inference_mode():
        plain = inpaint(generator_of(golden), image, mask)
    torch.testing.assert_close(plain, torch.from_numpy(golden["plain"]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("checkpoint", [False, True])
@pytest.mark.parametrize("iterations", [1, 5, 15])
@pytest.mark.parametrize("name", NAMES)
def test_outputs_and_losses(name: str, iterations: int, checkpoint: bool) -> None:
    golden = load_golden(name)
    losses = []
    result = refine(
        generator_of(golden),
        torch.from_numpy(golden["image"]),
        torch.from_numpy(golden["mask"]),
        iterations=iterations,
        learning_rate=float(golden["lr"]),
        min_side=int(golden["min_side"]),
        max_scales=int(golden["max_scales"]),
        checkpoint=checkpoint,
        on_step=lambda scale, iteration, loss: losses.append((scale, iteration, loss.item())),
    )
    top, bottom, left, right = golden["hole"]
    torch.testing.assert_close(
        result[..., top:bottom, left:right],
        torch.from_numpy(golden[f"output_{iterations}_iters"]),
        rtol=0,
        atol=1e-6,
    )
    steps = [(scale, iteration) for scale in (1, 2) for iteration in range(iterations)]
    assert [step[:2] for step in losses] == steps
    torch.testing.assert_close(
        torch.tensor([step[2] for step in losses], dtype=torch.float64),
        torch.from_numpy(golden[f"losses_{iterations}_iters"]),
        rtol=1e-6,
        atol=0,
    )


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("checkpoint", [False, True])
def test_autocast_goes_the_same_way(dtype: torch.dtype, checkpoint: bool) -> None:
    golden = load_golden("refinement")
    losses: list[float] = []
    with torch.autocast("cpu", dtype):
        result = refine(
            generator_of(golden).float(),
            torch.from_numpy(golden["image"]).float(),
            torch.from_numpy(golden["mask"]).float(),
            min_side=int(golden["min_side"]),
            checkpoint=checkpoint,
            on_step=lambda _scale, _iteration, loss: losses.append(loss.item()),
        )
    expected = golden["losses_15_iters"]
    for first, last in ((0, 14), (15, 29)):
        fall = expected[first] - expected[last]
        assert losses[first] - losses[last] == pytest.approx(fall, rel=0.02)
    top, bottom, left, right = golden["hole"]
    error = result[..., top:bottom, left:right] - torch.from_numpy(golden["output_15_iters"])
    assert error.abs().mean() < 0.01
