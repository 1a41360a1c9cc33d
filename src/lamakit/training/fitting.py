"""Fitting of a network to one image, whose known pixels it learns to fill in."""

from __future__ import annotations

import contextlib
import copy
import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

from lamakit._checks import check_at_least, check_image_and_mask, check_positive
from lamakit._dtypes import at_least_float32
from lamakit._models import unwrap
from lamakit._progress import progress_bar
from lamakit.inpainting.single_pass import check_prediction, network_input
from lamakit.losses.reduction import masked_mean
from lamakit.masks import MaskSampler
from lamakit.masks.sampler import check_sampler
from lamakit.training.fitting_examples import CROP_SIZE, Example, ExampleSource

_WARM_UP = 0.1  # share of the fitting
_MAX_GRADIENT_NORM = 1.0


def fit_to_image(
    model: nn.Module,
    image: Tensor,
    mask: Tensor,
    *,
    seconds: float = 10.0,
    steps: int | None = None,
    learning_rate: float = 1e-4,
    masks: MaskSampler | None = None,
    crop_size: int | None = None,
    generator: torch.Generator | None = None,
    progress: bool = False,
    on_step: Callable[[int, float], bool | None] | None = None,
) -> nn.Module:
    """Return a copy of a network that has learned to fill holes in one image.

    Further holes are made in the known pixels of the image, which are the truth that the copy
    learns from. What is under ``mask`` is never used. The network may be a trained one or a new
    one; the copy fills this image better than others.

    Each step draws a crop around a random known pixel, or up to four if crops are smaller than 256
    pixels, mirrors half of them, and makes a further hole in each. Only the known pixels under
    these further holes enter the loss. It is the absolute error plus four times the squared error,
    plus the absolute error of the magnitudes of the hole's spectrum, which keeps textures sharp.
    The learning rate rises during the first tenth of the fitting and falls to 0 as a cosine;
    gradients are limited to a norm of 1.

    Normalisation layers that have collected statistics, as those of a trained network have, keep
    them, because a few crops are no better source: only their weights are trained. Those of a new
    network (a ``running_mean`` of zeros) collect statistics here. Parameters that do not require
    gradients stay as they are.

    Args:
        model: takes the masked image and the mask, (B, C + 1, H, W), and returns (B, C, H, W), as
            for :func:`~lamakit.inpainting.inpaint`. It is not changed.
        image: values in [0, 1]. Missing pixels may hold anything: their values are not used.
        mask: 0 where a pixel is known; any value above 0 means missing.
        seconds: how long to fit, above 0. A faster machine makes more steps.
        steps: how many steps to make, from 1 up, however long that takes; None for ``seconds``.
        learning_rate: the highest one of Adam, above 0. The default is for a trained network; a new
            one learns faster with 0.003.
        masks: draws the further holes, at the size of the crops. None for pieces of the image's own
            hole, moved and mirrored at random, and :func:`~lamakit.masks.lama_training`, equally
            often.
        crop_size: side of the crops in pixels, from 1 up, limited by the sides of the image. None
            for 256. It should be clearly larger than the hole.
        generator: source of the random crops and holes; None for torch's global one. With
            ``steps``, the same numbers give the same result on the same machine, unless the network
            draws random numbers itself, for dropout.
        progress: whether to show a bar that counts the steps.
        on_step: is called after each step with its number, from 0, and its loss. If it returns
            True, the fitting ends with this step.

    Shape:
        - image: (1, C, H, W), any H and W from 1 up
        - mask: (1, 1, H, W)

    Returns:
        The copy, in eval mode, on the device of ``model``. If that is wrapped by
        ``DistributedDataParallel``, ``torch.compile`` and the like, it is a copy of what is inside.

    Raises:
        ValueError: if there are several images, no pixel is known, shapes or devices do not fit, an
            argument is out of range, no parameter can be trained, or the loss is not finite.
        TypeError: if ``model`` is not a module with parameters in float32 or float64, ``masks`` not
            a mask sampler, or image or mask not a floating-point tensor.
        ImportError: if ``progress`` is set and tqdm is missing (the extra ``io``).

    Example:
        >>> import torch
        >>> from lamakit.generators import lama_fourier
        >>> from lamakit.inpainting import inpaint
        >>> image, mask = torch.rand(1, 3, 40, 50), torch.zeros(1, 1, 40, 50)
        >>> mask[..., 10:20, 10:30] = 1
        >>> model = lama_fourier(base_channels=4, num_blocks=1)
        >>> losses = []
        >>> fitted = fit_to_image(
        ...     model, image, mask, steps=3, on_step=lambda step, loss: losses.append(loss)
        ... )
        >>> len(losses), inpaint(fitted, image, mask).shape
        (3, torch.Size([1, 3, 40, 50]))

    Source:
        Ulyanov et al., "Deep Image Prior" (CVPR 2018), fits a new network to the known pixels, but
        from noise and without further holes. Shocher et al., "Zero-Shot Super-Resolution using Deep
        Internal Learning" (CVPR 2018), degrades the image further to learn from it, as here.
    """
    check_image_and_mask(image, mask)
    if len(image) != 1:
        raise ValueError(
            f"image must be a single one, (1, C, H, W), got a batch of {len(image)}: fit a network "
            "to each"
        )
    check_positive("seconds", seconds)
    check_positive("learning_rate", learning_rate)
    check_at_least("steps", 1 if steps is None else steps, 1)
    if masks is not None:
        check_sampler("masks", masks)
    # Autocast would use its copies of the weights in half precision again after they have changed.
    with (
        torch.inference_mode(mode=False),
        torch.enable_grad(),
        torch.autocast(image.device.type, enabled=False),
    ):
        fitted = _trainable_copy(model)
        optimizer = torch.optim.Adam(p for p in fitted.parameters() if p.requires_grad)
        draw = ExampleSource(image, mask, masks, CROP_SIZE if crop_size is None else crop_size)
        bar = progress_bar("fitting", total=steps, unit="step", user="progress=True")
        with bar if progress else contextlib.nullcontext(lambda _: None) as advance:
            for step, share in enumerate(_shares(seconds, steps)):
                loss = _learn(fitted, optimizer, learning_rate * _rate(share), draw(generator))
                if not math.isfinite(loss):
                    raise ValueError(
                        f"the loss of step {step} is {loss}: the known pixels and the model's "
                        f"weights must be finite; if they are, lower learning_rate={learning_rate}"
                    )
                advance(1)
                if on_step is not None and on_step(step, loss):
                    break
        optimizer.zero_grad()
    return fitted.eval()


def _trainable_copy(model: nn.Module) -> nn.Module:
    """Return a copy of what is inside all wrappers, in training mode but for fixed statistics."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch.nn.Module, got {type(model).__name__}")
    fitted: nn.Module = copy.deepcopy(unwrap(model))
    types = {p.dtype for p in fitted.parameters() if p.requires_grad}
    if not types:
        raise ValueError(
            "model must have a parameter that requires gradients: call model.requires_grad_(True)"
        )
    if not types <= {torch.float32, torch.float64}:
        names = ", ".join(sorted(map(str, types)))
        raise TypeError(f"model must be in float32 to be trained, got {names}: call model.float()")
    fitted.train()
    for module in fitted.modules():
        mean = getattr(module, "running_mean", None)
        if isinstance(mean, Tensor) and mean.any():
            module.eval()
    return fitted


def _shares(seconds: float, steps: int | None) -> Iterator[float]:
    """Yield, for each step, the share of the fitting that is over, until it is 1."""
    if steps is not None:
        yield from ((step + 0.5) / steps for step in range(steps))
        return
    start = time.perf_counter()
    while (share := (time.perf_counter() - start) / seconds) < 1:
        yield share


def _rate(share: float) -> float:
    """Return the learning rate, as a fraction of the highest, when that share is over."""
    return min(share / _WARM_UP, 1) * (1 + math.cos(math.pi * share)) / 2


def _learn(model: nn.Module, optimizer: Optimizer, rate: float, example: Example) -> float:
    """Make one step with this learning rate; return the loss before it."""
    (group,) = optimizer.param_groups
    group["lr"] = rate
    loss = _loss(model, example)
    optimizer.zero_grad()
    loss.backward()
    clip_grad_norm_(group["params"], _MAX_GRADIENT_NORM)
    optimizer.step()
    return loss.item()  # waits for a GPU, so that the seconds are true


def _loss(model: nn.Module, example: Example) -> Tensor:
    """Return the error of a network's prediction where ``example.learned`` is 1."""
    image, mask, learned = example
    inputs = network_input(model, image, mask)
    prediction: Tensor = model(inputs)
    check_prediction(prediction, inputs)
    prediction = prediction[..., : image.shape[2], : image.shape[3]]
    prediction, target = (at_least_float32(x) * learned for x in (prediction, image))
    error = (prediction - target).abs()
    spectra = [torch.fft.rfft2(x, norm="ortho").abs() for x in (prediction, target)]
    return masked_mean(error + 4 * error.square(), learned) + F.l1_loss(*spectra)
