"""The presets' masks, drawn by OpenCV in a loop over masks, strokes and segments."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lamakit.masks import Boxes, Strokes

__all__ = ["draw_masks"]

Mask = npt.NDArray[np.float32]


def draw_masks(
    strokes: Strokes, boxes: Boxes | None, n: int, side: int, random: np.random.Generator
) -> Mask:
    """Draw ``n`` masks, (n, 1, side, side): strokes, or boxes for 0.3 of 1.3 of them."""
    masks = np.zeros((n, 1, side, side), dtype=np.float32)
    for mask in masks:
        if boxes is not None and random.random() < 0.3 / 1.3:
            draw_boxes(mask[0], boxes, random)
        else:
            draw_strokes(mask[0], strokes, random)
    return masks


def draw_boxes(mask: npt.NDArray[Any], settings: Boxes, random: np.random.Generator) -> None:
    side = len(mask)
    margin, longest = settings.margin, min(settings.max_size, side - 2 * settings.margin)
    for _ in range(random.integers(settings.min_times, settings.max_times + 1)):
        height, width = random.integers(settings.min_size, longest + 1, 2)
        top = random.integers(margin, side - margin - height + 1)
        left = random.integers(margin, side - margin - width + 1)
        mask[top : top + height, left : left + width] = 1


def draw_strokes(mask: npt.NDArray[Any], settings: Strokes, random: np.random.Generator) -> None:
    side = len(mask)
    for stroke in range(random.integers(settings.min_times, settings.max_times + 1)):
        x, y = random.integers(0, side, 2)
        for _ in range(1 + random.integers(5)):
            angle = 0.01 + random.integers(settings.max_angle + 1)
            if stroke % 2 == 0:
                angle = 2 * math.pi - angle
            length = random.integers(settings.min_len, settings.max_len + 1)
            width = random.integers(settings.min_width, settings.max_width + 1)
            end_x = int(np.clip(int(x + length * math.sin(angle)), 0, side - 1))
            end_y = int(np.clip(int(y + length * math.cos(angle)), 0, side - 1))
            cv2.line(mask, (int(x), int(y)), (end_x, end_y), 1.0, int(width))
            x, y = end_x, end_y
