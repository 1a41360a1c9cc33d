"""Every network copies, compiles, exports and works in half precision."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor

from lamakit.backbones import (
    FrozenExtractor,
    vgg16_features,
)
from tests.backbones.networks import (
    assert_close,
)


class TestNetworks:
    def test_copies_pickles_and_loads(self, image: Tensor) -> None:
        extractor = vgg16_features(layers=("relu1_2", "pool2"))
        other = vgg16_features(layers=("relu1_2", "pool2"))
        other.load_state_dict(extractor.state_dict())
        copies = copy.deepcopy(extractor), pickle.loads(pickle.dumps(extractor)), other
        for same in copies:
            assert_close(same(image), extractor(image))
            assert not same.train().training

    @pytest.mark.slow
    def test_compiles_without_graph_breaks(self, network: FrozenExtractor, image: Tensor) -> None:
        torch.compiler.reset()
        compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
        assert_close(compiled(image), network(image))

    @pytest.mark.slow
    def test_exports(self, network: FrozenExtractor, image: Tensor) -> None:
        program = torch.export.export(network, (image,))
        assert_close(program.module()(image), network(image))

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
    def test_half_precision(
        self, network: FrozenExtractor, image: Tensor, dtype: torch.dtype
    ) -> None:
        low = copy.deepcopy(network).to(dtype)(image[:1])
        for features, expected in zip(low, network(image[:1]), strict=True):
            assert features.dtype == dtype
            error = (features.float() - expected).norm() / expected.norm()
            assert error < (0.01 if dtype == torch.float16 else 0.1)

    def test_non_contiguous_images(self, network: FrozenExtractor, image: Tensor) -> None:
        strided = image.to(memory_format=torch.channels_last)
        for features, expected in zip(network(strided), network(image), strict=True):
            assert (features - expected).norm() < 1e-5 * expected.norm()

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, network: FrozenExtractor, image: Tensor) -> None:
        on_gpu = copy.deepcopy(network).cuda()
        for features, expected in zip(on_gpu(image.cuda()), network(image), strict=True):
            assert (features.cpu() - expected).norm() < 1e-2 * expected.norm()
        assert all(features.isfinite().all() for features in on_gpu.half()(image.cuda().half()))
