"""How do you fill a hole in a large photograph?
=============================================

A network fills holes best in images of the size that it was trained with. Here one is trained on
small windows of a brick wall, and the hole in the wall is larger than any window. This page fills
the same hole at three sizes, refines it from the smallest to the largest, and compares the ways to
run a network on a photograph that is too large for it.
"""

# %%
# The photograph comes with scikit-image. The network is trained on windows of 64x64 pixels, cut
# from the photograph with its 512x512 pixels and from copies of half and of a quarter that size. In
# each window a box is missing, and the network fills it. The loss looks at pixels of the box only,
# and never at pixels of the hole.

import time
from collections.abc import Callable
from functools import partial

import matplotlib.pyplot as plt
import torch
from skimage import data
from torch import Tensor, nn
from torch.nn import functional as F

from lamakit.generators import ResNetGenerator, TwoStageGenerator, lama_fourier
from lamakit.inpainting import inpaint, inpaint_crop, inpaint_multiscale, inpaint_tiled
from lamakit.masks import Boxes, MaskSampler, Strokes
from lamakit.refinement import refine

PHOTO = "brick"
SMALL, STEPS, CROP, BATCH = 128, 600, 64, 4

photo = torch.from_numpy(getattr(data, PHOTO)())[None, None] / 255
mask = torch.zeros_like(photo)
mask[..., 180:330, 190:340] = 1


def loss_in_box(prediction: Tensor, target: Tensor, box: Tensor) -> Tensor:
    """Return the error of the pixels in the box, plus that of the magnitudes of its spectrum."""
    prediction, target = prediction * box, target * box
    error = (prediction - target).abs()
    pixels = (error + 4 * error.square()).sum() / box.sum().clamp(min=1)
    spectra = [torch.fft.rfft2(image, norm="ortho").abs() for image in (prediction, target)]
    return pixels + F.l1_loss(spectra[0], spectra[1])


def train(copies: list[Tensor], start: Callable[[Tensor], Tensor]) -> ResNetGenerator:
    """Train a small Fourier generator to fill boxes in copies that have the mask as last channel.

    ``start`` computes what the network gets inside the boxes.
    """
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = lama_fourier(2, 1, num_blocks=4, base_channels=16, num_downsamplings=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    boxes = Boxes(min_times=1, max_times=1, min_size=8, max_size=40, margin=4)
    for step in range(STEPS):
        copy = copies[step % len(copies)][0]
        corners = torch.randint(copy.shape[1] - CROP + 1, (BATCH, 2), generator=generator).tolist()
        crops = torch.stack([copy[:, y : y + CROP, x : x + CROP] for y, x in corners])
        target, missing = crops[:, :1], crops[:, 1:]
        box = boxes.batch(BATCH, (CROP, CROP), generator=generator)
        hole = torch.maximum(box, missing)
        inputs = torch.where(hole > 0, start(target), target)
        prediction = model(torch.cat([inputs, hole], dim=1))
        optimizer.zero_grad()
        loss_in_box(prediction, target, box * (1 - missing)).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


copies = [
    torch.cat([F.avg_pool2d(photo * (1 - mask), shrink), F.max_pool2d(mask, shrink)], dim=1)
    for shrink in (1, 2, 4)
]
model = train(copies, start=torch.zeros_like)

# %%
# One hole, three sizes
# ---------------------
# The network fills the same hole in copies of three sizes. In the smallest the hole is no larger
# than the boxes in training, and the mortar lines go on through it. In copies of twice and four
# times that size it is larger than any box in training, and the lines end inside the hole.

WINDOW = (..., slice(130, 380), slice(140, 390))


def show(panels: dict[str, Tensor]) -> None:
    """Draw the surroundings of the hole in each image, four in a row."""
    rows = -(-len(panels) // 4)
    _, axes = plt.subplots(rows, 4, figsize=(11, 3.2 * rows), layout="constrained")
    for axis, (title, image) in zip(axes.flat, panels.items(), strict=True):
        axis.imshow(image[WINDOW][0, 0].numpy(), cmap="gray", vmin=0, vmax=0.8)
        axis.set_title(title, fontsize="medium")
        axis.set_axis_off()
    plt.show()


with torch.inference_mode():
    fillings = {
        f"filled at {side}x{side}": inpaint_multiscale(model, photo, mask, max_side=side)
        for side in (128, 256, 512)
    }
show({"with the hole": photo.masked_fill(mask > 0, 0.8), **fillings})

# %%
# Refinement
# ----------
# Refinement starts with the filling of the smallest copy. At each larger size it changes the
# network's features until the prediction, halved, looks like the result of the size before.
# ``on_step`` is called with the losses. In the result the lines go on through the hole as in the
# smallest copy, and are as sharp as the photograph; how strong they become depends on the number of
# iterations.

trace: dict[int, list[float]] = {1: [], 2: []}


def record(scale: int, _iteration: int, losses: Tensor) -> None:
    """Keep the loss of the only image."""
    trace[scale].append(losses.item())


refined = refine(model, photo, mask, min_side=SMALL, on_step=record)

figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for scale, losses in trace.items():
    side = SMALL * 2**scale
    axis.plot(range(1, len(losses) + 1), losses, marker=".", label=f"{side}x{side}")
axis.set(xlabel="forward pass", ylabel="loss")
axis.legend()
plt.show()

show(
    {
        "one pass at 512x512": fillings["filled at 512x512"],
        "enlarged from 128x128": fillings["filled at 128x128"],
        "refined, three scales": refined,
        "photograph": photo,
    }
)

# %%
# The ways compared
# -----------------
# The same hole, filled in each way, with the error in the hole and the time. A crop around the hole
# is downsampled to the size of the smallest copy. Tiles of that size are smaller than the hole, so
# the tiles in its middle show no wall at all. Two stages need a second network: it is trained to
# sharpen boxes of the full-size photograph, and because it was trained on this very photograph it
# does best here. The how-to "Refine large images" says which way is for which hole.


def enlarged_copy(image: Tensor) -> Tensor:
    """Return what a filling at a quarter of the size would look like."""
    return F.interpolate(F.avg_pool2d(image, 4), scale_factor=4, mode="bilinear")


two_stages = TwoStageGenerator(model, train(copies[:1], start=enlarged_copy), coarse_side=SMALL)

Way = Callable[[nn.Module, Tensor, Tensor], Tensor]
WAYS: dict[str, Way] = {
    "inpaint": inpaint,
    "inpaint_multiscale": partial(inpaint_multiscale, max_side=SMALL),
    "inpaint_crop": partial(inpaint_crop, margin=75, max_side=SMALL),
    "inpaint_tiled": partial(inpaint_tiled, tile=SMALL, overlap=64),
    "two stages": lambda _, image, hole: inpaint(two_stages, image, hole),
    "refine": partial(refine, min_side=SMALL),
}


def error_in_hole(filled: Tensor, hole: Tensor) -> float:
    """Return the mean absolute error of the missing pixels, in grey levels of 255."""
    return float((filled - photo).abs()[hole > 0].mean()) * 255


panels = {"photograph": photo, "with the hole": photo.masked_fill(mask > 0, 0.8)}
for name, way in WAYS.items():
    start = time.perf_counter()
    with torch.inference_mode():
        filled = way(model, photo, mask)
    seconds = time.perf_counter() - start
    panels[f"{name}\n{error_in_hole(filled, mask):.1f} levels, {seconds:.1f} s"] = filled
show(panels)

# %%
# Thin, medium and thick strokes
# ------------------------------
# The refinement paper's Table 1 on a small scale: masks of three kinds, filled by one pass at full
# size and by refinement, with the time of both. The paper compares sets of many photographs; here
# it is the mean error of the missing pixels of one photograph. In thin strokes the known pixels
# close by decide, and there is little to gain.

BRUSHES: dict[str, MaskSampler] = {
    "thin": Strokes(min_times=8, max_times=13, max_width=14, max_len=89),
    "medium": Strokes(min_times=4, max_times=6, max_width=54, max_len=109),
    "thick": Strokes(min_times=1, max_times=4, max_width=104, max_len=209),
}
generator = torch.Generator().manual_seed(1)
print("strokes   missing   one pass             refined")
for name, brush in BRUSHES.items():
    hole = brush.batch(1, (512, 512), generator=generator)
    cells = []
    for way in (inpaint, WAYS["refine"]):
        start = time.perf_counter()
        with torch.inference_mode():
            filled = way(model, photo, hole)
        seconds = time.perf_counter() - start
        cells.append(f"{error_in_hole(filled, hole):4.1f} levels, {seconds:4.1f} s")
    print(f"{name:9} {float(hole.mean()):7.0%}   {cells[0]}   {cells[1]}")
