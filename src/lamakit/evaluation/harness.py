"""The loop that runs one inpainting method on a set of images and computes the metrics."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext

import torch
from torch import Tensor

from lamakit._checks import check_at_least, check_same_shape
from lamakit._models import first_parameter
from lamakit._progress import progress_bar
from lamakit.evaluation.image_pairs import Images, count_images, image_batches
from lamakit.evaluation.methods import InpaintingFunction, InpaintingMethod, as_function
from lamakit.evaluation.metric_choice import DEFAULT_METRICS, MetricChoice, metrics_by_name
from lamakit.evaluation.result import Evaluation
from lamakit.evaluation.set_values import SetValues
from lamakit.metrics.feature_distances import SetMetric


def evaluate(
    method: InpaintingMethod,
    images: Images,
    masks: Iterable[Tensor] | None = None,
    *,
    metrics: MetricChoice = DEFAULT_METRICS,
    set_values_by_area: bool = False,
    batch_size: int = 1,
    progress: bool = False,
) -> Evaluation:
    """Fill the holes of a set of images with a method, and compute every metric of every image.

    The method sees 0 in the hole. The metrics look at what it returns, so the changes that a
    function makes to known pixels count. A batch holds images of one size that follow each other.
    It is moved to the device of a network that is evaluated; for a function it stays where it is.
    The networks of metrics must be on that device too.

    Args:
        method: a network, run by :func:`lamakit.inpainting.inpaint` in inference mode; or any
            function of image (B, C, H, W) and mask (B, 1, H, W) that returns the image with its
            hole filled.
        images: the whole images, each (C, H, W) with values in [0, 1]; or, without ``masks``, pairs
            that begin with an image and its mask, as a data set returns them. Batches of them, as a
            ``DataLoader`` returns, are evaluated as they are.
        masks: a mask for each image, (1, H, W), 1 where a pixel is missing.
        metrics: names of lamakit's functions, ``"psnr"``, ``"ssim"``, ``"l1"``,
            ``"log_spectral_distance"`` or ``"color_wasserstein"``; metrics, as a list or with names
            of your own, ``{"PSNR": psnr, "LPIPS": LPIPS(...)}``; or one of these. An image metric
            takes prediction, target and mask and returns (B,), NaN where there is no value; so does
            :class:`~lamakit.metrics.LPIPS`. A set metric (:class:`~lamakit.metrics.SetMetric`) has
            one value for the whole set. Metrics of torchmetrics that take prediction and target can
            be given as set metrics, and so can those of :mod:`lamakit.metrics.torchmetrics`,
            ``FrechetInceptionDistance``, ``KernelInceptionDistance`` (the result then has a second
            entry, its standard deviation) and ``MetricCollection`` (one entry for each member).
        set_values_by_area: whether set metrics are computed for each bin of mask area too, as in
            LaMa's released evaluator. For a bin with too few images the value is NaN, with a
            warning. Each bin keeps its own statistics, so memory grows with the number of bins. The
            bins share the networks, which see every image twice.
        batch_size: the number of single images that are put into a batch, at least 1. The images
            of a batch share its time equally.
        progress: whether to show a progress bar (``pip install "lamakit[io]"``).

    Returns:
        An :class:`Evaluation`.

    Raises:
        ValueError: if there are no images, or the number of masks differs; if shapes or devices do
            not fit; if the method or a metric returns another shape; if no metric has a given name.
        TypeError: if an image or a mask is not a floating-point tensor, or comes without the other.
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
        >>> loader = torch.utils.data.DataLoader(list(zip(images, masks)), batch_size=2)
        >>> list(evaluate(grey, loader).values)
        ['psnr', 'ssim', 'l1']

    Source:
        LaMa's released evaluator measures composited images (the paper does not say so), in ten
        bins of mask area. A network's output is composited here too; a function's is measured as it
        is.
    """
    check_at_least("batch_size", batch_size, 1)
    named = metrics_by_name(metrics)
    image_metrics = {name: m for name, m in named.items() if not isinstance(m, SetMetric)}
    set_metrics = {name: m for name, m in named.items() if isinstance(m, SetMetric)}
    set_values = SetValues(set_metrics, by_area=set_values_by_area)
    fill, parameter = as_function(method), first_parameter(method)
    device = None if parameter is None else parameter.device
    values: dict[str, list[Tensor]] = defaultdict(list)
    areas: list[Tensor] = []
    seconds: list[float] = []
    total = count_images(images)
    bar = progress_bar("evaluate", total=total, unit="image", user="the progress bar of evaluate")
    with bar if progress else nullcontext(lambda _: None) as advance:
        for batch in image_batches(images, masks, batch_size):
            target, mask = (tensor.to(device or tensor.device) for tensor in batch)
            filled, duration = _fill(fill, target, mask)
            seconds += len(target) * [duration / len(target)]
            areas.append((mask > 0).cpu().double().mean(dim=(1, 2, 3)))
            with torch.no_grad():
                set_values.update(filled, target, mask, areas[-1])
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
