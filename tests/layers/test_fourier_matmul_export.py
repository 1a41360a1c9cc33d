"""Graphs of layers whose Fourier transforms are matrix products."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from lamakit.layers import FourierUnit, SpectralTransform
from lamakit.layers.fourier_backends import set_fourier_backend

# torch itself copies graphs in a way that it has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.isinstance.treespec, LeafSpec:FutureWarning")

OTHER_SIZES = [(8, 8), (40, 24), (16, 56)]
MULTIPLES_OF_8 = ({0: Dim("batch"), 2: 8 * Dim("rows"), 3: 8 * Dim("columns")},)


def transform(local_fourier_unit: bool = True) -> SpectralTransform:
    torch.manual_seed(0)
    layer = SpectralTransform(8, 8, local_fourier_unit=local_fourier_unit)
    return set_fourier_backend(layer.eval(), "matmul")


def assert_real(program: ExportedProgram) -> None:
    """Assert that a graph has no operator of a Fourier transform and no complex numbers."""
    for node in program.graph.nodes:
        assert "fft" not in str(node.target)
        value = node.meta.get("val")
        for part in value if isinstance(value, (tuple, list)) else [value]:
            assert not (isinstance(part, Tensor) and part.is_complex())


@pytest.mark.parametrize("strict", [False, True], ids=["not strict", "strict"])
def test_exported_graphs_are_real_and_take_other_sizes(strict: bool) -> None:
    layer, x = transform(), torch.rand(2, 8, 16, 24)
    program = torch.export.export(layer, (x,), dynamic_shapes=MULTIPLES_OF_8, strict=strict)
    assert_real(program)
    for height, width in OTHER_SIZES:
        other = torch.rand(1, 8, height, width)
        torch.testing.assert_close(program.module()(other), layer(other))


def test_the_check_finds_complex_numbers() -> None:
    layer = set_fourier_backend(transform(), "fft")
    program = torch.export.export(layer, (torch.rand(2, 8, 16, 24),))
    with pytest.raises(AssertionError):
        assert_real(program)


def test_compiled_code_takes_other_sizes() -> None:
    unit = set_fourier_backend(FourierUnit(4, 4).eval(), "matmul")
    torch.compiler.reset()
    compiled = torch.compile(unit, fullgraph=True, backend="aot_eager", dynamic=True)
    for height, width in OTHER_SIZES:
        x = torch.rand(2, 4, height, width)
        torch.testing.assert_close(compiled(x), unit(x))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(compiled(x), unit(x))


def test_traced_code_takes_other_sizes() -> None:
    layer = transform(local_fourier_unit=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks of sizes are not traced; tracing is deprecated
        traced = torch.jit.trace(layer, (torch.rand(1, 8, 8, 16),), check_trace=False)
    x = torch.rand(2, 8, 13, 20)
    torch.testing.assert_close(traced(x), layer(x))


def run_in_onnx_runtime(path: Path, x: Tensor) -> Tensor:
    """Run a graph of one input and one output with the default options of a session."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    return torch.from_numpy(output)


def export_to_onnx(layer: nn.Module, x: Tensor, path: Path, shapes: tuple[object]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what the exporter itself uses
        torch.onnx.export(
            layer, (x,), path, dynamo=True, dynamic_shapes=shapes, opset_version=18, verbose=False
        )


def test_onnx_runtime_runs_a_fourier_unit_at_any_size(tmp_path: Path) -> None:
    torch.manual_seed(0)
    unit = set_fourier_backend(FourierUnit(4, 4).eval(), "matmul")
    shapes = ({0: Dim.DYNAMIC, 2: Dim.DYNAMIC, 3: Dim.DYNAMIC},)
    export_to_onnx(unit, torch.rand(2, 4, 16, 24), tmp_path / "unit.onnx", shapes)
    for size in [(1, 1), (2, 9), (13, 20), (40, 24), (256, 333)]:
        x = torch.rand(3, 4, *size)
        found = run_in_onnx_runtime(tmp_path / "unit.onnx", x)
        torch.testing.assert_close(found, unit(x), rtol=1e-5, atol=1e-5)


def test_onnx_runtime_runs_a_local_fourier_unit(tmp_path: Path) -> None:
    layer, path = transform(), tmp_path / "transform.onnx"
    export_to_onnx(layer, torch.rand(2, 8, 16, 24), path, MULTIPLES_OF_8)
    for height, width in OTHER_SIZES:
        x = torch.rand(1, 8, height, width)
        torch.testing.assert_close(run_in_onnx_runtime(path, x), layer(x), rtol=1e-5, atol=1e-5)
