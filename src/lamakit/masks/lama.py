"""Mask presets of LaMa's training and test sets."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from lamakit._checks import check_at_least
from lamakit.masks.boxes import Boxes
from lamakit.masks.combine import OneOf
from lamakit.masks.strokes import Strokes


class _Lengths(NamedTuple):
    """The settings of strokes in a released configuration, as it writes them."""

    min_times: int
    max_times: int
    max_width: int
    max_len: int


class _Mixture(NamedTuple):
    """Strokes, or boxes ``box_weight`` times as often."""

    strokes: _Lengths
    boxes: Boxes
    box_weight: float = 0.3


_SMALL, _LARGE = 256, 512  # the published resolutions
TRAINING_BOXES = Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10)
_AT_MOST_3_BOXES = replace(TRAINING_BOXES, max_times=3)
_THICK_STROKES = _Lengths(1, 5, 100, 200)

_THIN = {_SMALL: _Lengths(4, 50, 10, 40), _LARGE: _Lengths(4, 70, 20, 100)}
_MEDIUM = {
    _SMALL: _Mixture(
        _Lengths(4, 5, 50, 100), Boxes(min_times=1, max_times=5, min_size=10, max_size=50)
    ),
    _LARGE: _Mixture(
        _Lengths(4, 10, 100, 200), Boxes(min_times=1, max_times=5, min_size=30, max_size=150)
    ),
}
_THICK = {
    _SMALL: _Mixture(_THICK_STROKES, _AT_MOST_3_BOXES),
    _LARGE: _Mixture(_Lengths(1, 5, 250, 450), replace(TRAINING_BOXES, max_size=300)),
}
_TRAINING = _Mixture(_THICK_STROKES, TRAINING_BOXES, box_weight=1)
_BIG_TRAINING = _Mixture(_THICK_STROKES, _AT_MOST_3_BOXES, box_weight=1)
_DEEPFILL = _Mixture(
    _Lengths(4, 12, 40, 80),
    Boxes(min_times=1, max_times=1, min_size=30, max_size=128),
    box_weight=1,
)


def thin(resolution: int = 256) -> Strokes:
    """Return LaMa's narrow masks: many thin strokes, a mean area of 0.29.

    Args:
        resolution: the images' side in pixels, at least 1. The settings of 256 and 512 are the
            published ones. For any other resolution, every length of the nearer of these two is
            scaled, which is lamakit's own.

    Returns:
        A sampler for images of about that size; it takes any size.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> thin(256)((256, 256)).shape
        torch.Size([1, 256, 256])

    Source:
        LaMa, sec. 3.1 and Table 1 ("narrow masks"); released configurations.
    """
    nearer = _nearer(resolution)
    return _strokes(_THIN[nearer], resolution, nearer)


def medium(resolution: int = 256) -> OneOf:
    """Return strokes or boxes of medium size: a mean area of 0.24 at 256 pixels, 0.31 at 512.

    Boxes are drawn for 3 masks of 13, strokes for the others.

    Args:
        resolution: as in :func:`thin`, like what is returned and raised.

    Example:
        >>> medium(512).batch(2, (512, 512)).shape
        torch.Size([2, 1, 512, 512])

    Source:
        LaMa's released configurations.
    """
    nearer = _nearer(resolution)
    return _mixture(_MEDIUM[nearer], resolution, nearer)


def thick(resolution: int = 256) -> OneOf:
    """Return LaMa's wide masks: a mean area of 0.40 at 256 pixels, 0.46 at 512.

    Thick strokes, or for 3 masks of 13 large boxes.

    Args:
        resolution: as in :func:`thin`.

    Returns:
        As in :func:`thin`.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> float(thick()((256, 320)).max())
        1.0

    Source:
        LaMa, sec. 3.1 ("wide masks"); released configurations.
    """
    nearer = _nearer(resolution)
    return _mixture(_THICK[nearer], resolution, nearer)


def lama_training(resolution: int = 256) -> OneOf:
    """Return the masks that LaMa was trained with: thick strokes or large boxes, equally often.

    The published lengths are for crops of 256 pixels. On smaller crops they cover ever more of the
    image, until some masks leave nothing known; :class:`Strokes` warns then. Give the crops' side
    as ``resolution`` to avoid that. Of 20,000 masks, so many had no known pixel:

    ====================  ======  ======  ======  ======  ======  ======
    side of the crops         32      64      96     128     192     256
    ====================  ======  ======  ======  ======  ======  ======
    ``lama_training()``     48 %    32 %    14 %     3 %   0.0 %     0 %
    with their side          0 %     0 %     0 %     0 %     0 %     0 %
    ====================  ======  ======  ======  ======  ======  ======

    Args:
        resolution: the images' side in pixels, at least 1. The settings of 256 are the published
            ones. For any other resolution every length is scaled, which is lamakit's own.

    Returns:
        A sampler for images of about that size; it takes any size.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> lama_training().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa, sec. 2.3; released configuration of the base models. Big LaMa's is
        :func:`big_lama_training`.
    """
    return _mixture(_TRAINING, resolution, _SMALL)


def big_lama_training(resolution: int = 256) -> OneOf:
    """Return the masks that Big LaMa was trained with: :func:`lama_training`, but at most 3 boxes.

    Args:
        resolution: as in :func:`lama_training`.

    Returns:
        As in :func:`lama_training`.

    Raises:
        ValueError: if ``resolution`` is below 1.

    Example:
        >>> big_lama_training(128)((128, 128)).shape
        torch.Size([1, 128, 128])

    Source:
        LaMa's released configuration of Big LaMa.
    """
    return _mixture(_BIG_TRAINING, resolution, _SMALL)


def deepfill_like(resolution: int = 256) -> OneOf:
    """Return LaMa's narrow training masks: narrower strokes or a single box, equally often.

    Args:
        resolution: as in :func:`lama_training`, like what is returned and raised.

    Example:
        >>> deepfill_like().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        LaMa's released configuration for LaMa-Regular with narrow training masks (Table 4), after
        the masks of DeepFill v2, which unites strokes and a box.
    """
    return _mixture(_DEEPFILL, resolution, _SMALL)


def _nearer(resolution: int) -> int:
    """Return the nearer of the published resolutions."""
    check_at_least("resolution", resolution, 1)
    return _SMALL if resolution < (_SMALL + _LARGE) / 2 else _LARGE


def _strokes(published: _Lengths, resolution: int, published_resolution: int) -> Strokes:
    """Return strokes of these settings, with every length scaled to a resolution."""
    # In lamakit the largest value of a setting can be drawn. The released code's settings are not
    # the largest values: it draws one stroke more than the number that it draws from its settings,
    # and randint(n) draws 0 to n - 1. Its smallest width and length are fixed in the code.
    #
    #     setting     the released code draws         so the largest value is    in thin(256)
    #     max_times   1 + (min_times to max_times)    max_times + 1              50 -> 51
    #     max_width   5 + randint(max_width)          5 + max_width - 1          10 -> 14
    #     max_len     10 + randint(max_len)           10 + max_len - 1           40 -> 49
    #     max_angle   randint(max_angle), always 4    max_angle - 1              4 -> 3
    scale = resolution / published_resolution
    min_width, min_len = _scaled(5, scale), _scaled(10, scale)
    return Strokes(
        min_times=published.min_times,
        max_times=published.max_times + 1,
        min_width=min_width,
        max_width=min_width + _scaled(published.max_width, scale) - 1,
        min_len=min_len,
        max_len=min_len + _scaled(published.max_len, scale) - 1,
        max_angle=4 - 1,
    )


def _mixture(published: _Mixture, resolution: int, published_resolution: int) -> OneOf:
    """Return strokes or boxes of these settings, with every length scaled to a resolution."""
    check_at_least("resolution", resolution, 1)
    scale = resolution / published_resolution
    boxes = replace(  # the bounds of the released code's boxes are largest values already
        published.boxes,
        min_size=_scaled(published.boxes.min_size, scale),
        max_size=_scaled(published.boxes.max_size, scale),
        margin=round(published.boxes.margin * scale),
    )
    strokes = _strokes(published.strokes, resolution, published_resolution)
    return OneOf(strokes, boxes, weights=(1, published.box_weight))


def _scaled(length: int, scale: float) -> int:
    return max(1, round(length * scale))
