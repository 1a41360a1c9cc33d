"""How does every item get the same mask again?
=============================================

A data loader has workers, a training run has ranks, and their numbers change from machine to
machine. If each item draws its mask with a generator of its own, made from the seed, the epoch and
the item's number, the masks stay the same.
"""

# %%
# The photographs are crops of one that comes with scikit-image. The data set takes a dozen lines.
# Its epoch is a tensor in shared memory, so that workers see when it changes.

import matplotlib.pyplot as plt
import torch
from skimage import data
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from lamakit.images import stack_inputs
from lamakit.masks import generator_for_index, lama_training

PHOTO, SIDE, CROPS = "coffee", 256, 6


class Inpainting(Dataset[tuple[Tensor, Tensor]]):
    """Images (K, C, H, W), each with a random mask."""

    def __init__(self, images: Tensor, seed: int = 0) -> None:
        self.images, self.seed = images, seed
        self.epoch = torch.zeros((), dtype=torch.int64).share_memory_()
        self.sampler = lama_training()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        image = self.images[index]
        generator = generator_for_index(self.seed, self.epoch, index)
        return image, self.sampler((image.shape[1], image.shape[2]), generator=generator)


photo = torch.from_numpy(getattr(data, PHOTO)()).permute(2, 0, 1) / 255
crops = torch.stack([photo[:, 120:, 60 * n : 60 * n + 280][:, :280] for n in range(CROPS)])
dataset = Inpainting(torch.nn.functional.interpolate(crops, SIDE, mode="area"))

# %%
# Two epochs without workers, then the same two with two workers that stay alive. The network's
# input is the image without its missing pixels, and the mask.


def epochs(workers: int) -> list[Tensor]:
    """Return the network's input in each of two epochs."""
    inputs = []
    loader = DataLoader(
        dataset, batch_size=CROPS, num_workers=workers, persistent_workers=workers > 0
    )
    for epoch in range(2):
        dataset.epoch.fill_(epoch)
        inputs.append(torch.cat([stack_inputs(image, mask) for image, mask in loader]))
    return inputs


alone, with_workers = epochs(0), epochs(2)
for epoch in range(2):
    same = torch.equal(alone[epoch], with_workers[epoch])
    print(f"epoch {epoch}: the same with no and with two workers: {same}")

# %%
# Each column is an item. Its mask differs from epoch to epoch, as it should in training.

figure, axes = plt.subplots(2, CROPS, figsize=(11, 3.9), layout="constrained")
for row, inputs in zip(axes, alone, strict=True):
    for axis, item in zip(row, inputs, strict=True):
        axis.imshow(torch.where(item[3:] > 0, 1, item[:3]).permute(1, 2, 0).numpy())
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_color("0.8")
for number, axis in enumerate(axes[0]):
    axis.set_title(f"item {number}", fontsize="medium")
for epoch, axis in enumerate(axes[:, 0]):
    axis.set_ylabel(f"epoch {epoch}")
plt.show()
