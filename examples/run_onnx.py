"""Fill the hole of a photograph by an exported network, with ONNX Runtime, numpy and Pillow alone.

Write the file of the network once, where lamakit is installed::

    from lamakit.checkpoints import load_pretrained
    from lamakit.deploy import export_onnx

    export_onnx(load_pretrained("lama_tiny"), "lama.onnx")

Then this script needs neither lamakit nor PyTorch::

    pip install numpy onnxruntime pillow
    python run_onnx.py lama.onnx photo.png mask.png filled.png
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def read_image(path: Path) -> np.ndarray:
    """Return a photograph as float32, (1, 3, H, W), with values in [0, 1]."""
    with Image.open(path) as file:
        pixels = np.asarray(ImageOps.exif_transpose(file).convert("RGB"), dtype=np.float32)
    return pixels.transpose(2, 0, 1)[None] / 255


def read_mask(path: Path) -> np.ndarray:
    """Return a mask as float32, (1, 1, H, W): 1 where the file is white, the missing pixels."""
    with Image.open(path) as file:
        pixels = np.asarray(ImageOps.exif_transpose(file).convert("L"))
    return (pixels > 127).astype(np.float32)[None, None]


def save_image(image: np.ndarray, path: Path) -> None:
    """Write an image (1, 3, H, W) with values in [0, 1] to a file."""
    pixels = (image[0].transpose(1, 2, 0) * 255).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path)


def main() -> None:
    """Fill the hole of a photograph."""
    parser = argparse.ArgumentParser(description="Fill the hole of a photograph.")
    parser.add_argument("network", type=Path, help="the file that export_onnx has written")
    parser.add_argument("image", type=Path, help="the photograph")
    parser.add_argument("mask", type=Path, help="its mask, white where a pixel is missing")
    parser.add_argument("output", type=Path, help="where to write the filled photograph")
    options = parser.parse_args()
    image, mask = read_image(options.image), read_mask(options.mask)
    if image.shape[2:] != mask.shape[2:]:
        sizes = [f"{array.shape[3]}x{array.shape[2]}" for array in (image, mask)]
        sys.exit(f"the image has {sizes[0]} pixels, the mask {sizes[1]}: give two of one size")
    session = onnxruntime.InferenceSession(options.network)
    (inpainted,) = session.run(["inpainted"], {"image": image, "mask": mask})
    save_image(inpainted, options.output)


if __name__ == "__main__":
    main()
