"""The choice of what computes a model's Fourier transforms."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import nn

from lamakit.layers import FFC, FFCResidualBlock, FourierUnit, SpectralTransform
from lamakit.layers.fourier_backends import fourier_backend, set_fourier_backend
from tests.helpers import assert_same_tensors, state_of

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "Fourier unit": lambda: FourierUnit(8, 6),
    "spectral transform": lambda: SpectralTransform(8, 16, stride=2, local_fourier_unit=True),
    "FFC": lambda: FFC(8, 12, 3, ratio_gin=0.5, ratio_gout=0.75),
}


def backends(module: nn.Module) -> list[str]:
    return [part.fourier_backend for part in module.modules() if isinstance(part, FourierUnit)]


@pytest.mark.parametrize("name", LAYERS)
def test_both_give_the_same_output(name: str) -> None:
    torch.manual_seed(0)
    layer, x = LAYERS[name](), torch.randn(2, 8, 12, 20)
    layer(x)  # moves the running statistics
    expected = layer.eval()(x)
    found = set_fourier_backend(layer, "matmul")(x)
    assert not torch.equal(found, expected)  # it was computed in another way
    assert (found - expected).norm() < 1e-5 * expected.norm()


@pytest.mark.parametrize("name", LAYERS)
def test_both_give_the_same_gradients(name: str) -> None:
    torch.manual_seed(0)
    layer, x = LAYERS[name]().double(), torch.randn(2, 8, 12, 20, dtype=torch.float64)
    gradients = []
    for network in (layer, set_fourier_backend(copy.deepcopy(layer), "matmul")):
        inputs = x.clone().requires_grad_()
        network(inputs).square().mean().backward()
        gradients.append([inputs.grad, *(p.grad for p in network.parameters())])
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-12)


def test_a_new_layer_uses_the_fast_transform() -> None:
    layer = FFCResidualBlock(8, ratio=0.5)
    assert backends(layer) == ["fft", "fft"]
    assert set_fourier_backend(layer, "matmul") is layer
    assert backends(layer) == ["matmul", "matmul"]
    assert backends(FFCResidualBlock(8, ratio=0.5)) == ["fft", "fft"]
    assert backends(set_fourier_backend(layer, "fft")) == ["fft", "fft"]


def test_the_context_restores_what_each_unit_had() -> None:
    layer = FFCResidualBlock(8, ratio=0.5)
    set_fourier_backend(layer.conv2, "matmul")
    with fourier_backend(layer, "matmul"):
        assert backends(layer) == ["matmul", "matmul"]
    assert backends(layer) == ["fft", "matmul"]
    with fourier_backend(layer, "fft"):
        assert backends(layer) == ["fft", "fft"]
    assert backends(layer) == ["fft", "matmul"]


def test_the_context_restores_after_an_error() -> None:
    layer = FFCResidualBlock(8, ratio=0.5)
    with pytest.raises(ValueError, match="x must"), fourier_backend(layer, "matmul"):
        layer(torch.zeros(1, 1))
    assert backends(layer) == ["fft", "fft"]


def test_a_module_without_fourier_units_stays_as_it_is() -> None:
    convolution = nn.Conv2d(3, 3, 1)
    before = dict(vars(convolution))
    assert set_fourier_backend(convolution, "matmul") is convolution
    with fourier_backend(convolution, "matmul"):
        pass
    assert vars(convolution) == before


def test_an_unknown_backend() -> None:
    layer = FFCResidualBlock(8, ratio=0.5)
    with pytest.raises(ValueError, match="backend must be one of fft, matmul; got 'dft'"):
        set_fourier_backend(layer, "dft")  # type: ignore[arg-type]
    context = fourier_backend(layer, "dft")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="backend must be one of"), context:
        pass
    assert backends(layer) == ["fft", "fft"]


def test_the_state_dict_stays_as_it_is() -> None:
    layer = FFCResidualBlock(8, ratio=0.5)
    before = state_of(layer)
    assert_same_tensors(set_fourier_backend(layer, "matmul").state_dict(), before)


def test_copies_and_pickles_keep_it() -> None:
    layer = set_fourier_backend(FourierUnit(2, 2), "matmul")
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert backends(other) == ["matmul"]


def test_pickles_that_lack_it_use_the_fast_transform() -> None:
    """Modules that were pickled before there was a choice."""
    layer = FourierUnit(2, 2)
    vars(layer).pop("fourier_backend", None)
    assert backends(pickle.loads(pickle.dumps(layer))) == ["fft"]


def test_the_text_shows_it_where_it_is_not_the_default() -> None:
    layer = FourierUnit(4, 8)
    assert "FourierUnit(\n  4, 8\n" in repr(layer)
    assert "FourierUnit(\n  4, 8, backend='matmul'\n" in repr(set_fourier_backend(layer, "matmul"))
