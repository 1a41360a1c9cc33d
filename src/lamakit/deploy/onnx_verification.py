"""Comparison of an ONNX graph with the network that it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from lamakit._imports import import_extra
from lamakit._sizes import fitting_size
from lamakit.inpainting import inpaint

TOLERANCE = 1e-4
"""The largest difference allowed, where images go from 0 to 1."""


class Sample(NamedTuple):
    """An image, a mask, and the image as PyTorch fills it."""

    image: Tensor
    mask: Tensor
    filled: Tensor


def make_samples(
    model: nn.Module, channels: int, multiple: int, min_size: int, *, any_size: bool
) -> list[Sample]:
    """Return images of several sizes, filled by PyTorch.

    The sizes are a square that needs no padding; odd sides, in a batch of 3; and, with
    ``any_size``, sides that are too short to be mirrored.

    Args:
        model: a network in eval mode on the CPU.
        channels: channels of the image.
        multiple: the sides of the network's input are multiples of this many pixels.
        min_size: the smallest side of its input in pixels.
        any_size: whether the network says its smallest side, so that any image can be padded.
    """
    generator = torch.Generator().manual_seed(0)
    samples = []
    for batch, height, width in _sizes(multiple, min_size, any_size=any_size):
        shape = (batch, channels, height, width)
        image = torch.rand(shape, generator=generator, device="cpu", dtype=torch.float32)
        mask = (image[:, :1] > 0.5).float()
        mask[..., 0, 0] = 0.1  # missing as well: any value above 0 is
        with torch.inference_mode():
            samples.append(Sample(image, mask, inpaint(model, image, mask, size_multiple=multiple)))
    return samples


def verify(graph: bytes, samples: list[Sample]) -> None:
    """Raise unless ONNX Runtime fills every sample as PyTorch does.

    Missing pixels may differ by at most ``TOLERANCE``, known pixels not at all.

    Args:
        graph: a serialised ONNX model, which runs with the default settings of a session.
        samples: what to fill.

    Raises:
        RuntimeError: if a sample differs or cannot be run; the message tells its size.
    """
    runtime = import_extra("onnxruntime", extra="onnx", user="export_onnx")
    session = runtime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    for image, mask, filled in samples:
        size = f"{image.shape[0]} images of {image.shape[2]}x{image.shape[3]} pixels"
        # What the image holds under the hole must not count, so the graph gets NaN there.
        inputs = {"image": image.masked_fill(mask > 0, torch.nan).numpy(), "mask": mask.numpy()}
        try:
            (output,) = session.run(["inpainted"], inputs)
        except Exception as error:
            raise RuntimeError(f"ONNX Runtime cannot run the graph for {size}: {error}") from error
        found, known = torch.from_numpy(output), (mask == 0).expand_as(image)
        difference = (found - filled).abs().max().item() if found.shape == filled.shape else None
        if difference is None or not difference <= TOLERANCE:  # NaN included
            raise RuntimeError(
                f"for {size}, ONNX Runtime differs from PyTorch by {difference}, where "
                f"{TOLERANCE} is allowed. The network must compute the same whenever it gets the "
                "same input, in finite numbers, and by the same steps at every size"
            )
        if not torch.equal(found[known], image[known]):
            raise RuntimeError(f"for {size}, ONNX Runtime changes known pixels")


def _sizes(multiple: int, min_size: int, *, any_size: bool) -> Iterator[tuple[int, int, int]]:
    """Return batch, height and width of the images to compare."""
    side, _ = fitting_size((max(min_size, 64),) * 2, multiple)
    yield 1, side, side
    yield 3, side + 2 * multiple + 1, side + 3
    if any_size:
        yield 1, 1, multiple + 3
