"""Evaluation sets as files."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from lamakit import __version__
from lamakit._checks import check_at_least, check_size
from lamakit.masks.mask_files import import_pillow
from lamakit.masks.modify import AreaBounds
from lamakit.masks.reproducible import FixedMasks
from lamakit.masks.sampler import MaskSampler, check_sampler

__all__ = ["write_evaluation_set"]


def write_evaluation_set(
    folder: str | os.PathLike[str],
    samplers: Mapping[str, MaskSampler],
    *,
    count: int,
    size: tuple[int, int],
    seed: int = 0,
    max_area: float = 0.5,
) -> None:
    """A folder of PNG masks for each sampler, white where missing, and a manifest of how they came.

    The same arguments give the same bytes. If the writing is interrupted, call again: what is there
    stays. To extend a set, call again with a larger ``count`` or more samplers: the masks that it
    has stay the same. :class:`MaskFiles` reads them back in their order. A progress bar shows how
    far it is. Needs Pillow and tqdm (``pip install "lamakit[masks]"``).

    Args:
        folder: made if it does not exist; gets ``manifest.json`` and a folder for each sampler.
        samplers: by the name of their folder, such as ``{"thin": thin(256)}``.
        count: masks of each sampler, at least 0. A set that has more keeps them.
        size: (H, W) of the masks in pixels.
        seed: at least 0.
        max_area: the largest missing share of a mask, from 0 to 1.

    Raises:
        ValueError: if an argument is out of range, a name is no plain folder name, a sampler's repr
            does not tell its settings, or the folder holds a set that was made in another way.
        TypeError: if one of ``samplers`` is not a mask sampler.
        ImportError: if Pillow or tqdm is missing.

    Example:
        >>> import tempfile
        >>> from lamakit.masks import MaskFiles, medium
        >>> folder = tempfile.mkdtemp()
        >>> write_evaluation_set(folder, {"medium": medium(256)}, count=3, size=(256, 256))
        >>> [mask.shape for mask in MaskFiles(f"{folder}/medium", count=2)]
        [torch.Size([1, 256, 256]), torch.Size([1, 256, 256])]

    Source:
        LaMa, fig. 3: test sets avoid masks that cover more than half of an image.
    """
    check_at_least("count", count, 0)
    check_size("size", size)
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
        sets[name] = FixedMasks(sampler=bounded, count=count, size=size, seed=seed)
    tqdm = _import_tqdm()
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _write_manifest(folder, sets)
    with tqdm(total=len(sets) * count, desc=f"masks in {folder}", unit="mask") as progress:
        for name, masks in sets.items():
            (folder / name).mkdir(exist_ok=True)
            for number in range(count):
                path = folder / name / f"{number:06d}.png"
                if not path.exists():
                    _write_png(path, masks[number])
                progress.update()


def _write_manifest(folder: Path, sets: Mapping[str, FixedMasks]) -> None:
    """Write how the masks are made, beside what the file says of other ones.

    Raises:
        ValueError: if it says that some of these were made in another way, or nothing of a folder
            that has masks.
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
        made = {"sampler": repr(masks.sampler), "size": list(masks.size), "seed": masks.seed}
        if manifest.get("lamakit") != __version__ or known.setdefault(name, made) != made:
            raise ValueError(
                f"{str(path)!r} tells of masks made in another way; give another folder, or the "
                "same arguments (but for count) and version of lamakit"
            )
    _write(path, (json.dumps(manifest, indent=2) + "\n").encode())


def _write_png(path: Path, mask: Tensor) -> None:
    pixels = (mask[0] * 255).byte().numpy()
    buffer = io.BytesIO()
    import_pillow().fromarray(pixels).save(buffer, format="PNG", compress_level=9)
    _write(path, buffer.getvalue())


def _write(path: Path, content: bytes) -> None:
    """All of the file or nothing, even if the writing is interrupted."""
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content)
    partial.replace(path)


def _import_tqdm() -> Callable[..., Any]:
    try:
        from tqdm import tqdm  # noqa: PLC0415 (an extra, for those who write a set)
    except ImportError as error:
        raise ImportError('a progress bar needs tqdm: pip install "lamakit[masks]"') from error
    bar: Callable[..., Any] = tqdm
    return bar
