"""What stands around the network in an ONNX graph pads, crops and composites as ``inpaint`` does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.deploy.onnx_graph import (
    compositing_graph,
    joined_graph,
    padding_graph,
    parse_graph,
)
from lamakit.inpainting import inpaint
from tests.deploy.onnx_sessions import run_graph
from tests.helpers import seeded

# The network in these tests: half of the image, and its mean in the hole.
MEAN_FILLER = """
network (float[b, 4, r, c] x) => (float[b, 3, r, c] y)
{
    parts = Constant <value_ints = [3, 1]> ()
    known_part, hole_part = Split <axis = 1> (x, parts)
    both = Constant <value_ints = [2, 3]> ()
    mean = ReduceMean (known_part, both)
    a_half = Constant <value_float = 0.5> ()
    halved = Mul (known_part, a_half)
    mean_in_hole = Mul (hole_part, mean)
    y = Add (halved, mean_in_hole)
}
"""


class MeanFiller(nn.Module):
    def __init__(self, size_multiple: int, min_size: int) -> None:
        super().__init__()
        self.size_multiple, self.min_size = size_multiple, min_size

    @override
    def forward(self, x: Tensor) -> Tensor:
        known, hole = x[:, :3], x[:, 3:]
        return known * 0.5 + hole * known.mean((2, 3), keepdim=True)


@pytest.mark.parametrize(("multiple", "min_size"), [(1, 1), (8, 16), (5, 7), (8, 72)])
def test_every_size_is_padded_as_inpaint_does(multiple: int, min_size: int) -> None:
    graph = joined_graph(
        [
            padding_graph(3, multiple, min_size, output="x"),
            parse_graph(MEAN_FILLER),
            compositing_graph(3, prediction="y"),
        ]
    )
    model = MeanFiller(multiple, min_size)
    for batch, height, width in [
        (1, 1, 1),
        (2, 1, 9),
        (3, 7, 5),
        (1, 8, 16),
        (2, 33, 17),
        (1, 80, 9),
    ]:
        image = torch.rand(batch, 3, height, width, generator=seeded(height))
        soft = torch.rand(batch, 1, height, width, generator=seeded(width))
        mask = soft.where(soft > 0.6, 0)
        mask[..., 0, 0] = 0.001
        expected, known = inpaint(model, image, mask), (mask == 0).expand_as(image)
        spoilt = image.masked_fill(mask > 0, torch.nan)
        found = run_graph(graph, {"image": spoilt, "mask": mask})["inpainted"]
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
        assert torch.equal(found[known], image[known])


def test_the_joined_graph_is_valid() -> None:
    graph = joined_graph(
        [padding_graph(3, 8, 16, output="x"), compositing_graph(3, prediction="x")]
    )
    assert [value.name for value in graph.input] == ["image", "mask"]
    assert [value.name for value in graph.output] == ["inpainted"]
