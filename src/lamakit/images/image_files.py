"""Reading of images and masks from files and PIL images; writing of images."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import torch
from torch import Tensor

from lamakit._checks import check_feature_map
from lamakit._imports import import_extra
from lamakit.images.mask_conversion import as_mask, is_picture

if TYPE_CHECKING:
    from PIL.Image import Image

ImageSource: TypeAlias = str | os.PathLike[str] | IO[bytes]

GREY_16_BIT_MODES = ("I", "I;16", "I;16B", "I;16L", "I;16N")  # of what open_picture returns


def read_image(path: ImageSource | Image, *, channels: Literal[1, 3] = 3) -> Tensor:
    """Read an image file, upright, with values in [0, 1].

    Every kind of image that Pillow reads works: grey, palette and CMYK images are converted, and
    the image is turned as its EXIF orientation says. 16 bit grey without alpha keeps its precision.
    Of an animation the first frame is read. Colour profiles are not applied.

    Transparency is left out: a transparent pixel gets the colour that the file stores for it.
    Where the transparent pixels are the missing ones, ``read_mask(path, transparency="missing")``
    reads the mask from the same file.

    Args:
        path: of the file; or a file that is open in binary mode, which is read from its beginning
            and stays open; or a PIL image. Pillow reads 16 bit colour files with 8 bits.
        channels: 3 for RGB, where a grey image gets three equal channels; 1 for grey, which is
            0.299 R + 0.587 G + 0.114 B.

    Shape:
        - Output: (1, channels, H, W), float32

    Raises:
        ValueError: if the file is not an image, is damaged, has more pixels than Pillow's limit
            against decompression bombs (about 179 million), or has pixels whose range is not known
            (floating-point, or integers of 32 bits); or if ``channels`` is neither 1 nor 3.
        TypeError: if ``path`` is neither a path nor an open file nor a PIL image.
        OSError: if the file cannot be opened.
        ImportError: if Pillow is missing (the extra ``io``).

    Example:
        >>> import tempfile
        >>> import torch
        >>> folder = tempfile.mkdtemp()
        >>> save_image(torch.rand(1, 3, 40, 60), f"{folder}/photo.png")
        >>> read_image(f"{folder}/photo.png").shape
        torch.Size([1, 3, 40, 60])
    """
    if channels not in (1, 3):
        raise ValueError(f"channels must be 1 (grey) or 3 (RGB), got {channels!r}")
    return picture_values(open_picture(path, user="read_image"), channels)


def read_mask(
    path: ImageSource | Image,
    *,
    threshold: float = 0.5,
    invert: bool = False,
    dilate: int = 0,
    transparency: Literal["missing", "known"] | None = None,
) -> Tensor:
    """Read a mask from an image file, in which bright pixels mean missing.

    The file is read as :func:`read_image` reads it, EXIF orientation included, and converted by
    the rules of :func:`as_mask`.

    Transparent pixels can mean two opposite things, so ``transparency`` must say which::

        "missing": a photograph with the hole cut out    photo | transparent | photo
                                                         known |   missing   | known
        "known":   white paint on an empty layer         transparent | white   | transparent
                                                            known    | missing |    known

    Args:
        path: of the file; or an open file or a PIL image, as for :func:`read_image`.
        threshold: pixels brighter than this fraction of white are missing, from 0 to below 1.
        invert: whether bright pixels mean known instead of missing.
        dilate: by how many pixels the missing region grows, diagonals included.
        transparency: "missing" if the transparent pixels are the missing ones: the colours are
            ignored, and 1 - alpha counts as brightness. "known" if brightness is what counts, and
            transparent pixels have none: brightness is multiplied by alpha. Files without
            transparent pixels need no answer.

    Shape:
        - Output: (1, 1, H, W), float32, 1 where a pixel is missing

    Raises:
        ValueError: as for :func:`read_image`; or if there are transparent pixels and
            ``transparency`` is not given; if ``transparency="missing"`` and the file stores no
            transparency; if the brightest pixel is 1 of 255, which is black, and the threshold is
            above that; or if an argument is out of range.
        TypeError: if ``path`` is neither a path nor an open file nor a PIL image.
        OSError: if the file cannot be opened.
        ImportError: if Pillow is missing (the extra ``io``).

    Example:
        >>> import tempfile
        >>> import torch
        >>> file = f"{tempfile.mkdtemp()}/mask.png"
        >>> save_image(torch.tensor([[[[0.0, 0.0, 1.0]]]]), file)
        >>> read_mask(file, dilate=1)
        tensor([[[[0., 1., 1.]]]])
    """
    if transparency not in (None, "missing", "known"):
        raise ValueError(f"transparency must be 'missing', 'known' or None, got {transparency!r}")
    picture = open_picture(path, user="read_mask")
    has_alpha = picture.mode == "RGBA"
    if transparency == "missing" and not has_alpha:
        raise ValueError(
            f"{_name_of(path)} stores no transparency; leave transparency='missing' out to read "
            "the brightness of its pixels"
        )
    alpha = _values(picture.getchannel("A")) if has_alpha else torch.ones(())
    if transparency is None and bool((alpha < 1).any()):
        raise ValueError(
            f"{_name_of(path)} has transparent pixels: give transparency='missing' if they are the "
            "missing ones, or transparency='known' if bright pixels are"
        )
    if transparency == "missing":
        brightness = 1 - alpha
    else:
        brightness = picture_values(picture, 1) * alpha
        if 0 < float(brightness.max()) < 1.5 / 255 and threshold >= 1 / 255:
            raise ValueError(
                f"the brightest pixel of {_name_of(path)} is 1 of 255, which is black; if 1 means "
                "missing, give threshold=0"
            )
    return as_mask(brightness, threshold=threshold, invert=invert, dilate=dilate)


def save_image(image: Tensor, path: str | os.PathLike[str]) -> None:
    """Save an image to a file with 8 bits for each channel.

    Values are rounded to the nearest of 255 steps; those outside [0, 1], such as a network may
    predict, become 0 or 1. PNG keeps them exactly, so :func:`read_image` returns each value to
    1 / 510. JPEG and WebP lose detail, known pixels included; they are written with quality 95.

    Args:
        image: values in [0, 1], RGB or grey.
        path: of the file, which is replaced if it exists. Its suffix names the format, such as
            ".png".

    Shape:
        - image: (1, 3, H, W) or (1, 1, H, W)

    Raises:
        ValueError: if the shape does not fit, a value is NaN or infinite, or the suffix names no
            format that Pillow can write.
        TypeError: if the image is not a floating-point tensor.
        OSError: if the file cannot be written, for example because its folder does not exist.
        ImportError: if Pillow is missing (the extra ``io``).

    Example:
        >>> import tempfile
        >>> import torch
        >>> save_image(torch.rand(1, 3, 40, 60), f"{tempfile.mkdtemp()}/result.png")
    """
    pillow = import_extra("PIL.Image", extra="io", user="save_image")
    check_feature_map("image", image)
    suffix = Path(path).suffix.lower()
    if pillow.registered_extensions().get(suffix) not in pillow.SAVE:
        raise ValueError(f"{str(path)!r} has no suffix of a format that Pillow can write, as .png")
    if image.shape[0] != 1 or image.shape[1] not in (1, 3):
        raise ValueError(
            f"image must have shape (1, 3, H, W) or (1, 1, H, W), got {tuple(image.shape)}; save "
            "the images of a batch one by one, as image[n : n + 1]"
        )
    values = image[0].detach().cpu().float()
    if not bool(values.isfinite().all()):
        raise ValueError("image must hold finite values, got NaN or infinity")
    levels = (values.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    pillow.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels).save(path, quality=95)


def open_picture(source: ImageSource | Image, *, user: str, max_pixels: int | None = None) -> Any:  # noqa: ANN401 (a Pillow image)
    """Return the first frame of a file, decoded and upright; as RGBA if it stores transparency.

    Args:
        source: path of the file, a file that is open in binary mode, or a PIL image.
        user: what needs Pillow, for the message if it is missing.
        max_pixels: refuse larger pictures before they are decoded; None for Pillow's limit alone.

    Raises:
        ValueError, TypeError, OSError, ImportError: as for :func:`read_image`.
    """
    import_extra("PIL.Image", extra="io", user=user)
    if isinstance(source, (str, os.PathLike)):
        with Path(source).open("rb") as file:  # outside of try: its errors name the file already
            return _decode(file, _name_of(source), max_pixels)
    if not hasattr(source, "read") and not is_picture(source):
        raise TypeError(
            "an image is read from a path, a file opened in binary mode or a PIL image, got "
            f"{source!r:.100} of type {type(source).__name__}"
        )
    return _decode(source, _name_of(source), max_pixels)


def picture_values(picture: Any, channels: Literal[1, 3]) -> Tensor:  # noqa: ANN401
    """Return the pixels of what :func:`open_picture` returned in [0, 1], (1, channels, H, W)."""
    if picture.mode in GREY_16_BIT_MODES:
        return _values(picture).repeat(1, channels, 1, 1)
    return _values(picture.convert("L" if channels == 1 else "RGB"))


def _decode(source: IO[bytes] | Image, name: str, max_pixels: int | None) -> Any:  # noqa: ANN401
    """Return what :func:`open_picture` does, of an open file or a PIL image; messages name it."""
    pillow = import_extra("PIL.Image", extra="io", user="open_picture")
    turn_upright = import_extra("PIL.ImageOps", extra="io", user="open_picture").exif_transpose
    try:
        given = is_picture(source)
        picture: Any = source if given else pillow.open(source)
        file_format = picture.format
        too_large = max_pixels is not None and picture.width * picture.height > max_pixels
        if not too_large:
            picture.load()
            picture = turn_upright(picture, in_place=not given) or picture
    except MemoryError:
        raise
    except pillow.UnidentifiedImageError:  # its message names an object in memory
        raise ValueError(f"{name} is no image that Pillow can read: unknown format") from None
    except Exception as error:  # each decoder has its own errors for damaged files
        raise ValueError(f"{name} is no image that Pillow can read: {error}") from error
    if too_large:
        size = f"{picture.width}x{picture.height}"
        raise ValueError(f"{name} is too large: {size} pixels, where the limit is {max_pixels}")
    # 16 bit PNG and PGM files have mode "I" in some versions of Pillow; the range of other files
    # with this mode, and of those with floating-point pixels, is not known.
    if picture.mode == "F" or (picture.mode == "I" and file_format not in ("PNG", "PPM")):
        raise ValueError(
            f"{name} has pixels of mode {picture.mode}, whose range is not known: save it with "
            "8 or 16 bits"
        )
    if picture.mode not in GREY_16_BIT_MODES and picture.has_transparency_data:
        picture = picture.convert("RGBA")
    return picture


def _name_of(source: ImageSource | Image) -> str:
    """Return what messages call the file or the PIL image."""
    name = str(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
    if isinstance(name, str):
        return repr(name)
    return "the given PIL image" if is_picture(source) else "the given file"


def _values(picture: Any) -> Tensor:  # noqa: ANN401 (a Pillow image)
    """Return the pixels of a grey or RGB image in [0, 1], (1, C, H, W)."""
    largest = 65535 if picture.mode in GREY_16_BIT_MODES else 255
    array = np.asarray(picture).astype(np.float32)
    pixels = torch.from_numpy(array.reshape(*array.shape[:2], -1))
    return pixels.permute(2, 0, 1)[None].contiguous() / largest
