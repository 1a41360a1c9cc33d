"""How large is the gradient of each of GLaMa's losses, with printed and with balanced weights?

Trains a small network for some steps, then prints the share of each weighted term: the norm of its
gradient divided by the norm of the gradient of their sum. There is no perceptual loss, since that
needs published weights.
The figures in the docstring of GlamaWeights.balanced() come from: --steps 500 --seeds 0 1 2
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from statistics import median

import torch
from skimage import data
from torch import Tensor
from torch.nn import functional as F

from benchmarks.measure import describe_machine
from lamakit.discriminators import PatchDiscriminator
from lamakit.generators import lama_fourier
from lamakit.images import stack_inputs
from lamakit.losses import GlamaObjective, GlamaWeights
from lamakit.masks import glama_general

SIDE, BATCH, WIDTH = 64, 4, 16
Batch = tuple[Tensor, Tensor]


class Crops:
    """Random crops of four photographs at half their size, with masks as GLaMa's."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)
        photographs = (data.astronaut(), data.coffee(), data.cat(), data.rocket())
        self.images = [
            F.avg_pool2d(torch.tensor(photograph).permute(2, 0, 1) / 255, 2)
            for photograph in photographs
        ]

    def draw(self) -> Batch:
        """Return images and masks."""
        crops = []
        for _ in range(BATCH):
            image = self.images[self.below(len(self.images))]
            top, left = (self.below(side - SIDE + 1) for side in image.shape[1:])
            crops.append(image[:, top : top + SIDE, left : left + SIDE])
        masks = glama_general().batch(BATCH, (SIDE, SIDE), generator=self.generator)
        return torch.stack(crops), masks

    def below(self, limit: int) -> int:
        """Return a random integer from 0 to limit - 1."""
        return int(torch.randint(limit, (), generator=self.generator))


def train(weights: GlamaWeights, seed: int, steps: int) -> dict[str, float]:
    """Return each term's share after that many steps, the median of eight batches."""
    torch.manual_seed(seed)
    crops = Crops(seed)
    model = lama_fourier(base_channels=WIDTH, num_blocks=3, num_downsamplings=2)
    discriminator = PatchDiscriminator(base_channels=WIDTH, num_layers=3)
    objective = GlamaObjective(discriminator, weights=weights)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=1e-4)
    for _ in range(steps):
        image, mask = crops.draw()
        prediction = model(stack_inputs(image, mask))
        adam.zero_grad()
        objective.generator_loss(prediction, image, mask).total.backward()
        adam.step()
        discriminator_adam.zero_grad()
        objective.discriminator_loss(prediction, image, mask).total.backward()
        discriminator_adam.step()
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(8):
        for name, share in shares(model, objective, crops.draw()).items():
            found[name].append(share)
    return {name: median(values) for name, values in found.items()}


def shares(model: torch.nn.Module, objective: GlamaObjective, batch: Batch) -> dict[str, float]:
    """Return the norm of each term's gradient, divided by that of their sum."""
    image, mask = batch
    terms = objective._generator_terms(model(stack_inputs(image, mask)), image, mask)  # noqa: SLF001
    parameters = list(model.parameters())
    gradients = {
        name: torch.cat(
            [part.flatten() for part in torch.autograd.grad(term, parameters, retain_graph=True)]
        )
        for name, term in terms.items()
    }
    whole = torch.stack(list(gradients.values())).sum(0).norm()
    return {name: float(gradient.norm() / whole) for name, gradient in gradients.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    print(describe_machine(torch.device("cpu")), f"{arguments.steps} steps", sep=", ")
    for name, weights in (("printed", GlamaWeights()), ("balanced", GlamaWeights.balanced())):
        for seed in arguments.seeds:
            found = train(weights, seed, arguments.steps)
            print(f"{name}, seed {seed}:", *(f"{k} {v:.4f}" for k, v in found.items()))


if __name__ == "__main__":
    main()
