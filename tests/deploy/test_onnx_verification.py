"""What the verification of an ONNX graph compares, and what it says of a graph that differs."""

from __future__ import annotations

import onnx
import pytest
import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit.deploy.onnx_graph import parse_graph
from lamakit.deploy.onnx_verification import Sample, make_samples, verify

FILLER = """
filler (float[b, 3, h, w] image, float[b, 1, h, w] mask) => (float[b, 3, h, w] inpainted)
{{
    zero = Constant <value_float = 0.0> ()
    value = Constant <value_float = {value}> ()
    missing = Greater (mask, zero)
    filled = Where (missing, value, image)
    more = Constant <value_float = {added}> ()
    inpainted = Add (filled, more)
}}
"""


class Filler(nn.Module):
    """Fills with the number that it holds."""

    @override
    def forward(self, x: Tensor) -> Tensor:
        return torch.full_like(x[:, :3], 0.25)


def content(value: float, added: float = 0.0) -> bytes:
    graph = parse_graph(FILLER.format(value=float(value), added=float(added)))
    opsets = [onnx.helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
    serialised: bytes = model.SerializeToString()
    return serialised


def samples(*, multiple: int = 8, any_size: bool = True) -> list[Sample]:
    return make_samples(Filler(), 3, multiple, 16, any_size=any_size)


def test_square_odd_and_short_images() -> None:
    sizes = [tuple(sample.image.shape) for sample in samples()]
    assert sizes == [(1, 3, 64, 64), (3, 3, 81, 67), (1, 3, 1, 11)]
    assert len(samples(any_size=False)) == 2
    for image, mask, filled in samples():
        assert 0 < (mask == 0).sum() < mask.numel() or image.shape[2] == 1
        assert ((mask > 0) & (mask < 1)).any()  # soft masks too
        assert torch.equal(filled, torch.where(mask > 0, 0.25, image))


def test_equal_results_pass() -> None:
    verify(content(0.25), samples())
    verify(content(0.25 + 5e-5), samples())


def test_the_message_tells_size_and_difference() -> None:
    with pytest.raises(
        RuntimeError, match=r"for 1 images of 64x64 pixels, ONNX Runtime differs .* by 0\.0002\d*,"
    ):
        verify(content(0.2502), samples())
    with pytest.raises(RuntimeError, match="differs from PyTorch by nan"):
        verify(content(0.25), [s._replace(filled=s.filled * torch.nan) for s in samples()])


def test_known_pixels_must_be_the_same_bits() -> None:
    with pytest.raises(
        RuntimeError, match=r"for 1 images of 64x64 pixels, .* changes known pixels"
    ):
        verify(content(0.25, 1e-6), samples())


def test_a_graph_that_cannot_run_tells_the_size() -> None:
    graph = parse_graph(
        FILLER.format(value=0.25, added=0.0).replace("[b, 3, h, w] image", "[1, 3, 64, 64] image")
    )
    opsets = [onnx.helper.make_opsetid("", 18)]
    model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
    with pytest.raises(RuntimeError, match="cannot run the graph for 3 images of 81x67 pixels"):
        verify(model.SerializeToString(), samples())
