"""Mask presets of GLaMa: its seven families, and mixtures of them."""

from __future__ import annotations

from collections.abc import Callable

from lamakit.masks.combine import BySize, OneOf, UnionOf
from lamakit.masks.grids import EveryNLines, NearestNeighbour
from lamakit.masks.lama import TRAINING_BOXES, medium, thick, thin
from lamakit.masks.modify import AreaBounds
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.structured import Completion, Expand

_LARGE_FROM = 384  # shorter side in pixels from which an image counts as large
_BOUNDED_FROM = 128  # below it, strokes cover so much that a bound on their area may never hold


def glama_families() -> dict[str, MaskSampler]:
    """Return GLaMa's seven families of masks by name, in the order of its tables.

    They are :class:`Completion`, :class:`Expand`, :class:`NearestNeighbour`, :class:`EveryNLines`,
    and :func:`thin`, :func:`medium` and :func:`thick` at 512 for images whose shorter side has at
    least 384 pixels, at 256 for smaller ones. These three are drawn again until at most half of the
    image is missing; below 128 pixels they are drawn once, because such strokes may cover nearly
    all of a small image.

    With masks of each family, :func:`lamakit.evaluation.evaluate_mask_families` makes GLaMa's
    tables 1 and 2: a row for each method and a column for each family.

    Example:
        >>> list(glama_families())[:4]
        ['completion', 'expand', 'nearest_neighbour', 'thin_strokes']

    Source:
        GLaMa, sec. 3.2, which gives the names only; the numbers are those of the generator of the
        NTIRE 2022 inpainting challenge (Romero et al., CVPR workshops 2022). Taking 256 or 512 from
        the image's side, and drawing once below 128 pixels, are lamakit's.
    """
    return {
        "completion": Completion(),
        "expand": Expand(),
        "nearest_neighbour": NearestNeighbour(),
        "thin_strokes": _at_own_resolution(thin),
        "every_n_lines": EveryNLines(),
        "medium_strokes": _at_own_resolution(medium),
        "thick_strokes": _at_own_resolution(thick),
    }


def glama_general() -> OneOf:
    """Return GLaMa's general mask strategy: its seven families, equally often.

    Example:
        >>> glama_general().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 3.2 ("General Mask"); :func:`glama_families` tells where the numbers are from.
    """
    return OneOf(tuple(glama_families().values()))


def lama_plus() -> OneOf:
    """Return the five families of "LaMa Plus Mask", equally often.

    They are those of :func:`glama_families` without completion and expand: thin, medium and thick
    strokes, every n-th line, and nearest neighbour.

    Example:
        >>> lama_plus().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 4.4 and Table 4 ("LaMa Plus Mask", "five types of mask"). The paper does not
        name the five. It has seven in all; without completion and expand, five are left, three of
        which are LaMa's thin, medium and thick strokes.
    """
    families = glama_families()
    return OneOf(tuple(families[name] for name in families if name not in {"completion", "expand"}))


def unseen_combination() -> UnionOf:
    """Return unions that :func:`glama_general` does not draw: two of its masks, and boxes.

    Example:
        >>> unseen_combination().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 4.5. Neither how many families are united nor the boxes' sizes are published:
        two here, and LaMa's training boxes.
    """
    return UnionOf(glama_general(), glama_general(), TRAINING_BOXES)


def _at_own_resolution(preset: Callable[[int], MaskSampler]) -> BySize:
    """Return the preset at the resolution nearer to the image's, with a bound on its area."""
    small, large = preset(256), preset(512)
    bounded = BySize(
        AreaBounds(small, max_area=0.5), AreaBounds(large, max_area=0.5), from_side=_LARGE_FROM
    )
    return BySize(small, bounded, from_side=_BOUNDED_FROM)
