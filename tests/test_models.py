"""Attributes of models inside wrappers; eval mode for the time of a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from typing_extensions import override

from lamakit._models import (
    SizedModel,
    SplitModel,
    evaluating,
    first_parameter,
    model_sizes,
    owner,
    unwrap,
)
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from lamakit.refinement import refine
from tests.images.samples import random_pair


class Model(nn.Module):
    """A model in two parts that refuses training mode and sizes that do not fit."""

    size_multiple, min_size = 4, 16

    def __init__(self) -> None:
        super().__init__()
        self.front = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6))
        self.rear = nn.Sequential(nn.ReLU(), nn.Conv2d(6, 3, 3, padding=1), nn.Sigmoid())

    @override
    def forward(self, x: Tensor) -> Tensor:
        if self.training or x.shape[2] % 4 or x.shape[3] % 4 or min(x.shape[2:]) < 16:
            raise ValueError("training mode, or a size that does not fit")
        image: Tensor = self.rear(self.front(x))
        return image


def compiled(model: nn.Module) -> nn.Module:
    wrapper: nn.Module = torch.compile(model, backend="eager")  # type: ignore[assignment]
    return wrapper


def with_fabric(model: nn.Module) -> nn.Module:
    wrapper: nn.Module = Fabric(accelerator="cpu", devices=1).setup(model)
    return wrapper


@pytest.fixture
def process_group(tmp_path: Path) -> Iterator[None]:
    """A group of one process, which distributed data parallelism asks for."""
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1
    )
    yield
    torch.distributed.destroy_process_group()


Wrap = Callable[[nn.Module], nn.Module]
Way = Callable[..., Tensor]
WRAPPERS: dict[str, Wrap] = {
    "DistributedDataParallel": DistributedDataParallel,
    "DataParallel": nn.DataParallel,
    "AveragedModel": AveragedModel,
    "compile": compiled,
    "Fabric": with_fabric,
    "AveragedModel of compile": lambda model: AveragedModel(compiled(model)),
    "Fabric of DistributedDataParallel": lambda model: with_fabric(DistributedDataParallel(model)),
    "Fabric of compile": lambda model: with_fabric(compiled(model)),
    "compile of Fabric": lambda model: compiled(with_fabric(model)),
}


SLOW = ("compile of Fabric",)


@pytest.mark.usefixtures("process_group")
@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(wrap, id=name, marks=[pytest.mark.slow] if name in SLOW else [])
        for name, wrap in WRAPPERS.items()
    ],
)
def test_a_wrapped_model_gives_what_the_model_gives(wrap: Wrap) -> None:
    torch.manual_seed(0)
    model = Model()
    wrapper = wrap(model).train()
    inner = unwrap(wrapper)
    assert type(inner) is Model
    assert model_sizes(wrapper) == (4, 16)
    assert first_parameter(wrapper) is first_parameter(inner)
    calls: list[Any] = []
    handle = wrapper.register_forward_hook(lambda *call: calls.append(call))
    image, mask = random_pair(13, 30)
    ways: list[Way] = [inpaint, partial(refine, min_side=6, iterations=3)]
    for way in ways:
        calls.clear()
        result = way(wrapper, image, mask)
        assert calls, "the wrapper itself is called"
        assert wrapper.training
        assert inner.training
        torch.testing.assert_close(result, way(model, image, mask), rtol=0, atol=1e-6)
    handle.remove()
    assert inner.front[1].num_batches_tracked == 0


@pytest.mark.parametrize(
    "way",
    [
        partial(inpaint_crop, margin=3, max_side=20),
        partial(inpaint_multiscale, max_side=20),
        partial(inpaint_tiled, tile=20),
    ],
    ids=["crop", "multiscale", "tiled"],
)
def test_every_way_to_run_a_model_looks_into_wrappers(way: Way) -> None:
    model = Model()
    image, mask = random_pair(13, 30)
    assert torch.equal(way(nn.DataParallel(model), image, mask), way(model, image, mask))


def test_a_bare_model_stays_as_it_is() -> None:
    model = Model()
    assert unwrap(model) is model
    function = model.forward
    assert unwrap(function) is function
    sequence = nn.Sequential(nn.DataParallel(model))  # not a wrapper itself
    assert unwrap(sequence) is sequence


def test_sizes_may_be_set_on_a_wrapper_or_a_function() -> None:
    wrapper = nn.DataParallel(nn.Identity())
    assert model_sizes(wrapper) == (1, 1)
    wrapper.size_multiple = 8  # type: ignore[assignment]
    assert model_sizes(wrapper) == (8, 1)

    def function(x: Tensor) -> Tensor:
        return x

    assert model_sizes(function) == (1, 1)
    function.min_size = 5  # type: ignore[attr-defined]
    assert model_sizes(function) == (1, 5)
    assert model_sizes(function, 4) == (4, 5)
    assert model_sizes(wrapper, 4) == (4, 1)


def test_the_protocols_know_such_models() -> None:
    model = Model()
    assert isinstance(model, SizedModel)
    assert isinstance(model, SplitModel)
    assert not isinstance(nn.Identity(), (SizedModel, SplitModel))


def test_the_first_parameter_is_a_floating_point_one() -> None:
    module = nn.Module()
    module.register_parameter("steps", nn.Parameter(torch.zeros(1).int(), requires_grad=False))
    assert first_parameter(module) is None
    module.register_parameter("weight", nn.Parameter(torch.zeros(1)))
    assert first_parameter(module) is module.weight
    assert first_parameter(lambda x: x) is None


def test_evaluating_switches_only_what_is_in_training_mode() -> None:
    model = Model()
    model.front.eval()
    modes = [module.training for module in model.modules()]
    with evaluating(partial(model.forward), "no module"):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError
    assert [module.training for module in model.modules()] == modes


def test_owners() -> None:
    model = Model()
    assert owner(model) is model
    assert owner(model.forward) is model
    assert owner(partial(partial(model.forward), 1)) is model
    assert owner(test_owners) is test_owners
