"""The mask policies of LaMa's training and test sets."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple, TypeVar

from lamakit._checks import check_at_least
from lamakit.masks.boxes import Boxes
from lamakit.masks.combine import OneOf
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.strokes import Strokes

__all__ = ["big_lama_training", "deepfill_like", "lama_training", "medium", "thick", "thin"]

_Shapes = TypeVar("_Shapes", Strokes, Boxes)
_SMALL, _LARGE = 256, 512  # the published resolutions


class _Policy(NamedTuple):
    strokes: Strokes
    boxes: Boxes | None = None


_THIN = {
    _SMALL: _Policy(Strokes(min_times=4, max_times=50, max_width=10, max_len=40)),
    _LARGE: _Policy(Strokes(min_times=4, max_times=70, max_width=20, max_len=100)),
}
_MEDIUM = {
    _SMALL: _Policy(
        Strokes(min_times=4, max_times=5, max_width=50, max_len=100),
        Boxes(min_times=1, max_times=5, min_size=10, max_size=50),
    ),
    _LARGE: _Policy(
        Strokes(min_times=4, max_times=10, max_width=100, max_len=200),
        Boxes(min_times=1, max_times=5, min_size=30, max_size=150),
    ),
}
_THICK = {
    _SMALL: _Policy(
        Strokes(min_times=1, max_times=5, max_width=100, max_len=200),
        Boxes(min_times=1, max_times=3, min_size=30, max_size=150, margin=10),
    ),
    _LARGE: _Policy(
        Strokes(min_times=1, max_times=5, max_width=250, max_len=450),
        Boxes(min_times=1, max_times=4, min_size=30, max_size=300, margin=10),
    ),
}
_TRAINING = _Policy(
    Strokes(min_times=1, max_times=5, max_width=100, max_len=200),
    Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10),
)
_BIG_TRAINING = _Policy(
    Strokes(min_times=1, max_times=5, max_width=100, max_len=200),
    Boxes(min_times=1, max_times=3, min_size=30, max_size=150, margin=10),
)


def thin(resolution: int = 256) -> MaskSampler:
    """Many thin strokes: LaMa's narrow masks, a mean area of 0.30.

    Args:
        resolution: the images' side in pixels, at least 1. The settings of 256 and 512 are the
            published ones; for any other, every length of the nearer of these two is scaled, an
            extension of lamakit's.

    Returns:
        A sampler for images of about that size; it takes any.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> thin(256)((256, 256)).shape
        torch.Size([1, 256, 256])

    Source:
        LaMa, sec. 3.1 and Table 1 ("narrow masks"); released configurations.
    """
    return _at(_THIN, resolution)


def medium(resolution: int = 256) -> MaskSampler:
    """Strokes and boxes of medium size: a mean area of 0.24 at 256 pixels and 0.31 at 512.

    Args:
        resolution: as in :func:`thin`.

    Returns:
        A sampler for images of about that size; it takes any.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> medium(256)((256, 256)).shape
        torch.Size([1, 256, 256])

    Source:
        LaMa's released configurations.
    """
    return _at(_MEDIUM, resolution)


def thick(resolution: int = 256) -> MaskSampler:
    """Thick strokes and large boxes: LaMa's wide masks, a mean area of 0.40 at 256 pixels.

    Args:
        resolution: as in :func:`thin`.

    Returns:
        A sampler for images of about that size; it takes any.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> thick(256)((256, 256)).shape
        torch.Size([1, 256, 256])

    Source:
        LaMa, sec. 3.1 ("wide masks"); released configurations.
    """
    return _at(_THICK, resolution)


def lama_training(resolution: int = 256) -> MaskSampler:
    """Thick strokes or large boxes, equally often: what LaMa was trained with, at 256 pixels.

    On smaller crops the published lengths cover ever more of the image, until a mask leaves nothing
    known to fill it from. Give the crops' side as ``resolution``. Of 20,000 masks were wholly
    missing:

    ====================  ======  ======  ======  ======  ======  ======
    side of the crops         32      64      96     128     192     256
    ====================  ======  ======  ======  ======  ======  ======
    ``lama_training()``     48 %    32 %    14 %     3 %   0.0 %     0 %
    with their side          0 %     0 %     0 %     0 %     0 %     0 %
    ====================  ======  ======  ======  ======  ======  ======

    Args:
        resolution: the images' side in pixels, at least 1. At 256 the settings are the published
            ones; for any other, every length is scaled, an extension of lamakit's.

    Returns:
        A sampler for images of about that size; it takes any.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> lama_training().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa, sec. 2.3; released configuration of the base models. Big LaMa's is
        :func:`big_lama_training`.
    """
    return _scaled(_TRAINING, resolution, _SMALL, box_weight=1)


def big_lama_training(resolution: int = 256) -> MaskSampler:
    """:func:`lama_training` with at most three boxes: what Big LaMa was trained with.

    Args:
        resolution: as in :func:`lama_training`.

    Returns:
        A sampler for images of about that size; it takes any.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> big_lama_training().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa's released configuration of Big LaMa.
    """
    return _scaled(_BIG_TRAINING, resolution, _SMALL, box_weight=1)


def deepfill_like() -> MaskSampler:
    """Narrower strokes or a single box, equally often: LaMa's narrow training masks.

    Example:
        >>> deepfill_like().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa's released configuration for LaMa-Regular with narrow training masks (Table 4), after
        the masks of DeepFill v2, which unites strokes and a box.
    """
    return OneOf(
        (
            Strokes(min_times=4, max_times=12, max_width=40, max_len=80),
            Boxes(min_times=1, max_times=1, min_size=30, max_size=128),
        )
    )


def _at(policies: dict[int, _Policy], resolution: int) -> MaskSampler:
    """Return the nearer of two published policies at that resolution."""
    nearer = _SMALL if resolution < (_SMALL + _LARGE) / 2 else _LARGE
    return _scaled(policies[nearer], resolution, nearer, box_weight=0.3)


def _scaled(policy: _Policy, resolution: int, published: int, *, box_weight: float) -> MaskSampler:
    """Return the policy with every length scaled from the resolution it was published for."""
    check_at_least("resolution", resolution, 1)
    scale = resolution / published
    strokes, boxes = policy
    strokes = _with_lengths(strokes, ("max_width", "max_len", "min_width", "min_len"), scale)
    if boxes is None:
        return strokes
    boxes = _with_lengths(boxes, ("min_size", "max_size"), scale)
    boxes = replace(boxes, margin=round(boxes.margin * scale))
    return OneOf((strokes, boxes), weights=(1, box_weight))


def _with_lengths(sampler: _Shapes, lengths: tuple[str, ...], scale: float) -> _Shapes:
    values = {name: max(1, round(getattr(sampler, name) * scale)) for name in lengths}
    return replace(sampler, **values)
