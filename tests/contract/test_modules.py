"""The contract of every public layer, generator and discriminator."""

from __future__ import annotations

import copy
import os
import pickle
import re
import shutil
import sysconfig
from pathlib import Path

import pytest
import torch
from torch import nn

from lamakit._sizes import fitting_size
from tests.contract.cases import CASES, NORM_LAYERS, Case

HAS_COMPILER = (
    shutil.which("g++") is not None and Path(sysconfig.get_path("include"), "Python.h").exists()
)
NORMALISATIONS = (nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d)
LOW_PRECISION = [torch.float16, torch.bfloat16]


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


def count(module: nn.Module, *kinds: type[nn.Module]) -> int:
    return sum(isinstance(part, kinds) for part in module.modules())


def assert_finite_gradients(module: nn.Module) -> None:
    for name, parameter in module.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


class TestModuleContract:
    def test_output_shape_at_every_size(self, case: Case) -> None:
        module = case.module()
        for size in case.sizes:
            output = module(case.input(size))
            assert output.shape == (2, case.out_channels, *case.output_size(size))
            assert output.isfinite().all()
            assert output.is_contiguous()

    @pytest.mark.parametrize("norm", NORM_LAYERS)
    def test_trains_with_every_normalisation(self, case: Case, norm: str) -> None:
        module = case.module(NORM_LAYERS[norm])
        module(case.input(case.sizes[-1])).square().mean().backward()
        kinds = [kind for kind in NORMALISATIONS if count(module, kind)]
        assert len(kinds) == (case.normalises and norm != "none")
        assert_finite_gradients(module)

    def test_converts_to_synchronised_batch_norm(self, case: Case) -> None:
        module = case.module()
        expected = count(module, nn.BatchNorm2d)
        converted = nn.SyncBatchNorm.convert_sync_batchnorm(module).eval()
        assert count(converted, nn.SyncBatchNorm) == expected
        torch.testing.assert_close(converted(case.input()), case.module().eval()(case.input()))

    def test_images_of_a_batch_do_not_mix(self, case: Case) -> None:
        module, x = case.module().eval(), case.input()
        torch.testing.assert_close(
            module(x), torch.cat([module(x[:1]), module(x[1:])]), rtol=1e-4, atol=1e-5
        )

    def test_memory_layout_of_the_input_changes_nothing(self, case: Case) -> None:
        module, x = case.module().eval(), case.input(case.sizes[-1])
        expected = module(x)
        for layout in (x.to(memory_format=torch.channels_last), x.mT.contiguous().mT):
            torch.testing.assert_close(module(layout), expected, rtol=1e-4, atol=1e-5)

    def test_gradients_in_float64(self, case: Case) -> None:
        module = case.module().double().eval()
        x = case.input(batch=1).double().requires_grad_()
        assert torch.autograd.gradcheck(module, x, fast_mode=True)

    @pytest.mark.parametrize("dtype", LOW_PRECISION, ids=str)
    def test_half_precision_stays_near_float32(self, case: Case, dtype: torch.dtype) -> None:
        module = case.module().eval()
        for size in case.sizes:
            x = case.input(size)
            expected = module(x)
            low, low_x = copy.deepcopy(module).to(dtype), x.to(dtype).requires_grad_()
            output = low(low_x)
            output.float().square().mean().backward()
            assert output.dtype == dtype
            torch.testing.assert_close(output.float(), expected, rtol=0.1, atol=0.1)
            assert low_x.grad is not None
            assert low_x.grad.isfinite().all()

    @pytest.mark.parametrize("dtype", LOW_PRECISION, ids=str)
    def test_trains_under_autocast(self, case: Case, dtype: torch.dtype) -> None:
        module = case.module()
        for size in case.sizes:
            module.zero_grad()
            with torch.autocast("cpu", dtype=dtype):
                output = module(case.input(size))
            output.float().square().mean().backward()
            assert output.isfinite().all()
            assert_finite_gradients(module)

    def test_compiles_without_graph_breaks(self, case: Case) -> None:
        module, x = case.module().eval(), case.input()
        torch.compiler.reset()
        compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
        torch.testing.assert_close(compiled(x), module(x))

    @pytest.mark.slow
    @pytest.mark.parametrize("case", [case for case in CASES if case.inductor], ids=str)
    @pytest.mark.skipif(
        not HAS_COMPILER and "CI" not in os.environ,
        reason="inductor needs g++ and Python's headers; in continuous integration it must run",
    )
    def test_trains_with_inductor_at_several_sizes(self, case: Case) -> None:
        """The second size makes the sizes variables of the compiled code, which the third reuses."""
        module = case.module()
        other = copy.deepcopy(module)
        torch.compiler.reset()
        compiled = torch.compile(other, fullgraph=True)
        for sides in ((16, 16), (24, 40), (33, 27)):
            size = fitting_size(sides, case.size_multiple)
            gradients = []
            for call, parameters in ((module, module), (compiled, other)):
                x = case.input(size).requires_grad_()
                output = call(x)
                parameters.zero_grad()
                output.square().mean().backward()
                gradients.append([output, x.grad, *(p.grad for p in parameters.parameters())])
            torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-5)

    def test_exports_as_a_graph(self, case: Case) -> None:
        module, x = case.module().eval(), case.input()
        program = torch.export.export(module, (x,))
        torch.testing.assert_close(program.module()(x), module(x))

    def test_state_dict_round_trip(self, case: Case) -> None:
        module, other, x = case.module(), case.build(nn.BatchNorm2d), case.input()
        module(x)  # moves the running statistics
        other.load_state_dict(module.state_dict())
        torch.testing.assert_close(other.eval()(x), module.eval()(x), rtol=0, atol=0)

    def test_copies_and_pickles(self, case: Case) -> None:
        module, x = case.module().eval(), case.input()
        for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
            torch.testing.assert_close(other(x), module(x), rtol=0, atol=0)

    def test_wrong_number_of_channels(self, case: Case) -> None:
        x = torch.zeros(1, case.in_channels + 1, *case.sizes[0])
        with pytest.raises(
            ValueError, match=re.escape(f"(B, {case.in_channels}, H, W), got {tuple(x.shape)}")
        ):
            case.module()(x)

    @pytest.mark.parametrize("shape", [(4, 8, 8), (8, 8), (1, 4, 0, 8), (0, 8, 8, 8)])
    def test_wrong_or_empty_shape(self, case: Case, shape: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="x must"):
            case.module()(torch.zeros(shape))

    def test_wrong_type(self, case: Case) -> None:
        with pytest.raises(TypeError, match=r"floating-point tensor, got torch\.uint8"):
            case.module()(case.input().to(torch.uint8))
        with pytest.raises(TypeError, match=r"must be a torch\.Tensor, got list"):
            case.module()([1, 2])

    @pytest.mark.parametrize("case", [case for case in CASES if case.size_multiple > 1], ids=str)
    def test_size_that_does_not_fit(self, case: Case) -> None:
        height, width = case.sizes[0]
        with pytest.raises(ValueError, match=f"{height}x{width + 1}"):
            case.module()(case.input((height, width + 1)))

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, case: Case) -> None:
        module, x = case.module().eval(), case.input(case.sizes[-1])
        on_gpu = copy.deepcopy(module).cuda()
        torch.testing.assert_close(on_gpu(x.cuda()).cpu(), module(x), rtol=1e-2, atol=1e-3)
        assert on_gpu.half()(x.cuda().half()).isfinite().all()
