"""Writing of evaluation sets: folders of mask files with a manifest."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from lamakit import __version__
from lamakit._checks import check_at_least
from lamakit._imports import import_extra
from lamakit._progress import progress_bar
from lamakit.masks.modify import AreaBounds
from lamakit.masks.reproducible import FixedMasks
from lamakit.masks.sampler import MaskSampler, as_size, check_sampler


def write_evaluation_set(
    folder: str | os.PathLike[str],
    samplers: Mapping[str, MaskSampler],
    *,
    count: int,
    size: tuple[int, int] | int,
    seed: int = 0,
    max_area: float = 0.5,
) -> None:
    """Write a folder of PNG masks for each sampler, and a manifest that says how they were drawn.

    Missing pixels are white. The same arguments give the same bytes. After an interruption, call
    again: files that exist are kept. To extend a set, call again with a larger ``count`` or with
    more samplers: its masks stay the same. :class:`MaskFiles` reads them in their order. A progress
    bar is shown.

    Args:
        folder: created if it does not exist; gets ``manifest.json`` and a folder for each sampler.
        samplers: by the name of their folder, such as ``{"thin": thin(256)}``.
        count: number of masks of each sampler, at least 0. A set that has more keeps them.
        size: (H, W) of the masks in pixels; an int for a square.
        seed: of the random numbers, at least 0.
        max_area: largest missing fraction of a mask, from 0 to 1.

    Raises:
        ValueError: if an argument is out of range, a name is not the name of a folder, a sampler's
            repr does not show its settings, or the folder has a set that was drawn in another way.
        TypeError: if ``samplers`` is not a mapping, or one of them not a mask sampler.
        ImportError: if Pillow or tqdm is missing (the extra ``io``).

    Example:
        >>> import tempfile
        >>> from lamakit.masks import MaskFiles, medium
        >>> folder = tempfile.mkdtemp()
        >>> write_evaluation_set(folder, {"medium": medium(256)}, count=3, size=256)
        >>> [mask.shape for mask in MaskFiles(f"{folder}/medium", count=2)]
        [torch.Size([1, 256, 256]), torch.Size([1, 256, 256])]

    Source:
        LaMa, fig. 3: test sets avoid masks that cover more than half of an image.
    """
    check_at_least("count", count, 0)
    size = as_size(size)
    if not isinstance(samplers, Mapping):
        raise TypeError(
            "samplers must be a dict of samplers by the name of their folder, such as "
            f'{{"thick": thick(256)}}, got {type(samplers).__name__}'
        )
    sets = {}
    for name, sampler in samplers.items():
        check_sampler(f"samplers[{name!r}]", sampler)
        if not name or Path(name).name != name or name in {".", "..", "manifest.json"}:
            raise ValueError(f"samplers must be named as folders can be, got {name!r}")
        if " at 0x" in repr(sampler):
            raise ValueError(
                f"samplers[{name!r}] must have a repr that tells its settings, for the manifest, "
                f"as a dataclass has; got {sampler!r}"
            )
        bounded = AreaBounds(sampler, max_area=max_area)
        sets[name] = FixedMasks(bounded, count=count, size=size, seed=seed)
    folder = Path(folder)
    bar = progress_bar(
        f"masks in {folder}", total=len(sets) * count, unit="mask", user="write_evaluation_set"
    )
    with bar as advance:
        folder.mkdir(parents=True, exist_ok=True)
        _write_manifest(folder, sets)
        for name, masks in sets.items():
            (folder / name).mkdir(exist_ok=True)
            for number in range(count):
                path = folder / name / f"{number:06d}.png"
                if not path.exists():
                    _write_png(path, masks[number])
                advance(1)


def _write_manifest(folder: Path, sets: Mapping[str, FixedMasks]) -> None:
    """Add to the manifest how the masks are drawn, and keep what it says of other masks.

    Raises:
        ValueError: if it says that some of these masks were drawn in another way, or does not
            mention a folder that has masks.
    """
    path = folder / "manifest.json"
    manifest: dict[str, Any] = {"lamakit": __version__, "masks": {}}
    if path.exists():
        manifest = json.loads(path.read_text(encoding="utf-8"))
    known = manifest.get("masks", {})
    for name, masks in sets.items():
        if name not in known and any(folder.glob(f"{name}/*.png")):
            raise ValueError(
                f"{str(folder / name)!r} has masks of which {path.name} tells nothing; give "
                "another folder or another name"
            )
        made = {
            "sampler": repr(masks.sampler),
            "size": list(as_size(masks.size)),
            "seed": masks.seed,
        }
        if manifest.get("lamakit") != __version__ or known.setdefault(name, made) != made:
            raise ValueError(
                f"{str(path)!r} tells of masks made in another way; give another folder, or the "
                "same arguments (but for count) and version of lamakit"
            )
    _write(path, (json.dumps(manifest, indent=2) + "\n").encode())


def _write_png(path: Path, mask: Tensor) -> None:
    pixels = (mask[0] * 255).byte().numpy()
    buffer = io.BytesIO()
    pillow = import_extra("PIL.Image", extra="io", user="write_evaluation_set")
    pillow.fromarray(pixels).save(buffer, format="PNG", compress_level=9)
    _write(path, buffer.getvalue())


def _write(path: Path, content: bytes) -> None:
    """Write the whole file or, if interrupted, nothing."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    partial.replace(path)
