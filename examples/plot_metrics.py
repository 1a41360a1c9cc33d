"""Which filling is best, and for which hole?
=============================================

That depends on the metric and on how much is missing. This example compares four methods on crops
of four photographs: scikit-image's biharmonic inpainting, the mean colour, a copy of other pixels
of the same rows, and a small Fourier generator that was trained for a quarter of a minute. Each
metric gives one value for each image, so the values can be sorted by the missing share, and the
differences between methods are taken image by image.
"""

# %%
# The photographs come with scikit-image and are downsampled by 2. The generator is trained on crops
# of their left halves; the methods are evaluated on crops of their right halves. A mask has one to
# seven strokes, so there are small and large holes.

from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import torch
from skimage import data, restoration
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.evaluation import Comparison, evaluate, numpy_method
from lamakit.generators import lama_fourier
from lamakit.images import stack_inputs
from lamakit.inpainting import inpaint
from lamakit.masks import Strokes
from lamakit.metrics import color_wasserstein, log_spectral_distance, psnr, ssim

SIDE, IMAGES, STEPS, SEED = 96, 64, 250, 0
STROKES = Strokes(min_times=1, max_times=7, max_width=24, max_len=49)
PHOTOS = [
    F.avg_pool2d(torch.from_numpy(np.atleast_3d(photo)).permute(2, 0, 1) / 255, 2)
    for photo in (getattr(data, name)() for name in ("brick", "chelsea", "coffee", "gravel"))
]
PHOTOS = [photo.expand(3, -1, -1) for photo in PHOTOS]  # brick and gravel are grey


def random_crops(halves: list[Tensor], count: int, generator: torch.Generator) -> Tensor:
    """Return random crops (count, 3, SIDE, SIDE) of the halves in turn."""
    crops = []
    for number in range(count):
        half = halves[number % len(halves)]
        top = int(torch.randint(half.shape[1] - SIDE + 1, (), generator=generator))
        left = int(torch.randint(half.shape[2] - SIDE + 1, (), generator=generator))
        crops.append(half[:, top : top + SIDE, left : left + SIDE])
    return torch.stack(crops)


generator = torch.Generator().manual_seed(SEED)
images = random_crops([photo[..., photo.shape[2] // 2 :] for photo in PHOTOS], IMAGES, generator)
masks = STROKES.batch(IMAGES, (SIDE, SIDE), generator=generator)

# %%
# A method is a network, or any function of image and mask. ``numpy_method`` makes one from a
# function of another library. None of the methods sees what is in the hole.


def fill_with_mean_colour(image: Tensor, mask: Tensor) -> Tensor:
    """Fill the hole with the mean of the known pixels."""
    mean = (image * (1 - mask)).sum((2, 3), keepdim=True) / (1 - mask).sum((2, 3), keepdim=True)
    return torch.where(mask > 0, mean, image)


def fill_with_a_copy(image: Tensor, mask: Tensor) -> Tensor:
    """Fill the hole with known pixels of the same rows that are at least 8 pixels away."""
    filled, missing = image, mask
    for shift in range(8, SIDE, 8):
        copy, hidden = image.roll(shift, dims=3), mask.roll(shift, dims=3)
        filled = torch.where((missing > 0) & (hidden == 0), copy, filled)
        missing = missing * hidden
    return fill_with_mean_colour(filled, missing)


fill_biharmonic = numpy_method(
    lambda image, mask: restoration.inpaint_biharmonic(image, mask, channel_axis=-1).clip(0, 1)
)


def train() -> nn.Module:
    """Train a small Fourier generator to fill holes in the left halves."""
    torch.manual_seed(SEED)
    model = lama_fourier(num_blocks=2, base_channels=16, num_downsamplings=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    halves = [photo[..., : photo.shape[2] // 2] for photo in PHOTOS]
    for _ in range(STEPS):
        target = random_crops(halves, len(halves), generator)
        mask = STROKES.batch(len(halves), (SIDE, SIDE), generator=generator)
        prediction = model(stack_inputs(target, mask))
        spectra = [torch.fft.rfft2(image * mask, norm="ortho") for image in (prediction, target)]
        error = ((prediction - target).abs() * mask).sum() / (3 * mask.sum()).clamp(min=1)
        loss = error + F.l1_loss(spectra[0].abs(), spectra[1].abs())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


methods: dict[str, nn.Module | Callable[[Tensor, Tensor], Tensor]] = {
    "biharmonic": fill_biharmonic,
    "mean colour": fill_with_mean_colour,
    "copy": fill_with_a_copy,
    "generator": train(),
}

# %%
# A metric looks only at the hole unless told otherwise: the known pixels are equal anyway. PSNR and
# SSIM compare pixel with pixel. The distance of the spectra is small if the hole has the right
# amount of detail, wherever it is; that of the colours if it has the right colours, wherever they
# are.

metrics = {
    "PSNR": psnr,
    "SSIM": ssim,
    "spectra, dB": log_spectral_distance,
    "colours": color_wasserstein,
}
comparison = Comparison(
    {
        name: evaluate(method, images, masks, metrics=metrics, batch_size=8)
        for name, method in methods.items()
    }
)
print(comparison)

# %%
# The metrics disagree, because they ask different questions. The copy is worst for PSNR and SSIM:
# two unrelated textures differ more from each other than one of them does from its mean, so these
# metrics prefer a blurred filling. The spectra show what the eye sees: the copy has the right
# amount of detail, the biharmonic filling too little, a single colour none. After so short a
# training the generator fills in little more than the mean colour. The same values by the missing
# share:

print(comparison.evaluations["biharmonic"])
figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained", sharex=True)
for axis, metric in zip(axes.flat, metrics, strict=True):
    comparison.plot_by_area(metric, axes=axis)
plt.show()

# %%
# One crop of each photograph:

figure, axes = plt.subplots(4, 6, figsize=(9.6, 6.6), layout="constrained")
for number, row in enumerate(axes):
    image, mask = images[number : number + 1], masks[number : number + 1]
    panels = {"photograph": image, "with the hole": torch.where(mask > 0, 1, image)}
    for name, method in methods.items():
        fill = partial(inpaint, method) if isinstance(method, nn.Module) else method
        panels[name] = fill(image * (1 - mask), mask).detach()
    for axis, (title, panel) in zip(row, panels.items(), strict=True):
        axis.imshow(panel[0].permute(1, 2, 0).numpy())
        axis.set_axis_off()
        if number == 0:
            axis.set_title(title)
plt.show()
