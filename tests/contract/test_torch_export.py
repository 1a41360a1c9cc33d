"""Generators export by torch.export with free batch and sides, which a program takes afterwards."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram
from typing_extensions import override

from lamakit.generators import (
    ResNetGenerator,
    create_generator,
    lama_dilated,
    lama_fourier,
    lama_regular,
    list_generators,
)
from lamakit.inpainting import inpaint
from tests.helpers import rectangle_mask, seeded

# One block of each kind is quick; the factories as they are, with up to 18 blocks, are not.
QUICK: dict[str, Callable[[], ResNetGenerator]] = {
    "lama_fourier": lambda: lama_fourier(base_channels=8, num_blocks=1),
    "lama_dilated": lambda: lama_dilated(base_channels=8, num_blocks=1),
    "lama_regular": lambda: lama_regular(base_channels=8, num_blocks=1),
    "local Fourier unit": lambda: lama_fourier(
        base_channels=8, num_blocks=1, local_fourier_unit=True
    ),
}


class Inpainter(nn.Module):
    """A generator as a module that takes an image and its mask."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @override
    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        return inpaint(self.model, image, mask)


def free_sizes(model: ResNetGenerator) -> dict[int, Any]:
    """Return the dynamic shape of a tensor: any batch, and any sides that the model takes."""
    multiple = model.size_multiple
    height, width = (Dim(name, min=model.min_size // multiple) for name in ("height", "width"))
    return {0: Dim("batch"), 2: multiple * height, 3: multiple * width}


def export_generator(model: ResNetGenerator) -> ExportedProgram:
    """Export the generator alone, from an example of two inputs."""
    side, multiple = model.min_size, model.size_multiple
    example = torch.rand(2, 4, side + 2 * multiple, side + 3 * multiple)
    return torch.export.export(model, (example,), dynamic_shapes=(free_sizes(model),))


def export_inpainter(model: ResNetGenerator) -> ExportedProgram:
    """Export the module that takes image and mask."""
    examples = torch.rand(2, 3, 64, 72), torch.ones(2, 1, 64, 72)
    sizes = free_sizes(model)
    return torch.export.export(Inpainter(model).eval(), examples, dynamic_shapes=(sizes, sizes))


def assert_same_at_other_sizes(model: ResNetGenerator) -> None:
    """Export a generator, and compare it with itself at sizes that were not exported."""
    program = export_generator(model).module()
    multiple = model.size_multiple
    side = max(model.min_size, 2 * multiple)  # quadrants of a single pixel are refused
    sizes = [(1, side, side), (3, side + 5 * multiple, side), (2, side, side + 3 * multiple)]
    for batch, height, width in sizes:
        x = torch.rand(batch, 4, height, width, generator=seeded())
        with torch.inference_mode():
            torch.testing.assert_close(program(x), model(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", QUICK)
def test_a_generator_takes_other_sizes(name: str) -> None:
    assert_same_at_other_sizes(QUICK[name]().eval())


@pytest.mark.slow
@pytest.mark.parametrize("name", list_generators())
def test_every_factory_takes_other_sizes(name: str) -> None:
    assert_same_at_other_sizes(create_generator(name, base_channels=8).eval())


def test_image_and_mask_after_saving(tmp_path: Path) -> None:
    model = QUICK["lama_fourier"]().eval()
    torch.export.save(export_inpainter(model), tmp_path / "inpainter.pt2")
    program = torch.export.load(tmp_path / "inpainter.pt2").module()
    for batch, height, width in [(1, 16, 16), (17, 40, 104)]:
        image = torch.rand(batch, 3, height, width, generator=seeded())
        mask = rectangle_mask(height, width, slice(4, 9), slice(3, 12), batch)
        with torch.inference_mode():
            filled = program(image, mask)
            torch.testing.assert_close(filled, inpaint(model, image, mask), rtol=0, atol=1e-6)
        known = (mask == 0).expand_as(image)
        assert torch.equal(filled[known], image[known])


def test_sides_that_do_not_fit_are_refused() -> None:
    """By torch's check of the input: there is no padding in the program."""
    program = export_inpainter(QUICK["lama_fourier"]().eval()).module()
    with pytest.raises((AssertionError, RuntimeError)):
        program(torch.rand(1, 3, 60, 64), torch.ones(1, 1, 60, 64))
