"""The warning for images outside of [0, 1]: when it comes, what it says, when nobody looks."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

from lamakit import _value_range
from lamakit._value_range import warn_outside_unit_range
from lamakit.inpainting import inpaint

BYTES = torch.tensor([0.0, 100.0, 255.0]).view(1, 1, 1, 3)


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test be the first in its process."""
    monkeypatch.setattr(_value_range, "warned", set())


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (BYTES, r"image should be .* they go from 0 to 255: divide values in 0\.\.255 by 255"),
        (BYTES / 127.5 - 1, r"from -1 to 1: give \(x \+ 1\) / 2 for an x in \[-1, 1\]"),
        (BYTES - 100, r"from -100 to 155: divide .* by 255, or give \(x \+ 1\) / 2"),
        (BYTES.half(), "from 0 to 255"),
        (BYTES.bfloat16(), "from 0 to 255"),
        (BYTES.double().requires_grad_(), "from 0 to 255"),
    ],
)
def test_what_came_and_what_to_do(image: Tensor, message: str) -> None:
    with pytest.warns(UserWarning, match=message):
        warn_outside_unit_range("image", image)


def test_once_for_each_name_and_remedy() -> None:
    with pytest.warns(UserWarning, match="image"):
        warn_outside_unit_range("image", BYTES)
    warn_outside_unit_range("image", BYTES)
    with pytest.warns(UserWarning, match="image should .* from -1 to 1"):
        warn_outside_unit_range("image", BYTES / 127.5 - 1)
    warn_outside_unit_range("image", BYTES / 127.5 - 1)
    with pytest.warns(UserWarning, match="target"):
        warn_outside_unit_range("target", BYTES)


@pytest.mark.parametrize(
    "image",
    [
        torch.rand(1, 3, 4, 4),
        torch.tensor([-0.5, 1.5]),  # a network overshoots
        torch.zeros(0),
        torch.tensor([255]),  # other checks refuse integers
        torch.full((3,), torch.nan),
        torch.tensor([torch.nan, torch.inf, -torch.inf, 0.5]),
        BYTES.to("meta"),
    ],
)
def test_no_reason_to_warn(image: Tensor) -> None:
    warn_outside_unit_range("image", image)


def test_what_is_not_finite_hides_nothing() -> None:
    with pytest.warns(UserWarning, match="from 0 to 255"):
        warn_outside_unit_range("image", torch.cat([BYTES.flatten(), torch.tensor([torch.nan])]))


def check(image: Tensor) -> Tensor:
    warn_outside_unit_range("image", image)
    return 2 * image


class Check(torch.nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return check(image)


def test_values_are_not_looked_at_where_there_are_none() -> None:
    torch.compiler.reset()
    torch.compile(check, fullgraph=True, backend="eager")(BYTES)
    torch.export.export(Check(), (BYTES,), strict=False)
    torch.export.export(Check(), (BYTES,), strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's own
        torch.jit.trace(check, (BYTES,), check_trace=False)  # which runs it untraced
    torch.func.vmap(check)(BYTES)
    torch.func.grad(lambda image: check(image).sum())(BYTES)
    make_fx(check)(BYTES)
    with FakeTensorMode():
        check(torch.full((1, 3, 4, 4), 255.0))
    assert not _value_range.warned


def test_it_names_the_line_that_called_lamakit() -> None:
    image, mask = torch.full((1, 3, 16, 16), 200.0), torch.zeros(1, 1, 16, 16)
    with pytest.warns(UserWarning, match="from 200 to 200") as found:
        inpaint(torch.nn.Conv2d(4, 3, 1), image, mask)
    assert found[0].filename == __file__


def test_code_without_a_module_is_warned_too() -> None:
    names = {"warn": warn_outside_unit_range, "image": BYTES}  # no __name__, as exec may have it
    with pytest.warns(UserWarning, match="from 0 to 255"):
        exec("warn('image', image)", names)  # noqa: S102
