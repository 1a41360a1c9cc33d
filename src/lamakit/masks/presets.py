"""The published mask policies by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from lamakit._checks import check_at_least, look_up
from lamakit.masks.boxes import Boxes
from lamakit.masks.combine import BySize, OneOf, UnionOf
from lamakit.masks.grids import EveryNLines, NearestNeighbour
from lamakit.masks.modify import AreaBounds
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.strokes import Strokes
from lamakit.masks.structured import Completion, Expand

__all__ = [
    "create_mask_sampler",
    "deepfill_like",
    "glama_general",
    "lama_plus",
    "lama_training",
    "list_mask_samplers",
    "medium",
    "thick",
    "thin",
    "unseen_combination",
]

_Shapes = TypeVar("_Shapes", Strokes, Boxes)
_SMALL, _LARGE = 256, 512  # the published resolutions
_FROM_LARGE = 384  # the shorter side from which an image counts as large
_FROM_BOUNDED = 128  # below it, strokes cover so much that a bound on their area may never hold


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
_LAMA_TRAINING = (
    Strokes(min_times=1, max_times=5, max_width=100, max_len=200),
    Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10),
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
        LaMa, sec. 3.1 ("narrow masks"); released configurations.
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


def lama_training() -> MaskSampler:
    """What LaMa was trained with, at 256 pixels: thick strokes or large boxes, equally often.

    Example:
        >>> lama_training().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa, sec. 2.3; released configuration.
    """
    return OneOf(_LAMA_TRAINING)


def lama_plus() -> MaskSampler:
    """LaMa's strokes and boxes, every n-th line, and nearest neighbours, equally often.

    Example:
        >>> lama_plus().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, Table 4 ("LaMa Plus Mask").
    """
    return OneOf((*_LAMA_TRAINING, NearestNeighbour(), EveryNLines()))


def deepfill_like() -> MaskSampler:
    """Narrower strokes or a single box, equally often, as DeepFill v2 was trained with.

    Example:
        >>> deepfill_like().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa's released configuration for its comparison with narrow training masks (Table 4).
    """
    return OneOf(
        (
            Strokes(min_times=4, max_times=12, max_width=40, max_len=80),
            Boxes(min_times=1, max_times=1, min_size=30, max_size=128),
        )
    )


def glama_general() -> MaskSampler:
    """GLaMa's general strategy: seven families, equally often.

    They are completion, expand, every n-th line, nearest neighbours, and :func:`thin`,
    :func:`medium` and :func:`thick` at the image's own resolution (512 from a shorter side of 384
    pixels on, else 256), drawn again until at most half of the image is missing. On images with a
    side below 128 pixels they are drawn once: a brush of that size may cover nearly all of it.

    Example:
        >>> glama_general().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 3.2 ("General Mask").
    """
    return OneOf(_general_families())


def unseen_combination() -> MaskSampler:
    """Combinations that :func:`glama_general` has not shown: two of its masks, and boxes.

    Example:
        >>> unseen_combination().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 4.4. How many families are united is not published: two here.
    """
    families = OneOf(_general_families())
    return UnionOf((families, families, _LAMA_TRAINING[1]))


_SAMPLERS: dict[str, Callable[..., MaskSampler]] = {
    factory.__name__: factory
    for factory in (
        thin,
        medium,
        thick,
        lama_training,
        lama_plus,
        deepfill_like,
        glama_general,
        unseen_combination,
    )
}


def create_mask_sampler(name: str, **overrides: Any) -> MaskSampler:
    """The mask sampler of that name, as a configuration file would ask for it.

    Args:
        name: one of :func:`list_mask_samplers`.
        **overrides: passed to the factory function of that name.

    Raises:
        ValueError: if no sampler has that name; the message lists those that exist.
        TypeError: if the factory has no such argument.

    Example:
        >>> create_mask_sampler("thick", resolution=512) == thick(512)
        True
    """
    return look_up("mask sampler", name, _SAMPLERS)(**overrides)


def list_mask_samplers() -> list[str]:
    """The names that :func:`create_mask_sampler` knows, sorted.

    Example:
        >>> list_mask_samplers()[:4]
        ['deepfill_like', 'glama_general', 'lama_plus', 'lama_training']
    """
    return sorted(_SAMPLERS)


def _at(policies: dict[int, _Policy], resolution: int) -> MaskSampler:
    check_at_least("resolution", resolution, 1)
    nearer = _SMALL if resolution < _FROM_LARGE else _LARGE
    strokes, boxes = policies[nearer]
    strokes = _scaled(
        strokes, ("max_width", "max_len", "min_width", "min_len"), resolution / nearer
    )
    if boxes is None:
        return strokes
    boxes = _scaled(boxes, ("min_size", "max_size"), resolution / nearer)
    boxes = replace(boxes, margin=round(boxes.margin * resolution / nearer))
    return OneOf((strokes, boxes), weights=(1, 0.3))


def _scaled(sampler: _Shapes, lengths: tuple[str, ...], scale: float) -> _Shapes:
    values = {name: max(1, round(getattr(sampler, name) * scale)) for name in lengths}
    return replace(sampler, **values)


def _general_families() -> tuple[MaskSampler, ...]:
    strokes = (_at_own_resolution(preset) for preset in (thin, medium, thick))
    return Completion(), Expand(), EveryNLines(), NearestNeighbour(), *strokes


def _at_own_resolution(preset: Callable[[int], MaskSampler]) -> MaskSampler:
    bounded = BySize(
        AreaBounds(preset(_SMALL), max_area=0.5),
        AreaBounds(preset(_LARGE), max_area=0.5),
        from_side=_FROM_LARGE,
    )
    return BySize(preset(_SMALL), bounded, from_side=_FROM_BOUNDED)
