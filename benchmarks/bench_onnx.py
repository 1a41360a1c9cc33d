"""Is an exported graph slower in ONNX Runtime than PyTorch? Prints its time over PyTorch's.

The file and ``inpaint`` do the same, padding and compositing included, with the same number of
threads of the CPU. ``--network`` and ``--side`` pick one line of the table.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import onnxruntime
import torch
from torch import Tensor, nn

from benchmarks.measure import describe_machine, time_ratio
from lamakit.checkpoints import load_pretrained
from lamakit.deploy import export_onnx
from lamakit.generators import big_lama
from lamakit.inpainting import inpaint

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "lama_tiny": partial(load_pretrained, "lama_tiny"),
    "big_lama": big_lama,
}
CASES = (("lama_tiny", 512), ("big_lama", 512), ("big_lama", 1024))


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Return a session with as many threads as PyTorch has."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def fill(model: nn.Module, image: Tensor, mask: Tensor) -> None:
    with torch.inference_mode():
        inpaint(model, image, mask)


def compare(name: str, side: int, rounds: int, folder: Path) -> None:
    """Print one line of the table."""
    torch.manual_seed(0)
    model, path = NETWORKS[name]().eval(), folder / f"{name}.onnx"
    if not path.exists():
        export_onnx(model, path)
        print(f"{name}: {path.stat().st_size / 1e6:.1f} MB")
    image, mask = torch.rand(1, 3, side, side), torch.zeros(1, 1, side, side)
    mask[..., side // 4 : side // 2, side // 4 : side // 2] = 1
    session = open_session(path)
    inputs = {"image": image.numpy(), "mask": mask.numpy()}
    in_runtime = partial(session.run, ["inpainted"], inputs)
    in_torch = partial(fill, model, image, mask)
    ratio = time_ratio(in_runtime, in_torch, torch.device("cpu"), rounds)
    print(f"{name} {side}x{side}: {ratio}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=tuple(NETWORKS), help="only this one")
    parser.add_argument("--side", type=int, help="only images of this many pixels a side")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{describe_machine(torch.device('cpu'))}, ONNX Runtime {onnxruntime.__version__}")
    with tempfile.TemporaryDirectory() as folder:
        for name, side in CASES:
            if arguments.network in (None, name) and arguments.side in (None, side):
                compare(name, side, arguments.rounds, Path(folder))


if __name__ == "__main__":
    main()
