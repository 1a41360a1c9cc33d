"""What every public loss promises."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest
import torch
from torch import Tensor, nn

import lamakit.losses
from lamakit.losses import AdversarialLoss, LamaObjective
from tests.contract.losses import LOSSES, LossCase
from tests.helpers import seeded

LOW_PRECISION = [torch.float16, torch.bfloat16]


@pytest.fixture(params=LOSSES, ids=str)
def case(request: pytest.FixtureRequest) -> LossCase:
    found: LossCase = request.param
    return found


def random_images(
    size: tuple[int, int] = (8, 10), dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor, Tensor]:
    """Return prediction, target and masks with a hole each."""
    prediction, target = torch.rand(2, 2, 3, *size, generator=seeded(1)).to(dtype)
    mask = torch.zeros(2, 1, *size, dtype=dtype)
    mask[0, :, 2:6, 1:5] = 1
    mask[1, :, :3, 4:] = 1
    return prediction.requires_grad_(), target, mask


def loss_and_gradient(
    case: LossCase, prediction: Tensor, target: Tensor, mask: Tensor
) -> tuple[Tensor, Tensor]:
    prediction = prediction.detach().requires_grad_()
    loss = case(prediction, target, mask)
    (gradient,) = torch.autograd.grad(loss, prediction)
    return loss.detach(), gradient


def test_the_contract_covers_every_loss() -> None:
    public = [getattr(lamakit.losses, name) for name in lamakit.losses.__all__]
    modules = [c for c in public if inspect.isclass(c) and issubclass(c, nn.Module)]
    for module in modules:
        if module is not AdversarialLoss and not issubclass(module, LamaObjective):
            names = [str(case).split("-")[0] for case in LOSSES]
            assert module.__name__ in names


class TestLossContract:
    def test_a_finite_scalar_with_a_gradient(self, case: LossCase) -> None:
        loss, gradient = loss_and_gradient(case, *random_images())
        assert loss.shape == ()
        assert loss.dtype == torch.float32
        assert loss > 0 or not case.from_0_up
        assert gradient.isfinite().all()
        assert gradient.any()

    def test_gradients_in_float64(self, case: LossCase) -> None:
        if case.detached_weight:
            pytest.skip("its weight has no gradient; tests/losses holds it to a formula")
        prediction, target, mask = random_images(dtype=torch.float64)
        assert torch.autograd.gradcheck(lambda x: case(x, target, mask), prediction, fast_mode=True)

    @pytest.mark.parametrize("missing", [0, 1])
    def test_empty_and_full_masks(self, case: LossCase, missing: int) -> None:
        prediction, target, mask = random_images()
        loss, gradient = loss_and_gradient(case, prediction, target, torch.full_like(mask, missing))
        assert loss.isfinite()
        assert gradient.isfinite().all()
        if case.of_hole and missing == 0:
            assert loss == 0
            assert not gradient.any()

    @pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
    def test_constant_images(self, case: LossCase, value: float) -> None:
        prediction, target, mask = random_images()
        flat = torch.full_like(prediction, value)
        for pair in ((flat, target), (prediction, flat.detach()), (flat, flat.detach())):
            loss, gradient = loss_and_gradient(case, *pair, mask)
            assert loss.isfinite()
            assert gradient.isfinite().all()

    def test_identical_inputs(self, case: LossCase) -> None:
        _, target, mask = random_images()
        if case.signature.flat_if_identical:
            target = torch.full_like(target, 0.3)
        loss, gradient = loss_and_gradient(case, target, target, mask)
        assert loss.isfinite()
        assert gradient.isfinite().all()
        if case.distance:
            torch.testing.assert_close(loss, torch.zeros(()), rtol=0, atol=1e-10)
            torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("dtype", LOW_PRECISION, ids=str)
    def test_low_precision(self, case: LossCase, dtype: torch.dtype) -> None:
        expected = case(*random_images())
        loss, gradient = loss_and_gradient(case, *random_images(dtype=dtype))
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss, expected.detach(), rtol=0.05, atol=1e-3)
        assert gradient.isfinite().all()

    @pytest.mark.parametrize("dtype", LOW_PRECISION, ids=str)
    def test_autocast(self, case: LossCase, dtype: torch.dtype) -> None:
        expected = case(*random_images())
        with torch.autocast("cpu", dtype=dtype):
            loss, gradient = loss_and_gradient(case, *random_images())
        assert loss.dtype == torch.float32
        torch.testing.assert_close(loss, expected.detach(), rtol=0.05, atol=1e-3)
        assert gradient.isfinite().all()

    def test_half_precision_does_not_overflow(self, case: LossCase) -> None:
        """A sum over this many pixels does not fit float16."""
        images = torch.rand(2, 1, 3, 256, 256, generator=seeded(2))
        prediction, target = images.to(torch.float16)
        mask = torch.ones(1, 1, 256, 256, dtype=torch.float16)
        mask[..., :128] = 0
        loss, gradient = loss_and_gradient(case, prediction, target, mask)
        assert loss.isfinite()
        assert gradient.isfinite().all()

    def test_compiles_without_graph_breaks(self, case: LossCase) -> None:
        if case.draws_numbers:
            pytest.skip("a torch.Generator breaks the graph")
        inputs = random_images()
        module = case.module()
        torch.compiler.reset()
        compiled = torch.compile(
            lambda *args: case.call(module, *args), fullgraph=True, backend="aot_eager"
        )
        torch.testing.assert_close(compiled(*inputs), case.call(module, *inputs))

    def test_copies_and_pickles(self, case: LossCase) -> None:
        inputs, module = random_images(), case.module()
        expected = case.call(module, *inputs)
        for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
            assert torch.equal(case.call(other, *inputs), expected)
            assert repr(other) == repr(module)

    def test_no_parameter_to_train(self, case: LossCase) -> None:
        assert not any(parameter.requires_grad for parameter in case.module().parameters())

    def test_a_prediction_without_a_batch(self, case: LossCase) -> None:
        if not case.signature.checks_prediction:
            pytest.skip("logits may have any shape")
        prediction, target, mask = random_images()
        with pytest.raises(ValueError, match=r"must|divisible"):
            case(prediction[0], target, mask)

    def test_a_target_of_another_shape(self, case: LossCase) -> None:
        if not case.signature.checks_target:
            pytest.skip("it has no target, or one that may have any shape")
        prediction, target, mask = random_images()
        with pytest.raises(ValueError, match="must"):
            case(prediction, target[:1, :2], mask)

    def test_a_mask_of_another_shape(self, case: LossCase) -> None:
        if not case.signature.checks_mask:
            pytest.skip("it looks at no mask")
        prediction, target, mask = random_images()
        with pytest.raises(ValueError, match="mask must"):
            case(prediction, target, mask[:1, :, :3].expand(1, 2, -1, -1))

    def test_integers(self, case: LossCase) -> None:
        if not case.signature.checks_dtype:
            pytest.skip("its inputs are computed, not loaded")
        _, target, mask = random_images()
        with pytest.raises(TypeError, match=r"floating-point tensor, got torch\.uint8"):
            case(target.to(torch.uint8), target.to(torch.uint8), mask)

    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
    def test_on_a_gpu(self, case: LossCase) -> None:
        inputs = random_images()
        on_gpu = [x.detach().cuda() for x in inputs]
        loss = case.call(case.module().cuda(), *on_gpu)
        torch.testing.assert_close(loss.cpu(), case(*inputs).detach(), rtol=1e-2, atol=1e-4)
