"""Exported ONNX files fill images of any size as ``inpaint`` does, in ONNX Runtime's defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from typing_extensions import override

from lamakit.checkpoints import load_pretrained
from lamakit.deploy import onnx_export
from lamakit.deploy.onnx_export import export_onnx
from lamakit.generators import (
    ResNetGenerator,
    big_lama,
    create_generator,
    lama_fourier,
    lama_regular,
    list_generators,
)
from tests.deploy.onnx_sessions import assert_equals_inpaint, exported
from tests.helpers import assert_same_tensors, state_of


@pytest.fixture(scope="module")
def fourier(tmp_path_factory: pytest.TempPathFactory) -> tuple[nn.Module, Path]:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("onnx") / "lama.onnx"
    model = lama_fourier(base_channels=8, num_blocks=1).eval()
    export_onnx(model, path)
    return model, path


class Small(nn.Module):
    """A network of one's own, which halves and doubles the sides."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(4, 6, 3, 2, 1, padding_mode="reflect")
        self.norm = nn.BatchNorm2d(6)
        self.up = nn.ConvTranspose2d(6, 3, 2, 2)

    @override
    def forward(self, x: Tensor) -> Tensor:
        filled: Tensor = self.up(self.norm(self.down(x)).relu()).sigmoid()
        return filled


@pytest.mark.parametrize("size", [(1, 64, 64), (3, 96, 136), (1, 1, 1), (2, 1, 9), (1, 37, 5)])
def test_any_size_and_batch(fourier: tuple[nn.Module, Path], size: tuple[int, int, int]) -> None:
    model, path = fourier
    assert_equals_inpaint(onnxruntime.InferenceSession(path), model, size)


def test_one_session_fills_one_size_after_another(fourier: tuple[nn.Module, Path]) -> None:
    model, path = fourier
    session = onnxruntime.InferenceSession(path)
    for size in [(1, 70, 90), (2, 33, 120), (1, 120, 33), (1, 70, 90)]:
        assert_equals_inpaint(session, model, size)


def test_what_the_file_holds(fourier: tuple[nn.Module, Path]) -> None:
    path = fourier[1]
    assert [file.name for file in path.parent.iterdir()] == ["lama.onnx"]
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    ports = [*model.graph.input, *model.graph.output]
    assert {port.name: port.type.tensor_type.elem_type for port in ports} == {
        "image": onnx.TensorProto.FLOAT,
        "mask": onnx.TensorProto.FLOAT,
        "inpainted": onnx.TensorProto.FLOAT,
    }
    sides = [
        [dim.dim_param or dim.dim_value for dim in p.type.tensor_type.shape.dim] for p in ports
    ]
    assert sides[0] == sides[2] == ["batch", 3, "height", "width"]
    assert sides[1] == ["batch", 1, "height", "width"]
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 18)]
    assert {node.domain for node in model.graph.node} == {""}
    names = [node.name for node in model.graph.node]
    assert len(set(names)) == len(names)  # some tools need names of nodes
    assert "" not in names
    assert not {"DFT", "STFT", "If", "Loop", "ScatterND"} & {n.op_type for n in model.graph.node}
    assert b".py" not in path.read_bytes()  # no paths of the machine that it was made on


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_the_model_is_left_alone(dtype: torch.dtype, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = Small().to(dtype).train()
    model.up.eval()
    state, modes = state_of(model), [part.training for part in model.modules()]
    session = exported(model, tmp_path / "model.onnx", size_multiple=2)
    assert_same_tensors(model.state_dict(), state)
    assert [part.training for part in model.modules()] == modes
    assert_equals_inpaint(session, model.float().eval(), (1, 20, 31), size_multiple=2)


def test_a_generator_of_own_blocks_and_channels(tmp_path: Path) -> None:
    model = ResNetGenerator(
        2,
        1,
        block=lambda channels: nn.Sequential(nn.Conv2d(channels, channels, 1), nn.GELU()),
        num_blocks=2,
        base_channels=4,
        num_downsamplings=1,
        norm_layer=nn.InstanceNorm2d,
    ).eval()
    assert_equals_inpaint(exported(AveragedModel(model), tmp_path / "m.onnx"), model, (2, 21, 34))


def test_networks_that_do_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    with pytest.raises(TypeError, match=r"module must be an nn\.Module, got function"):
        export_onnx(lambda x: x, path)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="size_multiple must be at least 1, got 0"):
        export_onnx(Small(), path, size_multiple=0)
    with pytest.raises(ValueError, match="give that number as size_multiple"):
        export_onnx(Small(), path)
    with pytest.raises(ValueError, match=r"must have shape \(B, 3, H, W\), got \(1, 2, 64, 64\)"):
        export_onnx(lama_regular(out_channels=2, base_channels=4, num_blocks=1), path)
    assert list(tmp_path.iterdir()) == []


class Noisy(Small):
    @override
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + torch.rand(1)


class TwoWays(Small):
    @override
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * (0.5 if x.shape[0] == 1 else 1)


class ByValue(Small):
    @override
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if x.sum() > 3 else x[:, :3]


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Noisy, "ONNX Runtime differs from PyTorch by"),
        (TwoWays, r"for 1 images of 64x64 pixels, ONNX Runtime differs from PyTorch by 0\.\d"),
        (ByValue, "ByValue cannot be exported for images of any size"),
    ],
)
def test_a_network_that_would_differ_leaves_no_file(
    network: type[Small], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"the file before")
    with pytest.raises(RuntimeError, match=message):
        export_onnx(network(), path, size_multiple=2)
    assert path.read_bytes() == b"the file before"
    assert list(tmp_path.iterdir()) == [path]


def test_weights_that_no_file_can_hold(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(onnx_export, "_LARGEST_FILE", 1200)
    with pytest.raises(ValueError, match="the weights need 1288 bytes in float32"):
        export_onnx(Small(), tmp_path / "model.onnx", size_multiple=2)


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        export_onnx(Small(), tmp_path / "missing" / "model.onnx", size_multiple=2)


@pytest.mark.slow
@pytest.mark.parametrize("name", list_generators())
def test_every_generator(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_generator(name, base_channels=8).eval()
    session = exported(model, tmp_path / "model.onnx")
    for batch in (1, 3):
        for side in [(64, 64), (96, 136), (333, 517)]:
            assert_equals_inpaint(session, model, (batch, *side))


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"local_fourier_unit": True}, {"norm_layer": None, "activation_layer": nn.GELU}]
)
def test_options_of_generators(options: dict[str, Any], tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = lama_fourier(base_channels=8, num_blocks=1, **options).eval()
    session = exported(model, tmp_path / "model.onnx")
    for size in [(1, 64, 64), (3, 33, 51)]:
        assert_equals_inpaint(session, model, size)


@pytest.mark.slow
def test_trained_weights(tmp_path: Path) -> None:
    model = load_pretrained("lama_tiny")
    session = exported(model, tmp_path / "model.onnx")
    for size in [(1, 256, 256), (1, 333, 517)]:
        assert_equals_inpaint(session, model, size)


@pytest.mark.slow
def test_big_lama_in_full(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = big_lama().eval()
    session = exported(model, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").stat().st_size <= 210e6
    assert_equals_inpaint(session, model, (1, 256, 320))
