"""Files of weights: what torch saves comes back."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from lamakit._weights import open_weights, read_state_dict
from lamakit._weights.machine import Opaque
from tests._weights.crafted import content_of, contents


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_torch_saves_comes_back(tmp_path: Path, protocol: int, *, zipped: bool) -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    base = torch.arange(24.0).reshape(2, 3, 4)
    value: dict[Any, Any] = {
        "model": model.state_dict(),
        "optimizer": torch.optim.Adam(model.parameters()).state_dict(),
        "views": [base[:, 1:, ::2], base.transpose(0, 2), base[1, 1, 1], base[:, :0]],
        "parameter": nn.Parameter(torch.ones(3)),
        "plain": [1, -(2**70), 0.5, "é", b"bytes", None, True, (1, 2), {"a": [3]}],
        5: OrderedDict(a=1),
        "device": torch.device("cpu"),
        "class": Path,
    }
    found = content_of(value, tmp_path / "file", protocol, zipped=zipped)
    assert found.keys() == value.keys()
    assert found["model"].keys() == model.state_dict().keys()
    assert all(torch.equal(found["model"][k], v) for k, v in model.state_dict().items())
    assert found["optimizer"]["param_groups"][0]["lr"] == 0.001
    for ours, theirs in zip(found["views"], value["views"], strict=True):
        assert torch.equal(ours, theirs)
        assert ours.stride() == theirs.stride()
    assert torch.equal(found["parameter"], torch.ones(3))
    if protocol > 2:  # before, bytes are a call
        assert found["plain"] == value["plain"]
    assert found[5] == {"a": 1}
    assert isinstance(found["device"], Opaque)
    assert found["class"].dotted.endswith(".Path")


def test_the_tensors_own_their_memory(tmp_path: Path) -> None:
    for zipped in (True, False):
        found = content_of({"w": torch.ones(4)}, tmp_path / "file", 2, zipped=zipped)
        tensor: Tensor = found["w"]
        tensor.fill_(2)
        assert contents(tmp_path / "file")["w"].tolist() == [1] * 4


def test_unreadable_files(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    with pytest.raises(FileNotFoundError, match=r"weights\.pth"):
        read_state_dict(path)
    with pytest.raises(FileNotFoundError, match=r"no file .*weights\.pth; ask the author$"):
        read_state_dict(path, missing="ask the author")
    with pytest.raises(OSError, match="irectory"):
        read_state_dict(tmp_path, missing="ask the author")
    path.write_bytes(b"no weights at all")
    with pytest.raises(ValueError, match=r"weights\.pth cannot be read as weights: .*; expected"):
        read_state_dict(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match=r"weights\.pth holds a list; expected"):
        read_state_dict(path)
    torch.save(nn.Linear(1, 1), path)  # a pickled module would run code when read
    with pytest.raises(
        ValueError, match=r"an object of class 'torch\.nn\.modules\.linear\.Linear'"
    ):
        read_state_dict(path)
    with pytest.raises(TypeError, match=r"a path or a state dict, got Linear; a module's state"):
        read_state_dict(nn.Linear(1, 1))  # type: ignore[arg-type]


def test_the_format_is_told(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    for zipped in (True, False):
        for content in ({"a": torch.ones(1)}, {"state_dict": {"a": torch.ones(1)}}):
            torch.save(content, path, _use_new_zipfile_serialization=zipped)
            with open_weights(path) as weights:
                assert (weights.format, list(weights.state_dict)) == ("state_dict", ["a"])
            torch.save(
                {**content, "pytorch-lightning_version": "2", "state_dict": {}},
                path,
                _use_new_zipfile_serialization=zipped,
            )
            with open_weights(path) as weights:
                assert (weights.format, weights.state_dict) == ("lightning", {})


def test_only_what_is_asked_for_is_read(tmp_path: Path) -> None:
    path, state_dict = tmp_path / "file", {"a": torch.rand(1000), "b": torch.rand(1000)}
    torch.save(state_dict, path)
    data = bytearray(path.read_bytes())
    data[data.index(state_dict["b"].numpy().tobytes())] ^= 1  # b's checksum fails if it is read
    path.write_bytes(data)
    with open_weights(path) as weights:
        assert torch.equal(weights.state_dict["a"].read(), state_dict["a"])
        with pytest.raises(ValueError, match="Bad CRC"):
            weights.state_dict["b"].read()
