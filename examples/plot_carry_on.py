"""Does a saved network still give the same result?
================================================

A small generator is trained to fill a pattern of waves, and saved in two kinds of files: a
safetensors file, from which lamakit rebuilds the network without further information, and a
TorchScript archive, which runs without lamakit. Both fill the same hole with the same result. Then
the first convolution is adapted to grey images, and the network still continues the pattern that it
learnt in colour.
"""

# %%
# The pattern is computed here: three waves, one in each colour channel, and a hole in the middle.

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from torch.nn import functional as F

from lamakit.checkpoints import (
    adapt_input_channels,
    load_generator,
    read_checkpoint,
    save_generator,
)
from lamakit.deploy import export_torchscript
from lamakit.generators import ResNetGenerator, lama_fourier
from lamakit.images import stack_inputs
from lamakit.inpainting import inpaint
from lamakit.masks import Boxes

SIDE, STEPS = 96, 250


def weave() -> Tensor:
    """Return waves along both diagonals and both axes, each in its own colour channel."""
    x, y = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    waves = [
        torch.sin((x + y) / 2.5),
        torch.sin((x - y) / 2.5),
        torch.sin(x / 4) * torch.sin(y / 4),
    ]
    return (torch.stack(waves)[None] + 1) / 2


def train(image: Tensor) -> ResNetGenerator:
    """Return a generator that is trained to fill random boxes in shifted copies of the pattern."""
    torch.manual_seed(0)
    model = lama_fourier(num_blocks=2, base_channels=12, num_downsamplings=2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    boxes = Boxes(min_times=1, max_times=2, min_size=16, max_size=40)
    for _ in range(STEPS):
        shifts = torch.randint(SIDE, (2, 2)).tolist()
        target = torch.cat([image.roll(shift, dims=(2, 3)) for shift in shifts])
        mask = boxes.batch(2, (SIDE, SIDE))
        loss = F.l1_loss(model(stack_inputs(target, mask)) * mask, target * mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


image, mask = weave(), torch.zeros(1, 1, SIDE, SIDE)
mask[..., 32:64, 28:68] = 1
model = train(image)

# %%
# The network is saved in two files and loaded again. The files describe the network, so loading
# needs no arguments.

folder = Path(tempfile.mkdtemp())
save_generator(model, folder / "weave.safetensors")
export_torchscript(model, folder / "weave.pt")
rebuilt = load_generator(folder / "weave.safetensors")
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # torch's, of TorchScript
    script = torch.jit.load(folder / "weave.pt")

# %%
# lamakit also reads the weights of the archive. For grey images, the weights of the three colour
# channels are added up to those of one channel. The network still returns three channels, and the
# result is their mean.

weights = read_checkpoint(folder / "weave.pt").generator
in_grey = load_generator(adapt_input_channels(weights, 2))
grey = image.mean(dim=1, keepdim=True)

fillings: dict[str, Callable[[], Tensor]] = {
    "with the hole": lambda: torch.where(mask > 0, 1, image),
    "filled here": lambda: inpaint(model, image, mask),
    "from safetensors": lambda: inpaint(rebuilt, image, mask),
    "by TorchScript": lambda: script(image, mask),
    "adapted to grey": lambda: inpaint(
        lambda inputs: in_grey(inputs).mean(dim=1, keepdim=True), grey, mask
    ),
}
with torch.inference_mode():
    pictures = {title: fill() for title, fill in fillings.items()}
for title in ("from safetensors", "by TorchScript"):
    difference = (pictures[title] - pictures["filled here"]).abs().max()
    print(f"{title}: largest difference {difference:.1e}")

figure, axes = plt.subplots(1, len(pictures), figsize=(13, 3), layout="constrained")
for axis, (title, picture) in zip(axes, pictures.items(), strict=True):
    axis.imshow(picture[0].permute(1, 2, 0), cmap="gray", vmin=0, vmax=1)
    axis.set_title(title)
    axis.set_axis_off()
plt.show()
