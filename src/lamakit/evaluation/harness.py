"""A method on a set of images, measured."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import zip_longest

import torch
from torch import Tensor, nn

from lamakit._checks import check_at_least, check_feature_map, check_image_and_mask
from lamakit.evaluation.methods import Filler, as_filler
from lamakit.evaluation.result import Evaluation
from lamakit.evaluation.set_totals import Totals
from lamakit.metrics.feature_distances import SetMetric
from lamakit.metrics.regions import Metric

__all__ = ["check_repeatable", "evaluate"]


def evaluate(
    filler: nn.Module | Filler,
    images: Iterable[Tensor],
    masks: Iterable[Tensor],
    *,
    metrics: Mapping[str, Metric | SetMetric],
    totals_by_area: bool = False,
    batch_size: int = 1,
    progress: bool = False,
) -> Evaluation:
    """How well a method fills holes: every metric for every image, with its time.

    The method sees 0 under the hole, and is measured on what it returns: a function that changes
    known pixels is not corrected. Batches are made of images of one size that follow each other, on
    the images' device.

    Args:
        filler: a network, run by :func:`lamakit.inpainting.inpaint` in inference mode; or any
            function of image (B, C, H, W) and mask (B, 1, H, W) that returns the image with its
            hole filled.
        images: the whole images, each (C, H, W) with values in [0, 1].
        masks: one for each image, (1, H, W), 1 where a pixel is missing.
        metrics: by the name that the result shows. Each takes prediction, target and mask and
            returns (B,), NaN where a value is missing, as :class:`LPIPS` does too; or is a
            :class:`SetMetric`. torchmetrics' metrics of prediction and target are set metrics, and
            so are its ``FrechetInceptionDistance``, ``KernelInceptionDistance`` (with its standard
            deviation) and ``MetricCollection`` (a value for each member), as they are.
        totals_by_area: whether set metrics are computed for each bin of mask area too, as LaMa's
            released evaluator does; NaN, with a warning, for a bin with too few images. Each bin
            keeps its own statistics, so memory grows with the number of bins, and networks, which
            are shared, see every image twice.
        batch_size: images at once, at least 1. The time of a batch is shared equally.
        progress: whether a bar is shown (``pip install "lamakit[metrics]"``).

    Returns:
        An :class:`Evaluation`.

    Raises:
        ValueError: if there are no images, or not as many masks; if shapes or devices do not fit;
            if a filler or a metric returns another shape.
        TypeError: if an image or mask is not a floating-point tensor.
        ImportError: if a bar is wanted and tqdm is missing.

    Example:
        >>> import torch
        >>> from lamakit.metrics import whole_image, l1, restrict_to, psnr
        >>> images, masks = torch.rand(4, 3, 16, 16), torch.zeros(4, 1, 16, 16)
        >>> masks[..., 4:8, 4:12] = 1
        >>> def grey(image, mask):
        ...     return image + 0.5 * mask
        >>> found = evaluate(grey, images, masks, metrics={"PSNR": psnr, "L1": restrict_to(whole_image, l1)})
        >>> found.values["PSNR"].shape, found.mean("L1") < 0.1
        (torch.Size([4]), True)

    Source:
        LaMa's released evaluator measures composited images (its paper does not say), by ten bins
        of mask area. So is a network's output here; a function is measured on what it returns.
    """
    check_at_least("batch_size", batch_size, 1)
    values: dict[str, list[Tensor]] = defaultdict(list)
    areas: list[Tensor] = []
    seconds: list[float] = []
    of_sets = {name: metric for name, metric in metrics.items() if isinstance(metric, SetMetric)}
    of_images = {
        name: metric for name, metric in metrics.items() if not isinstance(metric, SetMetric)
    }
    totals, fill = Totals(of_sets, by_area=totals_by_area), as_filler(filler)
    for target, mask in _bar(_batches(images, masks, batch_size), images, progress):
        start = _now(target)
        filled = fill(target.masked_fill(mask > 0, 0), mask)
        seconds += len(target) * [(_now(target) - start) / len(target)]
        _check_filled(filled, target)
        areas.append((mask > 0).cpu().double().mean(dim=(1, 2, 3)))
        with torch.no_grad():
            filled = filled.detach()
            totals.update(filled, target, areas[-1])
            for name, of_image in of_images.items():
                values[name].append(_check_values(name, of_image(filled, target, mask), target))
    if not areas:
        raise ValueError("images must hold at least one image, got none")
    of_all, by_area = totals.compute()
    return Evaluation(
        values={name: torch.cat(batches) for name, batches in values.items()},
        totals=of_all,
        totals_by_area=by_area,
        areas=torch.cat(areas),
        seconds=torch.tensor(seconds, dtype=torch.float64, device="cpu"),
    )


def check_repeatable(name: str, values: Iterable[Tensor]) -> None:
    """Raise if what is gone through several times can be gone through only once."""
    if isinstance(values, Iterator):
        raise TypeError(f"{name} are gone through several times: give a list, not an iterator")


def _batches(
    images: Iterable[Tensor], masks: Iterable[Tensor], batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Images and masks of one size, at most ``batch_size`` at a time, in their order."""
    batch: list[tuple[Tensor, Tensor]] = []
    for image, mask in zip_longest(images, masks):
        if image is None or mask is None:
            raise ValueError("images and masks must be equally many: one mask for each image")
        check_image_and_mask(image[None], mask[None])
        if batch and (len(batch) == batch_size or batch[0][0].shape != image.shape):
            yield _stacked(batch)
            batch = []
        batch.append((image, mask))
    if batch:
        yield _stacked(batch)


def _stacked(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    images, masks = zip(*batch, strict=True)
    return torch.stack(images), torch.stack(masks)


def _now(like: Tensor) -> float:
    """The time in seconds, once the device has done all it was given."""
    if like.is_cuda:
        torch.cuda.synchronize(like.device)
    return time.perf_counter()


def _check_filled(filled: Tensor, target: Tensor) -> None:
    check_feature_map("the filler's image", filled)
    if filled.shape != target.shape:
        raise ValueError(
            f"the filler must return the images' shape {tuple(target.shape)}, "
            f"got {tuple(filled.shape)}"
        )


def _check_values(name: str, values: Tensor, target: Tensor) -> Tensor:
    if values.shape != target.shape[:1]:
        raise ValueError(
            f"the metric {name!r} must return one value for each of {len(target)} images, "
            f"got shape {tuple(values.shape)}"
        )
    return values.detach().cpu().double()


def _bar(
    batches: Iterator[tuple[Tensor, Tensor]], images: Iterable[Tensor], progress: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches; with a bar that counts images if there is to be progress."""
    if not progress:
        yield from batches
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 (an extra, for those who want a bar)
    except ImportError as error:
        raise ImportError('progress needs tqdm: pip install "lamakit[metrics]"') from error
    total = len(images) if isinstance(images, Sized) else None
    with tqdm(total=total, unit="image") as bar:
        for batch in batches:
            yield batch
            bar.update(len(batch[0]))
