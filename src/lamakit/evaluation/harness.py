"""The loop that runs one inpainting method on a set of images and computes the metrics."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import nullcontext
from itertools import zip_longest

import torch
from torch import Tensor
from torch.utils.data import default_collate

from lamakit._checks import check_at_least, check_image_and_mask, check_same_shape
from lamakit._progress import progress_bar
from lamakit.evaluation.methods import InpaintingFunction, InpaintingMethod, as_function
from lamakit.evaluation.result import Evaluation
from lamakit.evaluation.set_values import SetValues
from lamakit.metrics.feature_distances import SetMetric
from lamakit.metrics.regions import Metric


def evaluate(
    method: InpaintingMethod,
    images: Iterable[Tensor],
    masks: Iterable[Tensor],
    *,
    metrics: Mapping[str, Metric | SetMetric],
    set_values_by_area: bool = False,
    batch_size: int = 1,
    progress: bool = False,
) -> Evaluation:
    """Fill the holes of a set of images with a method, and compute every metric of every image.

    The method sees 0 in the hole. The metrics look at what it returns, so the changes that a
    function makes to known pixels count. A batch holds images of one size that follow each other,
    on the images' device.

    Args:
        method: a network, run by :func:`lamakit.inpainting.inpaint` in inference mode; or any
            function of image (B, C, H, W) and mask (B, 1, H, W) that returns the image with its
            hole filled.
        images: the whole images, each (C, H, W) with values in [0, 1].
        masks: a mask for each image, (1, H, W), 1 where a pixel is missing.
        metrics: the metrics by the name in the result. An image metric takes prediction, target and
            mask and returns (B,), NaN where there is no value; so does
            :class:`~lamakit.metrics.LPIPS`. A set metric (:class:`~lamakit.metrics.SetMetric`) has
            one value for the whole set. Metrics of torchmetrics that take prediction and target can
            be given as set metrics, and so can ``FrechetInceptionDistance``,
            ``KernelInceptionDistance`` (the result then has a second entry, its standard deviation)
            and ``MetricCollection`` (one entry for each member).
        set_values_by_area: whether set metrics are computed for each bin of mask area too, as in
            LaMa's released evaluator. For a bin with too few images the value is NaN, with a
            warning. Each bin keeps its own statistics, so memory grows with the number of bins. The
            bins share the networks, which see every image twice.
        batch_size: the number of images in a batch, at least 1. The images of a batch share its
            time equally.
        progress: whether to show a progress bar (``pip install "lamakit[io]"``).

    Returns:
        An :class:`Evaluation`.

    Raises:
        ValueError: if there are no images, or the number of masks differs; if shapes or devices do
            not fit; if the method or a metric returns another shape.
        TypeError: if an image or a mask is not a floating-point tensor.
        ImportError: if a progress bar is wanted and tqdm is missing.

    Example:
        >>> import torch
        >>> from lamakit.metrics import l1, psnr, restrict_to, whole_image
        >>> images, masks = torch.rand(4, 3, 16, 16), torch.zeros(4, 1, 16, 16)
        >>> masks[..., 4:8, 4:12] = 1
        >>> def grey(image, mask):
        ...     return image + 0.5 * mask
        >>> metrics = {"PSNR": psnr, "L1": restrict_to(whole_image, l1)}
        >>> result = evaluate(grey, images, masks, metrics=metrics)
        >>> result.values["PSNR"].shape, result.mean("L1") < 0.1
        (torch.Size([4]), True)

    Source:
        LaMa's released evaluator measures composited images (the paper does not say so), in ten
        bins of mask area. A network's output is composited here too; a function's is measured as it
        is.
    """
    check_at_least("batch_size", batch_size, 1)
    set_metrics = {name: m for name, m in metrics.items() if isinstance(m, SetMetric)}
    image_metrics = {name: m for name, m in metrics.items() if not isinstance(m, SetMetric)}
    set_values = SetValues(set_metrics, by_area=set_values_by_area)
    fill = as_function(method)
    values: dict[str, list[Tensor]] = defaultdict(list)
    areas: list[Tensor] = []
    seconds: list[float] = []
    total = len(images) if isinstance(images, Sized) else None
    bar = progress_bar("evaluate", total=total, unit="image", user="the progress bar of evaluate")
    with bar if progress else nullcontext(lambda _: None) as advance:
        for target, mask in _batches(images, masks, batch_size):
            filled, duration = _fill(fill, target, mask)
            seconds += len(target) * [duration / len(target)]
            areas.append((mask > 0).cpu().double().mean(dim=(1, 2, 3)))
            with torch.no_grad():
                set_values.update(filled, target, areas[-1])
                for name, metric in image_metrics.items():
                    values[name].append(_checked(name, metric(filled, target, mask), target))
            advance(len(target))
    if not areas:
        raise ValueError("images must hold at least one image, got none")
    whole, by_area = set_values.compute()
    return Evaluation(
        values={name: torch.cat(batches) for name, batches in values.items()},
        set_values=whole,
        set_values_by_area=by_area,
        areas=torch.cat(areas),
        seconds=torch.tensor(seconds, dtype=torch.float64, device="cpu"),
    )


def check_repeatable(name: str, values: Iterable[Tensor]) -> None:
    """Raise if the images or masks are an iterator, which gives its values only once."""
    if isinstance(values, Iterator):
        raise TypeError(f"{name} are gone through several times: give a list, not an iterator")


def _batches(
    images: Iterable[Tensor], masks: Iterable[Tensor], batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield images and masks of one size in their order, at most ``batch_size`` at a time."""
    batch: list[tuple[Tensor, Tensor]] = []
    for image, mask in zip_longest(images, masks):
        if image is None or mask is None:
            raise ValueError("images and masks must be equally many: one mask for each image")
        check_image_and_mask(image[None], mask[None])
        if batch and (len(batch) == batch_size or batch[0][0].shape != image.shape):
            yield default_collate(batch)
            batch = []
        batch.append((image, mask))
    if batch:
        yield default_collate(batch)


def _fill(fill: InpaintingFunction, target: Tensor, mask: Tensor) -> tuple[Tensor, float]:
    """Return the filled images without gradients, and how many seconds the method took."""
    start = _now(target)
    filled = fill(target.masked_fill(mask > 0, 0), mask)
    seconds = _now(target) - start
    check_same_shape("the method's result", filled, "the images", target)
    return filled.detach(), seconds


def _now(like: Tensor) -> float:
    """Return the time in seconds, once the tensor's device has finished its work."""
    if like.is_cuda:
        torch.cuda.synchronize(like.device)
    return time.perf_counter()


def _checked(name: str, values: Tensor, target: Tensor) -> Tensor:
    """Return a metric's values on the CPU in float64, or raise unless there is one per image."""
    if values.shape != target.shape[:1]:
        raise ValueError(
            f"the metric {name!r} must return one value for each of {len(target)} images, "
            f"got shape {tuple(values.shape)}"
        )
    return values.detach().cpu().double()
