"""Export to TorchScript archives, which common inpainting tools load."""

from __future__ import annotations

import copy
import os
import warnings

import torch
from torch import Tensor, nn
from typing_extensions import override

from lamakit._models import unwrap
from lamakit.generators import ResNetGenerator


def export_torchscript(module: nn.Module, path: str | os.PathLike[str]) -> None:
    """Write a generator to a TorchScript archive that maps image and mask to the filled image.

    The archive works without this library: ``torch.jit.load(path)(image, mask)``. It takes any
    number of images whose sides are multiples of the generator's ``size_multiple`` and at least its
    ``min_size``, on the device that it is moved to. Known pixels come back bit for bit.

    Args:
        module: the generator, for images of ``in_channels - 1`` channels and a mask; wrappers such
            as DistributedDataParallel are looked through. It is not changed: the archive has a copy
            in eval mode, in float32, on the CPU.
        path: the file; its name usually ends in ``.pt``.

    Shape:
        - image: (B, in_channels - 1, H, W), values in [0, 1]
        - mask: (B, 1, H, W), above 0 where a pixel is missing
        - Output: (B, in_channels - 1, H, W)

    Raises:
        TypeError: if the module is not a ``ResNetGenerator``.
        ValueError: if the generator's output does not have one channel less than its input, the
            mask's.
        OSError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> from lamakit.checkpoints import read_checkpoint
        >>> from lamakit.generators import lama_fourier
        >>> path = tempfile.mkdtemp() + "/mine.pt"
        >>> export_torchscript(lama_fourier(base_channels=8, num_blocks=1), path)
        >>> read_checkpoint(path).format
        'torchscript'

    Source:
        The calling convention of the TorchScript archive of Big LaMa that inpainting tools fetch,
        which composites inside too. Difference: any mask value above 0 is missing, where that
        archive blends by the mask's value.
    """
    module = unwrap(module)
    if not isinstance(module, ResNetGenerator):
        raise TypeError(
            f"module must be a ResNetGenerator, got {type(module).__name__}; trace other networks "
            "with torch.jit.trace"
        )
    channels = module.in_channels - 1
    if module.out_channels != channels:
        raise ValueError(
            f"the generator must map an image and a mask to such an image, but it maps "
            f"{module.in_channels} channels to {module.out_channels}"
        )
    network = _CompositingNetwork(copy.deepcopy(module)).cpu().float().eval()
    side = module.min_size
    image = torch.zeros(1, channels, side, side, device="cpu")
    mask = torch.zeros(1, 1, side, side, device="cpu")
    without_autocast = torch.autocast("cpu", enabled=False)
    with warnings.catch_warnings(), torch.no_grad(), without_autocast:
        # Checks of the size run now and are not part of the archive, which takes other sizes.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
        # torch advises against TorchScript, but the tools load nothing else.
        warnings.filterwarnings("ignore", r"`torch\.jit\.\w+` is deprecated", DeprecationWarning)
        torch.jit.trace(network, (image, mask), check_trace=False).save(os.fspath(path))


class _CompositingNetwork(nn.Module):
    """A generator whose prediction fills the hole of the image; known pixels stay."""

    def __init__(self, model: ResNetGenerator) -> None:
        super().__init__()
        self.model = model

    @override
    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        hole = mask > 0
        inputs = torch.cat([image.masked_fill(hole, 0), hole.to(image.dtype)], dim=1)
        prediction: Tensor = self.model(inputs)
        return torch.where(hole, prediction, image)
