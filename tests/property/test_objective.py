"""The objectives: which pass, which gradient and which term goes where."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.utils import clip_grad_norm_
from typing_extensions import override

from lamakit.backbones import dilated_resnet50
from lamakit.discriminators import DiscriminatorOutput, MultiScaleDiscriminator, PatchDiscriminator
from lamakit.losses import (
    FocalFrequencyLoss,
    GlamaObjective,
    GlamaWeights,
    HingeLoss,
    LamaObjective,
    LamaWeights,
    NonSaturatingLoss,
    PerceptualLoss,
    TotalVariationLoss,
    feature_matching_loss,
    lama_objective,
    masked_l1_loss,
    r1_penalty,
)
from tests.contract.losses import extractor

OBJECTIVES = [LamaObjective, GlamaObjective]


class Recorder(nn.Module):
    """A discriminator that keeps what it was given."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.discriminator = PatchDiscriminator(base_channels=4, num_layers=2, **settings)
        self.seen: list[Tensor] = []

    @override
    def forward(self, image: Tensor) -> DiscriminatorOutput:
        self.seen.append(image.detach().clone())
        output: DiscriminatorOutput = self.discriminator(image)
        return output


def discriminator(**settings: Any) -> PatchDiscriminator:
    torch.manual_seed(0)
    return PatchDiscriminator(base_channels=4, num_layers=2, **settings)


def batch(n: int = 4, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    """Prediction, image and mask."""
    generator = torch.Generator().manual_seed(0)
    prediction, image = torch.rand(2, n, 3, 24, 20, generator=generator, dtype=dtype)
    mask = torch.zeros(n, 1, 24, 20, dtype=dtype)
    mask[:, :, 4:16, 6:12] = 1
    return prediction.requires_grad_(), image, mask


def gradients(module: nn.Module) -> list[Tensor | None]:
    return [None if p.grad is None else p.grad.clone() for p in module.parameters()]


def test_terms_are_what_the_losses_say() -> None:
    model = discriminator().eval()
    perceptual = PerceptualLoss(extractor(), layer_reduction="sum")
    prediction, image, mask = batch()
    fake, real = model(prediction), model(image)
    lama, losses = LamaObjective(model, perceptual=perceptual), NonSaturatingLoss()
    expected = {
        "l1": masked_l1_loss(prediction, image, mask),
        "adversarial": 10 * losses.generator_loss(fake.logits),
        "feature_matching": 100 * feature_matching_loss(fake.features, real.features),
        "perceptual": 30 * perceptual(prediction, image),
    }
    assert_terms(lama.generator_loss(prediction, image, mask), expected)

    glama = GlamaObjective(model, perceptual=perceptual)
    l1_features = feature_matching_loss(fake.features, real.features, distance="l1")
    expected |= {
        "feature_matching": 30 * l1_features,
        "perceptual": 100 * perceptual(prediction, image),
        "focal_frequency": FocalFrequencyLoss()(prediction, image),
        "total_variation": TotalVariationLoss()(prediction),
    }
    assert_terms(glama.generator_loss(prediction, image, mask), expected)

    seen = image.clone().requires_grad_()
    expected = {
        "discriminator": losses.discriminator_loss(real.logits, fake.logits, mask),
        "r1": 0.001 * r1_penalty(model(seen).logits, seen),
    }
    for objective in (lama, glama):
        assert_terms(objective.discriminator_loss(prediction, image, mask), expected)


def assert_terms(found: tuple[Tensor, dict[str, Tensor]], expected: dict[str, Tensor]) -> None:
    total, terms = found
    assert terms.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(terms[name], value.detach())
        assert terms[name].shape == ()
        assert not terms[name].requires_grad
    torch.testing.assert_close(total.detach(), torch.stack(list(terms.values())).sum())
    assert total.requires_grad


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_pass_twice_on_the_same_input(objective: type[LamaObjective]) -> None:
    recorder = Recorder()
    prediction, image, mask = batch()
    losses = objective(recorder)
    for step in (losses.generator_loss, losses.discriminator_loss):
        recorder.seen.clear()
        step(prediction, image, mask)
        assert len(recorder.seen) == 2
        assert sum(torch.equal(seen, image) for seen in recorder.seen) == 1
        assert sum(torch.equal(seen, prediction) for seen in recorder.seen) == 1


@pytest.mark.parametrize(
    ("weights", "passes"),
    [
        (LamaWeights(feature_matching=0), 1),
        (LamaWeights(adversarial=0), 2),
        (LamaWeights(adversarial=0, feature_matching=0), 0),
    ],
)
def test_a_weight_of_zero_costs_nothing(weights: LamaWeights, passes: int) -> None:
    recorder = Recorder()
    terms = LamaObjective(recorder, weights=weights).generator_loss(*batch()).terms
    assert len(recorder.seen) == passes
    assert terms.keys() == {
        name
        for name in ("l1", "adversarial", "feature_matching")
        if name == "l1" or getattr(weights, name)
    }


def test_an_objective_says_that_its_perceptual_loss_is_missing() -> None:
    without = repr(LamaObjective(discriminator()))
    assert "perceptual=None (trains without a perceptual loss: weights.perceptual has no" in without
    assert "weights=LamaWeights(l1_known=10.0" in without
    quiet = repr(LamaObjective(discriminator(), weights=LamaWeights(perceptual=0)))
    assert "perceptual=None,\n" in quiet
    whole = repr(GlamaObjective(discriminator(), perceptual=PerceptualLoss(extractor())))
    assert "perceptual=PerceptualLoss,\n" in whole


def test_lamas_whole_objective() -> None:
    torch.manual_seed(0)
    published = dilated_resnet50().body.state_dict()
    objective = lama_objective(discriminator(), published, weights=LamaWeights(l1_missing=1))
    assert objective.weights == LamaWeights(l1_missing=1)
    prediction, image, mask = batch()
    terms = objective.generator_loss(prediction, image, mask).terms
    expected = 30 * PerceptualLoss(dilated_resnet50(published), layer_reduction="sum")(
        prediction, image
    )
    torch.testing.assert_close(terms["perceptual"], expected.detach())
    with pytest.raises(TypeError, match=r"perceptual_weights must be a path .* got None; give MIT"):
        lama_objective(discriminator(), None)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"encoder_epoch_20.pth"):
        lama_objective(discriminator(), "missing.pth")


def test_glamas_own_losses_by_argument_and_weight() -> None:
    prediction, image, mask = batch()
    summed = TotalVariationLoss(reduction="sum")
    objective = GlamaObjective(discriminator(), variation=summed)
    terms = objective.generator_loss(prediction, image, mask).terms
    torch.testing.assert_close(terms["total_variation"], summed(prediction).detach())
    balanced, printed = GlamaWeights.balanced(), GlamaWeights()
    assert (printed.total_variation, printed.focal_frequency) == (1, 1)
    assert (balanced.total_variation, balanced.focal_frequency) == (300, 12)
    assert replace(balanced, total_variation=1, focal_frequency=1) == printed


def test_weights_of_zero_leave_no_term() -> None:
    off = GlamaWeights(
        l1_known=0,
        adversarial=0,
        feature_matching=0,
        perceptual=0,
        focal_frequency=0,
        total_variation=0,
        r1=0,
    )
    objective = GlamaObjective(discriminator(), perceptual=PerceptualLoss(extractor()), weights=off)
    assert objective.generator_loss(*batch()).terms == {}
    assert objective.generator_loss(*batch()).total == 0
    assert objective.discriminator_loss(*batch()).terms.keys() == {"discriminator"}
    only_missing = replace(off, l1_missing=1)
    assert GlamaObjective(discriminator(), weights=only_missing).generator_loss(
        *batch()
    ).terms.keys() == {"l1"}


@pytest.mark.parametrize("settings", [{}, {"spectral_norm": True}], ids=["plain", "spectral"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_each_step_has_its_own_gradient(
    objective: type[LamaObjective], settings: dict[str, Any]
) -> None:
    model = discriminator(**settings)
    losses = objective(model)
    prediction, image, mask = batch()
    image.requires_grad_()
    losses.generator_loss(prediction, image, mask).total.backward()
    assert prediction.grad is not None
    assert prediction.grad.any()
    assert gradients(model) == [None] * len(list(model.parameters()))
    assert all(parameter.requires_grad for parameter in model.parameters())

    prediction.grad = None
    losses.discriminator_loss(prediction, image, mask).total.backward()
    assert prediction.grad is None
    assert all(gradient is not None for gradient in gradients(model))


class Aliased(nn.Module):
    """A discriminator whose every parameter has two names."""

    def __init__(self) -> None:
        super().__init__()
        self.net = discriminator(norm_layer=None)
        self.blocks = nn.ModuleList(self.net.children())

    @override
    def forward(self, image: Tensor) -> DiscriminatorOutput:
        output: DiscriminatorOutput = self.net(image)
        return output


def wrapped_by_fabric(model: nn.Module) -> nn.Module:
    fabric = Fabric(accelerator="cpu", devices=1)
    module: nn.Module = fabric.setup_module(model)
    return module


@pytest.mark.parametrize(
    "build",
    [discriminator, Aliased, lambda: wrapped_by_fabric(discriminator(norm_layer=None))],
    ids=["plain", "aliased", "fabric"],
)
def test_every_parameter_stays_one_and_learns(build: Callable[[], nn.Module]) -> None:
    model = build()
    before = {id(parameter): parameter.detach().clone() for parameter in model.parameters()}
    optimizer = torch.optim.SGD(model.parameters(), lr=1)
    objective = LamaObjective(model)
    objective.generator_loss(*batch()).total.backward()
    assert {id(parameter) for parameter in model.parameters()} == before.keys()
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert gradients(model) == [None] * len(before)
    objective.discriminator_loss(*batch()).total.backward()
    optimizer.step()
    assert all(
        not torch.equal(parameter, before[id(parameter)]) for parameter in model.parameters()
    )


def test_parameters_are_restored_after_an_error() -> None:
    model = discriminator()
    frozen = next(model.parameters())
    frozen.requires_grad = False
    with pytest.raises(ValueError, match=r"must have shape \(B, 3, H, W\)"):
        LamaObjective(model, weights=LamaWeights(l1_known=0)).generator_loss(
            torch.rand(1, 4, 8, 8), torch.rand(1, 4, 8, 8), torch.zeros(1, 1, 8, 8)
        )
    assert [p for p in model.parameters() if not p.requires_grad] == [frozen]


class Training(nn.Module):
    """What owns the networks and the objective, as a LightningModule does."""

    def __init__(self) -> None:
        super().__init__()
        self.discriminator = discriminator()
        self.objective = LamaObjective(
            self.discriminator, perceptual=PerceptualLoss(extractor(), layer_reduction="sum")
        )


def test_an_owner_takes_the_perceptual_network_along() -> None:
    owner = Training()
    own = {f"discriminator.{name}" for name in owner.discriminator.state_dict()}
    assert owner.state_dict().keys() == own
    assert len(list(owner.parameters())) == len(list(owner.discriminator.parameters()))
    owner.double()
    perceptual = owner.objective.perceptual
    assert isinstance(perceptual, nn.Module)
    assert {parameter.dtype for parameter in perceptual.parameters()} == {torch.float64}
    owner.load_state_dict(Training().state_dict())
    owner.objective.generator_loss(*batch(dtype=torch.float64)).total.backward()
    owner.to("meta")
    assert {parameter.device.type for parameter in perceptual.parameters()} == {"meta"}


def test_copies_keep_one_discriminator() -> None:
    owner = copy.deepcopy(Training())
    assert owner.objective.discriminator is owner.discriminator
    owner.objective.discriminator = other = discriminator()
    assert owner.objective.discriminator is other
    assert not list(owner.objective.parameters())


def test_gradients_in_float64() -> None:
    """The frozen discriminator passes on the slope of the whole generator's loss."""
    model = discriminator(norm_layer=None).double()
    objective = LamaObjective(model, perceptual=PerceptualLoss(extractor()))
    prediction, image, mask = batch(1, torch.float64)

    def total(x: Tensor) -> Tensor:
        return objective.generator_loss(x, image, mask).total

    assert torch.autograd.gradcheck(total, prediction, fast_mode=True)


def test_the_callers_tensors_stay_as_they_are() -> None:
    prediction, image, mask = batch()
    objective = LamaObjective(discriminator())
    before = image.clone(), mask.clone()
    objective.generator_loss(prediction, image, mask).total.backward()
    objective.discriminator_loss(prediction, image, mask).total.backward()
    assert not image.requires_grad
    assert image.grad is None
    assert torch.equal(image, before[0])
    assert torch.equal(mask, before[1])


def test_the_generators_step_updates_batch_statistics() -> None:
    model = discriminator()
    norm = next(part for part in model.modules() if isinstance(part, nn.BatchNorm2d))
    objective = LamaObjective(model)
    objective.generator_loss(*batch())
    assert norm.num_batches_tracked == 2
    objective.discriminator_loss(*batch())
    assert norm.num_batches_tracked == 4


def test_gradient_accumulation() -> None:
    """Two halves of a batch, each loss halved, are the batch."""

    def run(parts: int) -> list[Tensor | None]:
        model = discriminator(norm_layer=None)
        objective = LamaObjective(model)
        prediction, image, mask = batch()
        for chunk in zip(*(x.chunk(parts) for x in (prediction, image, mask)), strict=True):
            (objective.generator_loss(*chunk).total / parts).backward()
            (objective.discriminator_loss(*chunk).total / parts).backward()
        return [prediction.grad, *gradients(model)]

    torch.testing.assert_close(run(2), run(1))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_autocast(objective: type[LamaObjective], dtype: torch.dtype) -> None:
    model = discriminator()
    losses = objective(model, perceptual=PerceptualLoss(extractor()))
    exact = copy.deepcopy(losses)
    generator = nn.Conv2d(3, 3, 3, padding=1)
    prediction, image, mask = batch()
    seen: list[torch.dtype] = []
    model.head.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    with torch.autocast("cpu", dtype=dtype):
        prediction = generator(prediction.detach())
        generator_loss = losses.generator_loss(prediction, image, mask)
        discriminator_loss = losses.discriminator_loss(prediction, image, mask)
    assert prediction.dtype == dtype
    assert seen == [dtype, dtype, torch.float32, dtype]  # R1's pass is the third
    for total, terms in (generator_loss, discriminator_loss):
        assert total.dtype == torch.float32
        assert all(term.isfinite() for term in terms.values())
        total.backward()
    for parameter in (*generator.parameters(), *model.parameters()):
        assert parameter.grad is not None
        assert parameter.grad.isfinite().all()
    r1 = exact.discriminator_loss(prediction.float(), image, mask).terms["r1"]
    torch.testing.assert_close(discriminator_loss.terms["r1"], r1)


def test_grad_scaler() -> None:
    """The loss scale multiplies both losses, R1 included, and is taken out again."""

    def step(scale: float) -> list[Tensor | None]:
        model = discriminator(norm_layer=None)
        optimizer = torch.optim.SGD(model.parameters())
        scaler = torch.amp.GradScaler("cpu", init_scale=scale)
        total, _ = LamaObjective(model).discriminator_loss(*batch())
        scaler.scale(total).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1e6)
        return gradients(model)

    torch.testing.assert_close(step(1024), step(1))


def test_validation_without_gradients() -> None:
    objective = LamaObjective(discriminator().eval())
    with torch.no_grad():
        terms = objective.discriminator_loss(*batch()).terms
        assert not objective.generator_loss(*batch()).total.requires_grad
    assert terms.keys() == {"discriminator"}


def test_several_scales_and_another_loss() -> None:
    torch.manual_seed(0)
    model = MultiScaleDiscriminator(base_channels=4, num_layers=2)
    objective = LamaObjective(model, adversarial=HingeLoss(mask_resize="max"))
    prediction, image, mask = batch()
    total, _ = objective.generator_loss(prediction, image, mask)
    (total + objective.discriminator_loss(prediction, image, mask).total).backward()
    assert prediction.grad is not None
    assert prediction.grad.isfinite().all()


def test_any_callable_is_a_discriminator() -> None:
    def brightness(image: Tensor) -> tuple[Tensor, list[Tensor]]:
        logits = image.mean(dim=1, keepdim=True) - 0.5
        return logits, [logits]

    prediction, image, mask = batch()
    objective = LamaObjective(brightness)
    objective.generator_loss(prediction, image, mask).total.backward()
    assert prediction.grad is not None
    assert objective.discriminator_loss(prediction, image, mask).terms["r1"] > 0


def test_a_compiled_discriminator_without_r1() -> None:
    torch.compiler.reset()
    model = discriminator(norm_layer=None)
    compiled: Any = torch.compile(model, backend="aot_eager")
    weights = LamaWeights(r1=0)
    results = []
    for network in (model, compiled):
        prediction, image, mask = batch()
        model.zero_grad()
        objective = LamaObjective(network, weights=weights)
        objective.generator_loss(prediction, image, mask).total.backward()
        assert gradients(model) == [None] * len(list(model.parameters()))
        objective.discriminator_loss(prediction, image, mask).total.backward()
        results.append([prediction.grad, *gradients(model)])
    torch.testing.assert_close(*results)


@pytest.mark.parametrize("weights", [LamaWeights(), GlamaWeights()], ids=["lama", "glama"])
def test_weights_are_frozen_and_checked(weights: LamaWeights) -> None:
    assert weights.l1_known == weights.adversarial == 10
    assert weights.l1_missing == 0
    assert weights.r1 == 0.001
    with pytest.raises(FrozenInstanceError):
        weights.r1 = 1  # type: ignore[misc]
    for field in fields(weights):
        with pytest.raises(ValueError, match=f"{field.name} must be finite and at least 0, got -1"):
            replace(weights, **{field.name: -1})
    with pytest.raises(TypeError, match="r1 must be a number, got None"):
        replace(weights, r1=None)  # type: ignore[arg-type]


def test_errors() -> None:
    prediction, image, mask = batch()
    objective = LamaObjective(discriminator())
    steps: list[Callable[[Tensor, Tensor, Tensor], Any]] = [
        objective.generator_loss,
        objective.discriminator_loss,
    ]
    for step in steps:
        with pytest.raises(ValueError, match=r"mask must have shape \(4, 1, 24, 20\)"):
            step(prediction, image, mask[..., :10])
        with pytest.raises(ValueError, match="prediction and image must have one shape"):
            step(prediction[:1], image, mask)
        with pytest.raises(TypeError, match=r"mask must be .* as_mask"):
            step(prediction, image, mask > 0)


def distributed_gradients(rank: int, size: int, folder: str) -> None:
    """One process's share of two steps, and the gradients that it ends with."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/store", rank=rank, world_size=size
    )
    torch.save(train_two_steps(rank, size), f"{folder}/{rank}-of-{size}.pt")
    torch.distributed.destroy_process_group()


def train_two_steps(rank: int, size: int) -> list[Tensor | None]:
    torch.manual_seed(0)
    generator: nn.Module = nn.Conv2d(3, 3, 3, padding=1)
    model: nn.Module = discriminator(norm_layer=None)
    if torch.distributed.is_initialized():
        generator = nn.parallel.DistributedDataParallel(generator)
        model = nn.parallel.DistributedDataParallel(model)
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (generator, model)]
    objective, passes = GlamaObjective(model), []
    model.register_forward_hook(lambda *args: passes.append(args[0]))
    for _ in range(2):
        images, image, mask = (x.chunk(size)[rank] for x in batch())
        prediction = generator(images.detach())
        for optimizer in optimizers:
            optimizer.zero_grad()
        objective.generator_loss(prediction, image, mask).total.backward()
        assert not any(gradient is not None for gradient in gradients(model))
        if torch.distributed.is_initialized():
            assert not passes  # only the discriminator's step exchanges anything
        objective.discriminator_loss(prediction, image, mask).total.backward()
        passes.clear()
        found = [*gradients(generator), *gradients(model)]
        for optimizer in optimizers:
            optimizer.step()
    return found


@pytest.mark.slow
def test_two_processes_train_as_one(tmp_path: Path) -> None:
    spawn(distributed_gradients, (2, str(tmp_path)), nprocs=2)
    expected = train_two_steps(0, 1)
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}-of-2.pt")
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)
