"""GLaMa's families of masks, and the strategies that mix them."""

from __future__ import annotations

from collections.abc import Callable

from lamakit.masks.boxes import Boxes
from lamakit.masks.combine import BySize, OneOf, UnionOf
from lamakit.masks.grids import EveryNLines, NearestNeighbour
from lamakit.masks.lama import medium, thick, thin
from lamakit.masks.modify import AreaBounds
from lamakit.masks.sampler import MaskSampler
from lamakit.masks.structured import Completion, Expand

__all__ = ["glama_families", "glama_general", "lama_plus", "unseen_combination"]

_FROM_LARGE = 384  # the shorter side from which an image counts as large
_FROM_BOUNDED = 128  # below it, strokes cover so much that a bound on their area may never hold


def glama_families() -> dict[str, MaskSampler]:
    """GLaMa's seven families of masks by name, in the order of its tables.

    Completion, expand, nearest neighbours, every n-th line, and :func:`thin`, :func:`medium` and
    :func:`thick` at the image's own resolution (512 from a shorter side of 384 pixels on, else
    256), drawn again until at most half of the image is missing. On images with a side below 128
    pixels these three are drawn once: a brush of that size may cover nearly all of it.

    Given to :func:`lamakit.evaluation.evaluate_mask_families`, each with its masks, they make GLaMa's tables
    1 and 2: a row for each method and a column for each family.

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


def glama_general() -> MaskSampler:
    """GLaMa's general strategy: its seven families, equally often.

    Example:
        >>> glama_general().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 3.2 ("General Mask"); :func:`glama_families` tells where the numbers are from.
    """
    return OneOf(tuple(glama_families().values()))


def lama_plus() -> MaskSampler:
    """Five of GLaMa's families, equally often: LaMa's strokes, every n-th line, nearest neighbours.

    They are those of :func:`glama_families` without completion and expand.

    Example:
        >>> lama_plus().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 4.4 and Table 4 ("LaMa Plus Mask", "five types of mask"). Which five is a
        reading: three types of LaMa's own must be its thin, medium and thick strokes, since all
        seven are these five, completion and expand.
    """
    families = glama_families()
    return OneOf(tuple(families[name] for name in families if name not in {"completion", "expand"}))


def unseen_combination() -> MaskSampler:
    """Combinations that :func:`glama_general` has not shown: two of its masks, and boxes.

    Example:
        >>> unseen_combination().batch(4, (256, 256)).shape
        torch.Size([4, 1, 256, 256])

    Source:
        GLaMa, sec. 4.5. Neither how many families are united nor the boxes' sizes are published:
        two here, and LaMa's training boxes.
    """
    boxes = Boxes(min_times=1, max_times=4, min_size=30, max_size=150, margin=10)
    return UnionOf((glama_general(), glama_general(), boxes))


def _at_own_resolution(preset: Callable[[int], MaskSampler]) -> MaskSampler:
    small, large = preset(256), preset(512)
    bounded = BySize(
        AreaBounds(small, max_area=0.5), AreaBounds(large, max_area=0.5), from_side=_FROM_LARGE
    )
    return BySize(small, bounded, from_side=_FROM_BOUNDED)
