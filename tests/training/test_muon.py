"""Muon: matrices as torch's own Muon, vectors as Adam, convolutions as flattened matrices."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from lamakit.training import Muon
from lamakit.training.muon import orthogonalize
from tests.helpers import seeded


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=seeded(seed))


def take_steps(optimizer: torch.optim.Optimizer, parameters: list[nn.Parameter]) -> None:
    for step in range(5):
        for number, parameter in enumerate(parameters):
            parameter.grad = noise(*parameter.shape, seed=10 * step + number)
        optimizer.step()


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (16, 16)])
def test_orthogonalize_makes_singular_values_about_equal(shape: tuple[int, int]) -> None:
    matrix = noise(*shape)
    u, values, vh = torch.linalg.svd(matrix @ torch.diag(torch.logspace(0, 1, shape[1])))
    made = orthogonalize((matrix @ torch.diag(torch.logspace(0, 1, shape[1])))[None])[0]
    count = len(values)
    inner = u[:, :count].T @ made @ vh[:count].T
    assert ((inner.diag() > 0.3) & (inner.diag() < 1.3)).all()
    assert (inner - inner.diag().diag()).abs().max() < 0.05
    assert made.dtype == matrix.dtype


def test_zeros_stay_zeros() -> None:
    assert torch.equal(orthogonalize(torch.zeros(2, 3, 7)), torch.zeros(2, 3, 7))


@pytest.mark.skipif(not hasattr(torch.optim, "Muon"), reason="this torch has no Muon")
@pytest.mark.parametrize("shape", [(6, 20), (20, 6)])
def test_matrices_change_as_with_torchs_muon(shape: tuple[int, int]) -> None:
    ours, theirs = nn.Parameter(noise(*shape)), nn.Parameter(noise(*shape))
    take_steps(Muon([ours], lr=0.01), [ours])
    reference = torch.optim.Muon([theirs], lr=0.01, weight_decay=0, adjust_lr_fn="match_rms_adamw")
    take_steps(reference, [theirs])
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=2e-4)


def test_vectors_change_as_with_adam() -> None:
    ours, theirs = nn.Parameter(noise(7)), nn.Parameter(noise(7))
    take_steps(Muon([ours], lr=0.01, betas=(0.8, 0.95)), [ours])
    take_steps(torch.optim.Adam([theirs], lr=0.01, betas=(0.8, 0.95)), [theirs])
    torch.testing.assert_close(ours, theirs)


def test_convolutions_are_matrices_of_output_channels() -> None:
    kernel, matrix = nn.Parameter(noise(6, 4, 3, 3)), nn.Parameter(noise(6, 4, 3, 3).flatten(1))
    gradient = noise(6, 4, 3, 3, seed=1)
    kernel.grad, matrix.grad = gradient, gradient.flatten(1)
    Muon([kernel, matrix], lr=0.01).step()
    torch.testing.assert_close(kernel.flatten(1), matrix)


def test_a_state_continues_exactly() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    again = copy.deepcopy(model)
    optimizer = Muon(model.parameters())
    take_steps(optimizer, list(model.parameters()))
    other = Muon(again.parameters())
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    again.load_state_dict(model.state_dict())
    take_steps(optimizer, list(model.parameters()))
    take_steps(other, list(again.parameters()))
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_parameters_without_gradients_stay_and_closures_are_called() -> None:
    used, unused = nn.Parameter(noise(3, 3)), nn.Parameter(noise(3, 3))
    before = unused.clone()
    optimizer = Muon([used, unused], lr=0.1)

    def closure() -> float:
        optimizer.zero_grad()
        loss = used.square().sum()
        loss.backward()
        return loss.item()

    losses = [optimizer.step(closure) for _ in range(40)]
    assert losses[-1] is not None
    assert losses[0] is not None
    assert losses[-1] < 0.5 * losses[0]
    assert torch.equal(unused, before)


def test_bad_arguments_are_named() -> None:
    parameters = [nn.Parameter(noise(3))]
    with pytest.raises(ValueError, match="lr must be"):
        Muon(parameters, lr=0)
    with pytest.raises(ValueError, match="momentum must lie"):
        Muon(parameters, momentum=1.5)
    with pytest.raises(ValueError, match=r"betas\[1\] must lie"):
        Muon(parameters, betas=(0.9, -1))
