"""Export to ONNX: one file that fills images of any size, without PyTorch."""

from __future__ import annotations

import copy
import os
from typing import TYPE_CHECKING

import torch
from torch import nn

from lamakit._checks import check_at_least
from lamakit._files import replace_file
from lamakit._imports import import_extra
from lamakit._models import model_sizes, unwrap
from lamakit.deploy.onnx_graph import compositing_graph, joined_graph, padding_graph
from lamakit.deploy.onnx_network import OPSET, network_graph
from lamakit.deploy.onnx_two_stage import two_stage_graphs
from lamakit.deploy.onnx_verification import make_samples, verify
from lamakit.generators import TwoStageGenerator

if TYPE_CHECKING:
    from onnx import GraphProto

_LARGEST_FILE = 2**31  # bytes, a limit of the format


def export_onnx(
    module: nn.Module, path: str | os.PathLike[str], *, size_multiple: int | None = None
) -> None:
    """Write a network to an ONNX file that maps image and mask to the filled image.

    The graph does what :func:`~lamakit.inpainting.inpaint` does: it pads image and mask to a size
    that the network accepts, runs the network, crops, and puts the prediction into the hole. It
    consists of standard operators (opset 18) of real numbers, and takes any batch, height and
    width. It needs neither PyTorch nor lamakit, nor settings of ONNX Runtime::

        session = onnxruntime.InferenceSession("lama.onnx")
        (inpainted,) = session.run(None, {"image": image, "mask": mask})

    Before the file is written, ONNX Runtime fills images of random pixels, and each is compared
    with what ``inpaint`` returns: a square of at least 64 pixels a side; three images of odd sides;
    and one of 1 pixel's height, unless the network does not say its ``min_size``. Missing pixels
    may differ by 1e-4, known pixels must be the input's, bit for bit, and NaN under the hole must
    not matter.

    Args:
        module: what ``inpaint`` takes: a generator of lamakit, or a module of your own from masked
            image and mask to the filled image. Its attribute ``in_channels`` tells the channels of
            its input; without one, it gets 4. Its steps must not depend on the size of the image.
            Wrappers such as DistributedDataParallel are looked through. It is not changed: the
            file has a copy in eval mode, in float32, whatever its dtype.
        path: the file; its name usually ends in ``.onnx``. One that exists is replaced.
        size_multiple: as in ``inpaint``: to multiples of how many pixels the graph pads the sides;
            None for the module's own attribute.

    Shape:
        - image: (B, in_channels - 1, H, W), float32 in [0, 1], any H and W from 1 up
        - mask: (B, 1, H, W), float32, above 0 where a pixel is missing
        - inpainted: (B, in_channels - 1, H, W)

    Raises:
        ValueError: if the network fails on its input or returns another shape than ``inpaint``
            asks for, or if its weights need 2 GiB or more, which one ONNX file cannot hold.
        TypeError: if ``module`` is not an ``nn.Module`` or ``size_multiple`` not an integer.
        RuntimeError: if the network cannot be exported, or if ONNX Runtime computes something else;
            the message tells the size and the difference. No file is written then.
        ImportError: if the extra ``onnx`` is not installed.
        OSError: if the file cannot be written.

    Example:
        >>> import tempfile
        >>> import onnxruntime, torch
        >>> from lamakit.generators import lama_regular
        >>> path = tempfile.mkdtemp() + "/lama.onnx"
        >>> export_onnx(lama_regular(base_channels=4, num_blocks=1), path)
        >>> session = onnxruntime.InferenceSession(path)
        >>> image, mask = torch.rand(1, 3, 37, 50), torch.ones(1, 1, 37, 50)
        >>> inputs = {"image": image.numpy(), "mask": mask.numpy()}
        >>> (inpainted,) = session.run(None, inputs)
        >>> inpainted.shape
        (1, 3, 37, 50)
    """
    for library in ("onnx", "onnxscript", "onnxruntime"):  # before the long work
        import_extra(library, extra="onnx", user="export_onnx")
    if size_multiple is not None:
        check_at_least("size_multiple", size_multiple, 1)
    network = unwrap(module)
    if not isinstance(network, nn.Module):
        raise TypeError(
            f"module must be an nn.Module, got {type(network).__name__}; call a function in the "
            "forward of one"
        )
    multiple, min_size = model_sizes(module, size_multiple)
    any_size = any(hasattr(part, "min_size") for part in (network, module))
    inputs = getattr(network, "in_channels", 4)
    _check_number_of_weights(network)
    model = copy.deepcopy(network).cpu().float().eval()
    with torch.autocast("cpu", enabled=False):
        samples = make_samples(model, inputs - 1, multiple, min_size, any_size=any_size)
        middle = (
            two_stage_graphs(model)
            if isinstance(model, TwoStageGenerator)
            else [network_graph(model, inputs, multiple, min_size, name="network")]
        )
    before = padding_graph(inputs - 1, multiple, min_size, output=middle[0].input[0].name)
    after = compositing_graph(inputs - 1, prediction=middle[-1].output[0].name)
    content = _serialised(joined_graph([before, *middle, after]))
    verify(content, samples)
    replace_file(path, lambda file: file.write(content))


def _check_number_of_weights(network: nn.Module) -> None:
    """Raise unless the weights fit into one file."""
    needed = 4 * sum(value.numel() for value in network.state_dict().values())
    if needed >= _LARGEST_FILE:
        raise ValueError(
            f"the weights need {needed} bytes in float32, but one ONNX file must be smaller than "
            f"{_LARGEST_FILE}"
        )


def _serialised(graph: GraphProto) -> bytes:
    """Return the content of an ONNX file with this graph."""
    helper = import_extra("onnx.helper", extra="onnx", user="export_onnx")
    opsets = [helper.make_opsetid("", OPSET)]
    version = helper.find_min_ir_version_for(opsets)
    model = helper.make_model(
        graph, producer_name="lamakit", opset_imports=opsets, ir_version=version
    )
    content: bytes = model.SerializeToString()
    return content
