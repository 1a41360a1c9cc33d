"""Feature refinement: large images, filled as consistently as small ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_fraction, check_image_and_mask, check_positive
from lamakit._models import evaluating
from lamakit.images import composite, crop_to_size
from lamakit.images.resizing import downsample, fit_pixels, upsample
from lamakit.inpainting import inpaint
from lamakit.inpainting.single_pass import check_prediction, network_input
from lamakit.refinement.optimise import optimise
from lamakit.refinement.pyramid import Level, build_pyramid, halve, inner_hole
from lamakit.refinement.split_network import Front, Rear, SplitNetwork, split, spread

__all__ = ["refine"]


def refine(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    iterations: int = 15,
    learning_rate: float = 0.002,
    min_side: int = 512,
    max_scales: int = 3,
    front: Front | None = None,
    rear: Rear | None = None,
    erosion: int = 15,
    max_pixels: int | None = None,
    checkpoint: bool = False,
    autocast_dtype: torch.dtype | None = None,
    devices: Sequence[torch.device | str] | None = None,
    tolerance: float | None = None,
    progress: bool = False,
    on_step: Callable[[int, int, Tensor], None] | None = None,
) -> Tensor:
    """The image with its hole filled as a small copy of it was, and with the detail of a large one.

    The coarsest of several scales is filled by one pass of the model. At each finer one the model's
    features are optimised until its prediction, halved, resembles the filling of the scale below.
    Known pixels come back bit for bit, whatever the size. The model works in eval mode; its
    parameters, buffers, gradients and mode are left as they are. An autocast or inference mode
    around the call has no effect.

    Args:
        model: as for :func:`~lamakit.inpainting.inpaint`, with attributes ``front`` and ``rear``
            where these are not given.
        image: values in [0, 1]. What it holds under the hole is not looked at.
        mask: 1 where a pixel is missing, 0 where it is known.
        iterations: forward passes at each scale but the coarsest. Each but the last is followed by
            an update, so 0 and 1 both give the plain pass of
            :func:`~lamakit.inpainting.inpaint`.
        learning_rate: step size of Adam on the features, above 0.
        min_side: the image is halved until its shorter side is about this many pixels, from 2 up:
            the size of the images that the model was trained with, or somewhat larger.
        max_scales: most scales, the full size included.
        front: makes features of the network's input: a tensor, or a tuple or list of tensors. The
            model's own by default.
        rear: makes the image of the features: a callable, or a sequence of callables to be called
            one after another. The model's own by default. Give both or neither.
        erosion: width in pixels, odd, of the disc by which the hole is eroded before its filling is
            compared with the scale below: near its rim the known pixels decide.
        max_pixels: an image of more pixels is refined at a smaller size, and the filling enlarged
            to fit the hole. None for no limit.
        checkpoint: whether the rear keeps only what passes from piece to piece and computes the
            rest again: less memory, more time. A rear of a single piece gains little.
        autocast_dtype: ``torch.bfloat16`` or ``torch.float16``, in which the network computes;
            the optimised features and the losses stay in float32. None for no autocast.
        devices: where the rear's pieces go, an equal run of them to each. Those that have to move
            are copied, so they must be modules. None leaves them where they are.
        tolerance: a scale is done once an update lowers the loss by no more than this share of it,
            from 0 to 1; each image of a batch on its own. Reading the losses synchronises a GPU.
            None for all iterations.
        progress: whether a bar shows the iterations; needs tqdm (the extra ``progress``).
        on_step: called after each forward pass with the scale (1 for the second coarsest), the
            iteration (from 0) and the losses of the images, detached, of shape (B,).

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: if shapes or devices do not fit, an argument is out of range, or there is no
            front and rear.
        TypeError: if image or mask is not a floating-point tensor, the features are no tensors, or
            ``devices`` is given for pieces that are no modules.
        ImportError: if ``progress`` is asked for and tqdm is missing.

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> image, mask = torch.rand(1, 3, 70, 100), torch.zeros(1, 1, 70, 100)
        >>> mask[..., 20:60, 30:80] = 1
        >>> trace = []
        >>> result = refine(
        ...     model, image, mask, min_side=32, iterations=3,
        ...     on_step=lambda scale, iteration, losses: trace.append(losses.item()),
        ... )
        >>> result.shape, len(trace), trace[-1] < trace[0]
        (torch.Size([1, 3, 70, 100]), 3, True)

    Source:
        Kulshreshtha et al., "Feature Refinement to Improve High Resolution Image Inpainting"
        (2022), sec. 2, 3 and Algorithm 1; the learning rate is that of sec. 3 (Algorithm 1 has
        0.001). The released code's, and not the paper's, are: an update after each pass but the
        last, so 15 passes and 14 updates (Algorithm 1 makes 15 updates and a sixteenth pass); the
        L1 term on known pixels; at most three scales; the 5x5 blur; the hole that only grows.
        Differences from both: any network and device; batches, in which each image's losses are its
        own means; the image's size comes back; holes that erosion removes add nothing to the loss;
        pixels enter it by their share of the hole with a margin for rounding.
    """
    check_image_and_mask(image, mask)
    for name, value, minimum in [
        ("iterations", iterations, 0),
        ("min_side", min_side, 2),
        ("max_scales", max_scales, 1),
        ("erosion", erosion, 1),
        ("max_pixels", 1 if max_pixels is None else max_pixels, 1),
    ]:
        check_at_least(name, value, minimum)
    check_positive("learning_rate", learning_rate)
    check_fraction("tolerance", 0 if tolerance is None else tolerance)
    if erosion % 2 == 0:
        raise ValueError(f"erosion must be odd, the width of a disc around a pixel, got {erosion}")
    if autocast_dtype not in (None, torch.bfloat16, torch.float16):
        raise ValueError(
            f"autocast_dtype must be torch.bfloat16, torch.float16 or None, got {autocast_dtype}"
        )
    front, pieces = split(model, front, rear)
    places = [image.device, *(torch.device(device) for device in devices or ())]
    with _isolated({place.type for place in places}, model, front, *pieces):
        network = SplitNetwork(
            front,
            [(piece, None) for piece in pieces] if devices is None else spread(pieces, devices),
            checkpoint,
            autocast_dtype,
        )
        levels = build_pyramid(
            *_to_work_on(image, mask, max_pixels), min_side=min_side, max_scales=max_scales
        )
        with network.autocast(image.device):
            filling = inpaint(model, *levels[0])
        steps = (len(levels) - 1) * max(iterations, 1)
        with _reporting(on_step, steps if progress else None) as report:
            for scale, level in enumerate(levels[1:], start=1):
                inputs = network_input(model, *level)
                losses_of = _Losses(level, inputs, filling, erosion)
                prediction = optimise(
                    network.predict,
                    network.features(inputs),
                    losses_of,
                    scale=losses_of.scale,
                    iterations=iterations,
                    learning_rate=learning_rate,
                    tolerance=tolerance,
                    report=partial(report, scale),
                )
                size = level.image.shape[2], level.image.shape[3]
                filling = composite(crop_to_size(prediction, size), *level)
        if filling.shape != image.shape:
            filling = upsample(filling, (image.shape[2], image.shape[3]))
        return composite(filling, image, mask)


class _Losses:
    """The loss of each image's prediction at one scale.

    Args:
        level: image and mask of this scale.
        inputs: the same as the network gets them, padded.
        reference: the filling of the scale below.
        erosion: as in :func:`refine`.
    """

    def __init__(self, level: Level, inputs: Tensor, reference: Tensor, erosion: int) -> None:
        self.size = level.image.shape[2], level.image.shape[3]
        padded = inputs.to(level.image.dtype)
        self.image, self.reference = padded[:, :-1], reference
        channels = self.image.shape[1]
        self.known = _weights_of_mean(1 - padded[:, -1:], channels)
        self.inner = _weights_of_mean(inner_hole(level.mask, erosion), channels)

    @property
    def scale(self) -> Tensor:
        """For each image, the power of two that brings the largest weight of a pixel near 256."""
        regions = (self.known, self.inner)
        largest = torch.stack([region.amax(dim=(1, 2, 3)) for region in regions]).amax(dim=0)
        return (256 / largest.clamp(min=1e-9)).log2().floor().exp2()

    def __call__(self, prediction: Tensor) -> Tensor:
        check_prediction(prediction, self.image, self.image.shape[1])
        prediction = prediction.to(self.image.dtype)
        known = (prediction - self.image).abs() * self.known
        below = (halve(crop_to_size(prediction, self.size)) - self.reference).abs() * self.inner
        return known.sum(dim=(1, 2, 3)) + below.sum(dim=(1, 2, 3))


def _weights_of_mean(region: Tensor, channels: int) -> Tensor:
    """Weights that make each image's sum a mean over its region; zeros if that is empty."""
    pixels = region.sum(dim=(1, 2, 3), keepdim=True).clamp(min=1)
    return region / (pixels * channels)


def _to_work_on(image: Tensor, mask: Tensor, max_pixels: int | None) -> tuple[Tensor, Tensor]:
    """Image and mask at the size and, at least float32, in the dtype that they are refined in."""
    size = image.shape[2], image.shape[3]
    dtype = torch.promote_types(image.dtype, torch.float32)
    image, mask = image.to(dtype), (mask > 0).to(dtype)
    fitting = size if max_pixels is None else fit_pixels(size, max_pixels)
    return (image, mask) if fitting == size else downsample(image, mask, fitting)


@contextlib.contextmanager
def _isolated(device_types: set[str], *parts: object) -> Iterator[None]:
    """Whatever the caller's modes: gradients only where asked for, no autocast, eval mode."""
    with (
        contextlib.ExitStack() as stack,
        torch.inference_mode(mode=False),
        torch.no_grad(),
        evaluating(*parts),
    ):
        for device_type in device_types:
            stack.enter_context(torch.autocast(device_type, enabled=False))
        yield


@contextlib.contextmanager
def _reporting(
    on_step: Callable[[int, int, Tensor], None] | None, steps: int | None
) -> Iterator[Callable[[int, int, Tensor], None]]:
    """What is to be called after each step; with a number of steps, it also moves a bar."""
    if steps is None:
        yield on_step or (lambda *_: None)
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ImportError("progress=True needs tqdm: pip install 'lamakit[progress]'") from error
    with tqdm(total=steps, desc="refining", unit="step") as bar:

        def report(scale: int, iteration: int, losses: Tensor) -> None:
            bar.update()
            if on_step is not None:
                on_step(scale, iteration, losses)

        yield report
