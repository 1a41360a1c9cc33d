"""Discriminators in wrappers: no gradient is exchanged in the generator's step."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel

from lamakit.losses import GlamaObjective, LamaObjective, LamaWeights
from lamakit.losses.frozen_discriminator import frozen
from tests.losses.inputs import batch, discriminator, gradients

Wrap = Callable[[nn.Module], nn.Module]


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    """Let this process be a group of its own."""
    environment = dict(os.environ)
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()
    os.environ.clear()  # Fabric leaves its own variables in it
    os.environ.update(environment)


@pytest.fixture
def distributed_passes(monkeypatch: pytest.MonkeyPatch) -> list[nn.Module]:
    """Return a list that grows with each pass in which gradients may be exchanged."""
    passes: list[nn.Module] = []
    prepare = DistributedDataParallel._pre_forward  # noqa: SLF001

    def note(self: Any, *inputs: Any, **settings: Any) -> Any:
        passes.append(self)
        return prepare(self, *inputs, **settings)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(DistributedDataParallel, "_pre_forward", note)
    return passes


def compiled(model: nn.Module) -> nn.Module:
    torch.compiler.reset()
    module: nn.Module = torch.compile(model, backend="eager")  # type: ignore[assignment]
    return module


def compiled_in_place(model: nn.Module) -> nn.Module:
    torch.compiler.reset()
    model.compile(backend="eager")
    return model


def in_fabric(model: nn.Module, **settings: Any) -> nn.Module:
    fabric = Fabric(accelerator="cpu", devices=1, strategy="ddp", **settings)
    fabric.launch()
    module: nn.Module = fabric.setup_module(model)
    return module


def static(model: nn.Module) -> nn.Module:
    return DistributedDataParallel(model, static_graph=True)


WRAPPERS: dict[str, Wrap] = {
    "ddp": DistributedDataParallel,
    "static": static,
    "fabric": in_fabric,
}
COMPILED: dict[str, Wrap] = {
    "compiled-ddp": lambda model: compiled(DistributedDataParallel(model)),
    "compiled-in-place": lambda model: compiled_in_place(DistributedDataParallel(model)),
    "ddp-compiled": lambda model: DistributedDataParallel(compiled(model)),
}
CASES = [pytest.param(wrap, id=name) for name, wrap in WRAPPERS.items()]
CASES += [pytest.param(w, id=name, marks=pytest.mark.slow) for name, w in COMPILED.items()]


@pytest.mark.usefixtures("process_group")
@pytest.mark.parametrize("wrap", CASES)
def test_only_the_discriminators_step_exchanges_gradients(
    wrap: Wrap, distributed_passes: list[nn.Module]
) -> None:
    results = []
    weights = LamaWeights(r1=0)  # what is compiled has no second derivatives
    for wrapped in (False, True):
        model = discriminator(norm_layer=None)
        objective = LamaObjective(wrap(model) if wrapped else model, weights=weights)
        prediction, target, mask = batch()
        for _ in range(2):
            model.zero_grad()
            distributed_passes.clear()
            objective.generator_loss(prediction, target, mask).total.backward()
            assert not distributed_passes
            assert gradients(model) == [None] * len(list(model.parameters()))
            objective.discriminator_loss(prediction, target, mask).total.backward()
            assert len(distributed_passes) == 2 * wrapped
        results.append([prediction.grad, *gradients(model)])
    torch.testing.assert_close(*results)


@pytest.mark.usefixtures("process_group")
def test_fabrics_precision_is_kept() -> None:
    model = discriminator()
    seen: list[torch.dtype] = []
    model.head.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    wrapped = in_fabric(model, precision="bf16-mixed")
    LamaObjective(wrapped).generator_loss(*batch())
    assert seen == [torch.bfloat16, torch.bfloat16]


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
@pytest.mark.usefixtures("process_group")
def test_the_penalty_under_fabrics_precision(precision: str) -> None:
    model = discriminator()
    seen: list[torch.dtype] = []
    model.head.register_forward_hook(lambda *args: seen.append(args[2].dtype))
    terms = LamaObjective(in_fabric(model, precision=precision)).discriminator_loss(*batch()).terms
    mixed = torch.bfloat16 if precision == "bf16-mixed" else torch.float32
    assert seen == [torch.float32, mixed]
    plain = LamaObjective(model).discriminator_loss(*batch()).terms
    torch.testing.assert_close(terms["r1"], plain["r1"])


@pytest.mark.usefixtures("process_group")
def test_everything_is_restored_after_an_error() -> None:
    model = DistributedDataParallel(discriminator())
    next(model.parameters()).requires_grad = False
    before = [parameter.requires_grad for parameter in model.parameters()]

    def stop() -> None:
        assert not any(parameter.requires_grad for parameter in model.parameters())
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"), frozen(model):
        stop()
    assert [parameter.requires_grad for parameter in model.parameters()] == before
    assert "forward" not in vars(model)


def test_what_is_no_module_is_left_alone() -> None:
    with frozen(lambda image: (image, [image])):
        pass


def distributed_gradients(rank: int, size: int, folder: str) -> None:
    """Take one process's share of two steps, and save the gradients that it ends with."""
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
        generator = DistributedDataParallel(generator)
        model = DistributedDataParallel(model)
    optimizers = [torch.optim.SGD(part.parameters(), lr=0.1) for part in (generator, model)]
    objective = GlamaObjective(model)
    for _ in range(2):
        images, target, mask = (x.chunk(size)[rank] for x in batch())
        prediction = generator(images.detach())
        for optimizer in optimizers:
            optimizer.zero_grad()
        objective.generator_loss(prediction, target, mask).total.backward()
        assert not any(gradient is not None for gradient in gradients(model))
        objective.discriminator_loss(prediction, target, mask).total.backward()
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
