"""Safetensors files."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from lamakit._weights import open_weights
from lamakit._weights.safetensors_files import write_safetensors
from tests._weights.crafted import contents

DTYPES = [
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
    torch.complex64,
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_what_the_library_writes_comes_back(tmp_path: Path, dtype: torch.dtype) -> None:
    tensors = {
        "a": torch.tensor([[0, 1, 1], [1, 0, 1]]).to(dtype),
        "empty": torch.zeros(0, 3, dtype=dtype),
        "scalar": torch.ones((), dtype=dtype),
    }
    save_file(tensors, tmp_path / "file", {"key": "é"})
    with open_weights(tmp_path / "file") as weights:
        assert (weights.format, weights.metadata) == ("safetensors", {"key": "é"})
        assert weights.state_dict.keys() == tensors.keys()
        for name, tensor in tensors.items():
            found = weights.state_dict[name].read()
            assert found.dtype == dtype
            assert torch.equal(found, tensor)


def test_what_comes_back_is_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "file"
    save_file({"weight": torch.ones(2)}, path)
    found = contents(path)["weight"]
    path.write_bytes(path.read_bytes()[:-8] + bytes(8))
    assert found.tolist() == [1, 1]


def test_the_library_is_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    save_file({"weight": torch.ones(2)}, path)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.torch", None)
    for call in (lambda: contents(path), lambda: write_safetensors({}, path, {})):
        with pytest.raises(ImportError, match=r"needs safetensors: pip install 'lamakit\[hub\]'"):
            call()


HEADERS: list[object] = [
    {"w": {"dtype": "F3", "shape": [2], "data_offsets": [0, 8]}},
    {"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 8]}},
    {"w": {"dtype": "F32", "shape": [2**70, 0], "data_offsets": [0, 8]}},
    {"w": {"dtype": "F32", "shape": [-1, -2], "data_offsets": [0, 8]}},
    {"w": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}},
    {"w": {"dtype": "F32", "shape": [2], "data_offsets": [7996, 8004]}},
    {"w": 3},
    {"__metadata__": {"a": 1}},
]


@pytest.mark.parametrize("header", HEADERS, ids=str)
def test_damaged_headers(tmp_path: Path, header: object) -> None:
    text = json.dumps(header).encode()
    path = tmp_path / "file"
    path.write_bytes(len(text).to_bytes(8, "little") + text + bytes(8000))
    with pytest.raises(ValueError, match="cannot be read as weights: it is damaged"):
        contents(path)
