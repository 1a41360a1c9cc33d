"""Every public mask sampler, small enough to be tried in every way."""

from __future__ import annotations

from pathlib import Path

import torch

from lamakit.masks import (
    AreaBounds,
    Boxes,
    BySize,
    CentreBox,
    Completion,
    Dilated,
    DiscStrokes,
    EveryNLines,
    Expand,
    FromFolder,
    FromMasks,
    Inverted,
    MaskSampler,
    MaskStack,
    NearestNeighbour,
    ObjectShaped,
    OneOf,
    Outpainting,
    RandomAreaBox,
    SquareStrokes,
    Strokes,
    SuperResolutionGrid,
    UnionOf,
    create_mask_sampler,
    list_mask_samplers,
)

BOXES = Boxes(min_times=1, max_times=3, min_size=2, max_size=20, margin=3)
STROKES = Strokes(min_times=1, max_times=4, max_width=12, max_len=29)


def objects() -> MaskStack:
    """Two discs on an image of 32x48 pixels."""
    y, x = torch.meshgrid(torch.arange(32), torch.arange(48), indexing="ij")
    discs = [(y - 10) ** 2 + (x - 12) ** 2 < 49, (y - 20) ** 2 + (x - 36) ** 2 < 36]
    return MaskStack.of(torch.stack(discs))


SAMPLERS: dict[str, MaskSampler] = {
    "AreaBounds": AreaBounds(Completion(), max_area=0.5),
    "Boxes": BOXES,
    "Boxes-larger-than-the-image": Boxes(
        min_times=0, max_times=1, min_size=90, max_size=99, margin=9
    ),
    "BySize": BySize(BOXES, STROKES, from_side=10),
    "CentreBox": CentreBox(),
    "Completion": Completion(),
    "Dilated": Dilated(BOXES, pixels=2),
    "DiscStrokes": DiscStrokes(min_times=1, max_times=3, max_width=8, max_len=29),
    "EveryNLines": EveryNLines(),
    "Expand": Expand(),
    "FromFolder": FromFolder(Path(__file__).parent / "mask_files"),
    "FromMasks": FromMasks(objects()),
    "Inverted": Inverted(BOXES),
    "NearestNeighbour": NearestNeighbour(),
    "ObjectShaped": ObjectShaped(instances=objects()),
    "OneOf": OneOf((BOXES, STROKES, EveryNLines()), weights=(1, 2, 0.5)),
    "Outpainting": Outpainting(),
    "RandomAreaBox": RandomAreaBox(),
    "SquareStrokes": SquareStrokes(min_times=1, max_times=3, max_width=8, max_len=29),
    "Strokes": STROKES,
    "Strokes-fewest": Strokes(min_times=0, max_times=1, max_width=5, max_len=10, max_angle=0),
    "SuperResolutionGrid": SuperResolutionGrid(),
    "UnionOf": UnionOf((BOXES, STROKES)),
    **{name: create_mask_sampler(name) for name in list_mask_samplers()},
}
