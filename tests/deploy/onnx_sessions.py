"""What tests of ONNX files share: graphs and files run by ONNX Runtime with its default settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from lamakit.deploy.onnx_export import export_onnx
from lamakit.inpainting import inpaint
from tests.helpers import seeded

__all__ = ["assert_equals_inpaint", "exported", "run_graph", "run_session"]


def run_session(
    session: onnxruntime.InferenceSession, inputs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return all outputs by their names."""
    names = [output.name for output in session.get_outputs()]
    values = session.run(names, {name: value.numpy() for name, value in inputs.items()})
    return {name: torch.from_numpy(value) for name, value in zip(names, values, strict=True)}


def run_graph(graph: onnx.GraphProto, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Check a graph and return all its outputs by their names."""
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8
    )
    onnx.checker.check_model(model, full_check=True)
    return run_session(onnxruntime.InferenceSession(model.SerializeToString()), inputs)


def exported(
    model: nn.Module, path: Path, *, size_multiple: int | None = None
) -> onnxruntime.InferenceSession:
    """Export a model and return a session of its file."""
    export_onnx(model, path, size_multiple=size_multiple)
    return onnxruntime.InferenceSession(path)


def assert_equals_inpaint(
    session: onnxruntime.InferenceSession,
    model: nn.Module,
    size: tuple[int, int, int],
    *,
    size_multiple: int | None = None,
) -> None:
    """Assert that a session fills images of that size (B, H, W) as ``inpaint`` does."""
    batch, height, width = size
    channels = getattr(model, "in_channels", 4) - 1
    image = torch.rand(batch, channels, height, width, generator=seeded(1))
    mask = (torch.rand(batch, 1, height, width, generator=seeded(2)) > 0.6).float()
    mask[..., : (height + 1) // 2, : (width + 1) // 2] = 0.5
    with torch.inference_mode():
        expected = inpaint(model, image, mask, size_multiple=size_multiple)
    found = run_session(session, {"image": image, "mask": mask})["inpainted"]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    known = (mask == 0).expand_as(image)
    assert torch.equal(found[known], image[known])
