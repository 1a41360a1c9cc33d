"""Plain reference for object-shaped masks: each horizontal place is tried on whole images."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["draw_object_mask", "random_objects"]

Masks = npt.NDArray[np.bool_]


def draw_object_mask(objects: Masks, random: np.random.Generator) -> Masks:
    """Return one of the variants that the default settings allow; objects are (K, H, W)."""
    foreground, accepted = objects.any(0), np.zeros((0, *objects.shape[1:]), dtype=bool)
    for mask in objects:
        if not 0.02 <= mask.mean() <= 0.3:
            continue
        for _ in range(4):
            changed, top = change(mask, random)
            lefts = np.arange(1 - changed.shape[1], mask.shape[1])
            for left in random.permutation(lefts):
                placed = place(changed, top, int(left), mask.shape)
                pixels = placed.sum()
                inside = placed.mean() >= 0.02 and pixels >= 0.8 * changed.sum()
                if not inside or (placed & foreground).sum() > 0.5 * pixels:
                    continue
                if all((placed & other).sum() <= 0.5 * pixels for other in accepted):
                    accepted = np.concatenate([accepted, placed[None]])
                    break
    if not len(accepted):
        raise ValueError("no variant of any object kept the rules")
    chosen: Masks = accepted[random.integers(len(accepted))]
    return chosen


def change(mask: Masks, random: np.random.Generator) -> tuple[Masks, int]:
    """Return the object mirrored or not, scaled, moved up or down: its pixels and its top row."""
    rows, columns = (np.flatnonzero(np.logical_or.reduce(mask, axis)) for axis in (1, 0))
    crop = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 1 + 0.25 * random.uniform(-1, 1)
    height, width = (max(1, round(side * scale)) for side in crop.shape)
    y, x = (
        np.minimum(np.arange(new) / scale, side - 1).astype(int)
        for new, side in zip((height, width), crop.shape, strict=True)
    )
    changed = crop[y][:, x]
    if random.random() < 0.5:
        changed = changed[:, ::-1]
    middle = (rows[0] + rows[-1] + 1) / 2 + 0.1 * random.uniform(-1, 1) * mask.shape[0]
    return changed, round(middle - height / 2)


def place(changed: Masks, top: int, left: int, size: tuple[int, ...]) -> Masks:
    """Return an image with the object at that place, cut off at its borders."""
    (height, width), (rows, columns) = changed.shape, size
    framed: Masks = np.zeros((rows + 2 * height, columns + 2 * width), dtype=bool)
    framed[top + height : top + 2 * height, left + width : left + 2 * width] = changed
    return framed[height:-height, width:-width]


def random_objects(count: int, side: int, random: np.random.Generator) -> Masks:
    """Return ellipses in a square image, of 0.2 to 8 % of it: some are too small to be used."""
    y, x = np.mgrid[:side, :side]
    objects: list[npt.NDArray[Any]] = []
    while len(objects) < count:
        area, ratio = random.uniform(0.002, 0.08) * side**2 / np.pi, random.uniform(0.5, 2)
        middle = random.uniform(0, side, 2)
        inside = (y - middle[0]) ** 2 * ratio + (x - middle[1]) ** 2 / ratio <= area
        if inside.any():
            objects.append(inside)
    return np.stack(objects)
