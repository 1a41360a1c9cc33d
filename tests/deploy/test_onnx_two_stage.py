"""The first stage of a generator of two stages, in ONNX, sees what it sees in PyTorch."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.deploy import onnx_two_stage
from lamakit.deploy.onnx_graph import joined_graph, parse_graph
from lamakit.generators import TwoStageGenerator, lama_fourier, lama_regular
from tests.deploy.onnx_sessions import assert_equals_inpaint, exported, run_graph
from tests.helpers import rectangle_mask, seeded

# A coarse stage that adds the mask to the image, and a refiner that returns its image.
COARSE = """
coarse (float[b, 4, r, c] coarse_x) => (float[b, 3, r, c] coarse_y)
{
    coarse_parts = Constant <value_ints = [3, 1]> ()
    coarse_image, coarse_mask = Split <axis = 1> (coarse_x, coarse_parts)
    coarse_y = Add (coarse_image, coarse_mask)
}
"""
REFINER = (
    "refiner (float[b, 4, r, c] refiner_x) => (float[b, 4, r, c] y) { y = Identity (refiner_x) }"
)


class AddedMask(nn.Module):
    """The coarse stage, with the sizes of another network; it keeps its input."""

    def __init__(self, size_multiple: int, min_size: int) -> None:
        super().__init__()
        self.size_multiple, self.min_size = size_multiple, min_size
        self.in_channels, self.out_channels = 4, 3

    @override
    def forward(self, x: Tensor) -> Tensor:
        self.seen = x
        return x[:, :3] + x[:, 3:]


@pytest.mark.parametrize(
    ("height", "width"),
    # Of 7:3 and 5:3 the outermost weights are 0 up to rounding.
    [(16, 16), (48, 48), (80, 80), (64, 96), (104, 56), (336, 520), (112, 176), (240, 72)],
)
def test_the_small_copy_is_pytorch_s(height: int, width: int) -> None:
    model = TwoStageGenerator(
        lama_regular(base_channels=2, num_blocks=0),
        lama_regular(base_channels=2, num_blocks=0),
        coarse_side=48,
    )
    coarse = AddedMask(4, 8)
    model.coarse = coarse
    with mock.patch.object(
        onnx_two_stage, "network_graph", side_effect=[parse_graph(COARSE), parse_graph(REFINER)]
    ):
        graph = joined_graph(onnx_two_stage.two_stage_graphs(model))
    graph.output.extend(parse_graph(COARSE).input)
    image = torch.rand(2, 3, height, width, generator=seeded())
    mask = rectangle_mask(height, width, slice(3, height // 2), slice(4, width // 3), batch=2)
    mask[..., height // 2 + 3, width - 5] = 1
    x = torch.cat([image.masked_fill(mask > 0, 0), mask], dim=1)
    expected = model.fill_coarsely(x)
    found = run_graph(graph, {"stages_x": x})
    torch.testing.assert_close(found["coarse_x"], coarse.seen, rtol=0, atol=1e-5)
    torch.testing.assert_close(found["y"], expected, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_two_stages_are_exported(tmp_path: Path) -> None:
    coarse = lama_regular(base_channels=8, num_blocks=1, num_downsamplings=2)
    refiner = lama_fourier(base_channels=8, num_blocks=1)
    model = TwoStageGenerator(coarse, refiner, coarse_side=48).eval()
    session = exported(model, tmp_path / "model.onnx")
    for size in [(1, 64, 64), (3, 96, 136), (1, 5, 3), (1, 333, 517)]:
        assert_equals_inpaint(session, model, size)
