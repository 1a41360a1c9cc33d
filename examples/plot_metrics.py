"""Which filling is best, and for which hole?
=============================================

That depends on what is asked and on how much is missing. Four ways to fill a hole meet on windows
of four photographs: scikit-image's biharmonic filling, the mean colour, a copy of what lies
elsewhere, and a small Fourier generator that has learnt for a quarter of a minute. Each metric
gives a value for every hole, so the answer can be sorted by the missing share, and differences are
taken hole by hole.
"""

# %%
# The photographs come with scikit-image, shrunk to half. The generator learns from their left
# halves; what is measured are windows of their right halves. Few strokes make small holes, many
# make large ones.

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
STROKES = Strokes(min_times=1, max_times=6, max_width=20, max_len=40)
PHOTOS = [
    F.avg_pool2d(torch.from_numpy(np.atleast_3d(photo)).permute(2, 0, 1) / 255, 2)
    for photo in (getattr(data, name)() for name in ("brick", "chelsea", "coffee", "gravel"))
]
PHOTOS = [photo.expand(3, -1, -1) for photo in PHOTOS]  # brick and gravel are grey


def windows(halves: list[Tensor], count: int, generator: torch.Generator) -> Tensor:
    """Random windows, (count, 3, SIDE, SIDE), from one half after the other."""
    found = []
    for number in range(count):
        half = halves[number % len(halves)]
        top = int(torch.randint(half.shape[1] - SIDE + 1, (), generator=generator))
        left = int(torch.randint(half.shape[2] - SIDE + 1, (), generator=generator))
        found.append(half[:, top : top + SIDE, left : left + SIDE])
    return torch.stack(found)


generator = torch.Generator().manual_seed(SEED)
images = windows([photo[..., photo.shape[2] // 2 :] for photo in PHOTOS], IMAGES, generator)
masks = STROKES.batch(IMAGES, (SIDE, SIDE), generator=generator)

# %%
# A method is a network, or any function of an image and its mask. A function of another library
# takes one line. None of them sees what is under the hole.


def fill_with_mean_colour(image: Tensor, mask: Tensor) -> Tensor:
    """The image with the mean of its known pixels in the hole."""
    mean = (image * (1 - mask)).sum((2, 3), keepdim=True) / (1 - mask).sum((2, 3), keepdim=True)
    return torch.where(mask > 0, mean, image)


def fill_with_a_copy(image: Tensor, mask: Tensor) -> Tensor:
    """The image with known pixels of the same rows, 8 pixels away or more, in the hole."""
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
    """A small Fourier generator that has learnt to fill holes in the left halves."""
    torch.manual_seed(SEED)
    model = lama_fourier(num_blocks=2, base_channels=16, num_downsamplings=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    halves = [photo[..., : photo.shape[2] // 2] for photo in PHOTOS]
    for _ in range(STEPS):
        target = windows(halves, len(halves), generator)
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
# A metric looks at the hole alone unless told otherwise: the known pixels are equal anyway. PSNR
# and SSIM compare pixel with pixel. The distance of the spectra asks for the right amount of
# detail, wherever it is; that of the colours for the right colours, wherever they are.

metrics = {
    "PSNR": psnr,
    "SSIM": ssim,
    "spectra, dB": log_spectral_distance,
    "colours": color_wasserstein,
}
comparison = Comparison(
    {
        name: evaluate(filler, images, masks, metrics=metrics, batch_size=8)
        for name, filler in methods.items()
    }
)
print(comparison)

# %%
# The metrics disagree, as they should. A copy is worst for PSNR and SSIM: two unrelated textures
# differ more than one of them does from its mean, so what is blurred is preferred. The spectra tell
# what the eye sees: a copy has the right amount of detail, biharmonic filling too little, one
# colour none. For so short a training the generator has learnt little more than the mean colour.
# By the missing share:

print(comparison.evaluations["biharmonic"])
figure, axes = plt.subplots(2, 2, figsize=(9.6, 6.4), layout="constrained", sharex=True)
for axis, metric in zip(axes.flat, metrics, strict=True):
    comparison.plot_by_area(metric, axes=axis)
plt.show()

# %%
# One window of each photograph:

figure, axes = plt.subplots(4, 6, figsize=(9.6, 6.6), layout="constrained")
for number, row in enumerate(axes):
    image, mask = images[number : number + 1], masks[number : number + 1]
    panels = {"photograph": image, "with the hole": torch.where(mask > 0, 1, image)}
    for name, method in methods.items():
        filler = partial(inpaint, method) if isinstance(method, nn.Module) else method
        panels[name] = filler(image * (1 - mask), mask).detach()
    for axis, (title, panel) in zip(row, panels.items(), strict=True):
        axis.imshow(panel[0].permute(1, 2, 0).numpy())
        axis.set_axis_off()
        if number == 0:
            axis.set_title(title)
plt.show()
