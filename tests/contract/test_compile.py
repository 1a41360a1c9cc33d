"""Generators compile into one graph, which serves all batches and sizes from then on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

from lamakit.generators import ResNetGenerator, lama_dilated, lama_fourier, lama_regular
from lamakit.images import stack_inputs
from lamakit.inpainting import inpaint
from tests.helpers import rectangle_mask, seeded

GENERATORS = {
    "lama_fourier": lama_fourier,
    "lama_dilated": lama_dilated,
    "lama_regular": lama_regular,
}


@pytest.fixture(autouse=True)
def _nothing_compiled_before() -> None:
    torch.compiler.reset()


def build(name: str = "lama_fourier") -> ResNetGenerator:
    """Build a small generator in eval mode."""
    torch.manual_seed(0)
    factory: Any = GENERATORS[name]
    model: ResNetGenerator = factory(base_channels=4, num_blocks=1)
    return model.eval()


def compile_counted(model: nn.Module) -> tuple[Any, CompileCounterWithBackend]:
    """Return the compiled model, and the counter of its graphs."""
    counter = CompileCounterWithBackend("eager")
    compiled = torch.compile(model, fullgraph=True, dynamic=True, backend=counter)
    return compiled, counter


@pytest.mark.parametrize("name", GENERATORS)
def test_one_graph_serves_all_sizes(name: str) -> None:
    model = build(name)
    compiled, counter = compile_counted(model)
    side = model.min_size + 8
    for batch, height, width in [(2, 0, 8), (3, 80, 16), (2, 16, 16), (5, 8, 0)]:
        x = torch.rand(batch, 4, side + height, side + width, generator=seeded())
        with torch.inference_mode():
            torch.testing.assert_close(compiled(x), model(x))
        assert counter.frame_count == 1


def test_what_needs_a_graph_of_its_own() -> None:
    """Single images, 2 to 15, 16 and more, and the training mode; each once."""
    model = build()
    compiled, counter = compile_counted(model)
    found = []
    with torch.inference_mode():
        for batch, side in [(2, 24), (1, 24), (16, 24), (3, 32), (1, 32), (17, 16)]:
            compiled(torch.rand(batch, 4, side, 40))
            found.append(counter.frame_count)
        for mode in (True, False, True):
            model.train(mode)
            compiled(torch.rand(2, 4, 24, 40))
            found.append(counter.frame_count)
    assert found == [1, 2, 3, 3, 3, 3, 4, 4, 4]


def test_inpaint_takes_the_compiled_model_at_any_size() -> None:
    """Sides that the padding brings to multiples of 8 need no graph of their own."""
    model = build()
    compiled, counter = compile_counted(model)
    for height, width in [(61, 90), (64, 101), (33, 47)]:
        image = torch.rand(2, 3, height, width, generator=seeded())
        mask = rectangle_mask(height, width, slice(4, 30), slice(8, 40), 2)
        with torch.inference_mode():
            filled = inpaint(compiled, image, mask)
            torch.testing.assert_close(filled, inpaint(model, image, mask))
        known = (mask == 0).expand_as(image)
        assert torch.equal(filled[known], image[known])
        assert counter.frame_count == 1


def test_inpaint_itself_compiles_without_graph_breaks() -> None:
    model = build()
    image = torch.rand(2, 3, 61, 90, generator=seeded())
    mask = rectangle_mask(61, 90, slice(4, 30), slice(8, 40), 2)

    def fill(image: Tensor, mask: Tensor) -> Tensor:
        return inpaint(model, image, mask)

    compiled = torch.compile(fill, fullgraph=True, backend="eager")
    with torch.inference_mode():
        torch.testing.assert_close(compiled(image, mask), inpaint(model, image, mask))


def test_a_training_step_serves_all_sizes() -> None:
    model, other = build().train(), build().train()
    compiled, counter = compile_counted(model)
    for height, width in [(64, 72), (40, 104)]:
        image = torch.rand(2, 3, height, width, generator=seeded())
        inputs = stack_inputs(image, rectangle_mask(height, width, slice(4, 30), slice(8, 40), 2))
        for call, parts in ((compiled, model), (other, other)):
            parts.zero_grad()
            (call(inputs) - image).abs().mean().backward()
        for found, expected in zip(model.parameters(), other.parameters(), strict=True):
            torch.testing.assert_close(found.grad, expected.grad)
        assert counter.frame_count == 1
    torch.testing.assert_close(dict(model.named_buffers()), dict(other.named_buffers()))
