"""Feature refinement: the fillings of large images, from the smallest scale to the largest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_fraction, check_positive
from lamakit._dtypes import at_least_float32
from lamakit._models import evaluating
from lamakit._progress import progress_bar
from lamakit.images.compositing import composite_unchecked
from lamakit.images.resizing import downsample, fit_pixels, upsample
from lamakit.inpainting.single_pass import check_arguments, inpaint_unchecked, network_input
from lamakit.refinement.optimise import optimise_features
from lamakit.refinement.pyramid import build_pyramid
from lamakit.refinement.scale_losses import ScaleLosses
from lamakit.refinement.split_network import Front, Rear, SplitNetwork, place_pieces, split_model


def refine(
    model: Callable[[Tensor], Tensor],
    image: Tensor,
    mask: Tensor,
    *,
    iterations: int = 15,
    learning_rate: float = 0.002,
    min_side: int = 512,
    max_scales: int = 3,
    split: tuple[Front, Rear] | None = None,
    erosion: int = 15,
    max_pixels: int | None = None,
    checkpoint: bool = False,
    devices: Sequence[torch.device | str] | None = None,
    tolerance: float | None = None,
    size_multiple: int | None = None,
    progress: bool = False,
    on_step: Callable[[int, int, Tensor], bool | None] | None = None,
) -> Tensor:
    """Fill the missing pixels of a large image with the structure that a small copy of it gets.

    The smallest of several copies, each half the size of the next, is filled by one pass of the
    model. At each larger size, features inside the model are changed for some iterations, so that
    the prediction, halved, comes close to the result of the size before. So the structure comes
    from the small copy, which a model fills best, and the detail from the large ones. Known pixels
    are the input's, bit for bit.

    The model works in eval mode; its parameters, buffers, gradients and mode are left as they are.
    Autocast around the call applies to the model; features, losses and Adam stay in float32 or
    float64. Gradients are computed even inside ``torch.no_grad()`` and ``torch.inference_mode()``,
    and the result has none.

    Args:
        model: as for :func:`~lamakit.inpainting.inpaint`, with attributes ``front`` and ``rear``
            (see :class:`SplitModel`) if ``split`` is not given. They are found inside wrappers too.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used.
        mask: 0 where a pixel is known; any value above 0 means missing.
        iterations: number of predictions at each size but the smallest; 0 counts as 1. Between two
            of them Adam updates the features, so 0 and 1 both give the result of
            :func:`~lamakit.inpainting.inpaint`.
        learning_rate: of Adam, above 0.
        min_side: shorter side in pixels, about, of the smallest copy, from 2 up, if ``max_scales``
            allows it: the size of the images that the model was trained with, or somewhat larger.
            An image of up to 1.4 times this size is filled by one pass, without any iterations.
        max_scales: largest number of sizes, the full one included, from 1 up.
        split: the two parts of the network, instead of the model's own: a front, which computes
            features (a tensor, or a tuple or list of tensors) from the network's input, and a rear,
            which computes the image from them (a callable, or a sequence of callables that run one
            after another).
        erosion: width in pixels, odd, of a disc. The halved prediction is compared with the smaller
            result only deep inside the hole: in the hole at half the size, eroded by this disc.
        max_pixels: an image with more pixels, H * W, is downsampled, refined, and the filling
            enlarged. None for no limit.
        checkpoint: whether to keep only what passes between the pieces of the rear for the backward
            pass and to compute the rest again: less memory, more time. A rear of one piece gains
            little.
        devices: where the pieces of the rear run, as many of them, about, on each. A piece that is
            elsewhere is copied, so it must be a module. None leaves them where they are.
        tolerance: from 0 to 1. A size is finished for an image when an update has lowered its loss
            by no more than this share. Reading the losses synchronises a GPU. None for all
            iterations.
        size_multiple: as for :func:`~lamakit.inpainting.inpaint`.
        progress: whether to show a progress bar.
        on_step: is called after each pass with the size (1 for the second smallest), the iteration
            (from 0) and the detached losses (B,) of the images. If it returns True, refinement
            stops: the result of that pass is enlarged to the image's size and returned.

    Shape:
        - image: (B, C, H, W), any H and W from 1 up
        - mask: (B, 1, H, W)
        - Output: (B, C, H, W), in the image's dtype and on its device

    Raises:
        ValueError: as for :func:`~lamakit.inpainting.inpaint`, or if an argument is out of range
            or there is no front and rear.
        TypeError: if image or mask is not a floating-point tensor, ``split`` not a pair, the
            features are not tensors, or ``devices`` is given for pieces that are not modules.
        ImportError: if ``progress`` is set and tqdm is missing (the extra ``io``).

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
        0.001). From the released code and not from the paper: an update after each pass but the
        last, so 15 passes and 14 updates (Algorithm 1 makes 15 updates and a sixteenth pass); the
        L1 loss of the known pixels; at most three sizes; the 5x5 blur; a pixel that is missing if
        any missing pixel contributes to it. Differences from both: any network and device;
        batches, in which each image's losses are its own means; the image's size comes back; holes
        that erosion removes add nothing to the loss; the hole at half the size holds the pixels
        whose share of missing pixels is 1 but for rounding.
    """
    check_arguments(image, mask, size_multiple)
    _check_settings(iterations, min_side, max_scales, erosion, max_pixels)
    check_positive("learning_rate", learning_rate)
    check_fraction("tolerance", 0 if tolerance is None else tolerance)
    front, pieces = split_model(model, split)
    optimise = partial(
        optimise_features, iterations=iterations, learning_rate=learning_rate, tolerance=tolerance
    )
    types = {image.device.type, *(torch.device(device).type for device in devices or ())}
    with _own_modes(types, model, front, *pieces) as autocast:
        placed = place_pieces(pieces, devices)
        network = SplitNetwork(front, placed, checkpoint, autocast, model, size_multiple)
        size = image.shape[2], image.shape[3]
        copies = at_least_float32(image), mask
        if max_pixels is not None:
            copies = downsample(*copies, fit_pixels(size, max_pixels))
        levels = build_pyramid(*copies, min_side=min_side, max_scales=max_scales)
        with autocast[image.device.type]:
            filled = inpaint_unchecked(model, *levels[0], size_multiple)
        steps = (len(levels) - 1) * max(iterations, 1)
        with _reporting(on_step, steps if progress else None) as report:
            for scale, level in enumerate(levels[1:], start=1):
                inputs = network_input(model, *level, size_multiple)
                losses_of = ScaleLosses(level, inputs, filled, erosion)
                prediction = optimise(network, inputs, losses_of, report=partial(report, scale))
                height, width = level.image.shape[2:]
                filled = composite_unchecked(prediction[..., :height, :width], *level)
                if report.stopped:
                    break
        return composite_unchecked(upsample(filled, size), image, mask)


def _check_settings(
    iterations: int, min_side: int, max_scales: int, erosion: int, max_pixels: int | None
) -> None:
    """Raise unless these settings of :func:`refine` are in range."""
    check_at_least("iterations", iterations, 0)
    check_at_least("min_side", min_side, 2)
    check_at_least("max_scales", max_scales, 1)
    check_at_least("erosion", erosion, 1)
    if erosion % 2 == 0:
        raise ValueError(f"erosion must be odd, the width of a disc around a pixel, got {erosion}")
    if max_pixels is not None:
        check_at_least("max_pixels", max_pixels, 1)


@contextlib.contextmanager
def _own_modes(device_types: set[str], *parts: object) -> Iterator[dict[str, torch.autocast]]:
    """Compute gradients only where asked for, without autocast, and with the parts in eval mode.

    Yield the caller's autocast mode of each device type, for what is to run in it.
    """
    callers = {
        name: torch.autocast(
            name,
            torch.get_autocast_dtype(name),
            enabled=torch.is_autocast_enabled(name),
            cache_enabled=False,  # it would keep weights that were cast without gradients
        )
        for name in device_types
    }
    with (
        contextlib.ExitStack() as stack,
        torch.inference_mode(mode=False),
        torch.no_grad(),
        evaluating(*parts),
    ):
        for name in device_types:
            stack.enter_context(torch.autocast(name, enabled=False))
        yield callers


@contextlib.contextmanager
def _reporting(
    on_step: Callable[[int, int, Tensor], bool | None] | None, steps: int | None
) -> Iterator[_Report]:
    """Yield what to call after each step; given their number, show a bar too."""
    bar = progress_bar("refining", total=steps, unit="step", user="progress=True")
    with contextlib.nullcontext(lambda _: None) if steps is None else bar as advance:
        yield _Report(on_step, advance)


class _Report:
    """What is called after each step.

    Args:
        on_step: the caller's function, or None.
        advance: moves the bar.

    Attributes:
        stopped: whether the caller's function has returned True.
    """

    def __init__(
        self,
        on_step: Callable[[int, int, Tensor], bool | None] | None,
        advance: Callable[[int], object],
    ) -> None:
        self.on_step, self.advance = on_step, advance
        self.stopped = False

    def __call__(self, scale: int, iteration: int, losses: Tensor) -> bool:
        """Tell the caller and the bar of a step; return whether to stop."""
        self.advance(1)
        if self.on_step is not None and self.on_step(scale, iteration, losses):
            self.stopped = True
        return self.stopped
