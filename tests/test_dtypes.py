"""The dtype in which values are computed."""

from __future__ import annotations

import pytest
import torch

from lamakit._dtypes import at_least_float32


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_low_precision_becomes_float32(dtype: torch.dtype) -> None:
    x = torch.tensor([0.1, -3.0], dtype=dtype)
    wide = at_least_float32(x)
    assert wide.dtype == torch.float32
    assert torch.equal(wide.to(dtype), x)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_wider_floats_are_returned_as_they_are(dtype: torch.dtype) -> None:
    x = torch.zeros(2, dtype=dtype)
    assert at_least_float32(x) is x
