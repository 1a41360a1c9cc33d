"""What the package exports, and what its docstrings say."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import lamakit.discriminators
import lamakit.layers
from lamakit.generators import list_generators
from tests.contract.cases import CASES

ROOT = Path(lamakit.__file__).parent

PROTOCOLS = ("FeatureExtractor", "MaskSampler", "SetMetric", "SizedModel", "SplitModel")

PUBLIC = {
    "lamakit": [
        "__version__",
    ],
    "lamakit.analysis": [
        "effective_receptive_field",
        "log_spectrum",
        "radial_spectrum",
        "receptive_field_growth",
        "receptive_field_radius",
        "scale_equivariance_error",
    ],
    "lamakit.backbones": [
        "FeatureExtractor",
        "FrozenExtractor",
        "deep_stem_resnet50",
        "dilated_resnet50",
        "resnet50",
        "vgg16_features",
        "vgg19_features",
    ],
    "lamakit.checkpoints": [
        "Checkpoint",
        "adapt_input_channels",
        "download",
        "from_hub",
        "load_discriminator",
        "load_generator",
        "push_to_hub",
        "read_checkpoint",
        "save_generator",
        "to_published_state_dict",
    ],
    "lamakit.deploy": [
        "export_torchscript",
    ],
    "lamakit.discriminators": [
        "DiscriminatorOutput",
        "MultiScaleDiscriminator",
        "PatchDiscriminator",
        "create_discriminator",
        "list_discriminators",
    ],
    "lamakit.evaluation": [
        "Comparison",
        "Evaluation",
        "MaskFamilyTable",
        "ResolutionCurve",
        "area_bin",
        "evaluate",
        "evaluate_mask_families",
        "evaluate_resolutions",
        "numpy_method",
    ],
    "lamakit.generators": [
        "ResNetGenerator",
        "TwoStageGenerator",
        "big_lama",
        "create_generator",
        "lama_dilated",
        "lama_fourier",
        "lama_fourier_shallow",
        "lama_regular",
        "lama_regular_deep",
        "list_generators",
    ],
    "lamakit.images": [
        "as_mask",
        "blend",
        "composite",
        "crop_to_size",
        "dilate",
        "pad_to_multiple",
        "stack_inputs",
    ],
    "lamakit.inpainting": [
        "SizedModel",
        "inpaint",
        "inpaint_crop",
        "inpaint_multiscale",
        "inpaint_tiled",
    ],
    "lamakit.layers": [
        "FFC",
        "FFCNormAct",
        "FFCResidualBlock",
        "FourierUnit",
        "MultiDilatedConv2d",
        "ResidualBlock",
        "SpectralTransform",
        "split_channels",
    ],
    "lamakit.losses": [
        "AdversarialLoss",
        "BoundaryGradientLoss",
        "FeatureMatchingLoss",
        "FocalFrequencyLoss",
        "GlamaObjective",
        "GlamaWeights",
        "GramLoss",
        "HingeLoss",
        "LamaObjective",
        "LamaWeights",
        "LeastSquaresLoss",
        "LossTerms",
        "MaskedL1Loss",
        "MultiScaleConsistencyLoss",
        "NonSaturatingLoss",
        "PerceptualLoss",
        "SlicedWassersteinLoss",
        "SpectrumLoss",
        "TotalVariationLoss",
        "blurred_mask",
        "boundary_gradient_loss",
        "emulated_distance_mask",
        "feature_matching_loss",
        "focal_frequency_loss",
        "gram_loss",
        "gram_matrix",
        "hinge_loss",
        "lama_objective",
        "least_squares_loss",
        "masked_l1_loss",
        "masked_mean",
        "multi_scale_consistency_loss",
        "non_saturating_loss",
        "perceptual_loss",
        "r1_penalty",
        "resize_mask",
        "sliced_wasserstein_loss",
        "spectrum_loss",
        "total_variation_loss",
    ],
    "lamakit.masks": [
        "AreaBounds",
        "Boxes",
        "BySize",
        "CentreBox",
        "Completion",
        "Dilated",
        "DiscStrokes",
        "EveryNLines",
        "Expand",
        "FixedMasks",
        "FromFolder",
        "FromMasks",
        "Inverted",
        "MaskFiles",
        "MaskSampler",
        "MaskStack",
        "NearestNeighbour",
        "ObjectShaped",
        "OneOf",
        "Outpainting",
        "Ramp",
        "RandomAreaBox",
        "SquareStrokes",
        "Strokes",
        "SuperResolutionGrid",
        "UnionOf",
        "big_lama_training",
        "create_mask_sampler",
        "deepfill_like",
        "generator_for_index",
        "glama_families",
        "glama_general",
        "lama_plus",
        "lama_training",
        "list_mask_samplers",
        "medium",
        "square_crop",
        "thick",
        "thin",
        "unseen_combination",
        "write_evaluation_set",
    ],
    "lamakit.masks.statistics": [
        "Histogram",
        "area_histogram",
        "areas",
        "sample",
        "width_histogram",
        "widths",
    ],
    "lamakit.metrics": [
        "LPIPS",
        "SetMetric",
        "color_wasserstein",
        "fid",
        "kid",
        "known_pixels",
        "l1",
        "log_spectral_distance",
        "missing_pixels",
        "p_ids",
        "psnr",
        "restrict_to",
        "ring_around_hole",
        "ssim",
        "u_ids",
        "whole_image",
    ],
    "lamakit.refinement": [
        "SplitModel",
        "refine",
    ],
    "lamakit.training": [
        "Recipe",
        "get_recipe",
        "list_recipes",
    ],
}


def documented_arguments(doc: str) -> set[str]:
    """Return the names that the ``Args:`` block of a docstring explains."""
    block = re.search(r"^Args:\n((?:    .*\n|\n)+)", doc + "\n", re.MULTILINE)
    return set(re.findall(r"^    \*{0,2}(\w+):", block[1], re.MULTILINE)) if block else set()


def test_public_names() -> None:
    folders = {path.parent.name for path in ROOT.glob("[!_]*/__init__.py")}
    packages = {"lamakit"} | {f"lamakit.{folder}" for folder in folders}
    assert packages | {"lamakit.masks.statistics"} == set(PUBLIC)
    for name, names in PUBLIC.items():
        module = importlib.import_module(name)
        assert sorted(module.__all__) == names
        assert all(hasattr(module, public) for public in names)


@pytest.mark.parametrize(
    "name",
    [
        f"{module}.{name}"
        for module, names in PUBLIC.items()
        for name in names
        if name != "__version__"
    ],
)
def test_public_docstrings_are_whole(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    public = getattr(importlib.import_module(module), attribute)
    doc = inspect.getdoc(public) or ""
    assert doc.split("\n\n")[0].endswith(".")
    if attribute not in PROTOCOLS:  # these have no arguments
        assert "Example:" in doc
        inherited = getattr(public, "__init__", None) is nn.Module.__init__  # nothing to set
        parameters = set() if inherited else set(inspect.signature(public).parameters)
        assert parameters == documented_arguments(doc)


def test_the_contract_covers_every_module() -> None:
    public = [getattr(lamakit.layers, name) for name in PUBLIC["lamakit.layers"]]
    public += [getattr(lamakit.discriminators, name) for name in PUBLIC["lamakit.discriminators"]]
    names = [c.__name__ for c in public if isinstance(c, type) and issubclass(c, nn.Module)]
    for name in [*names, *list_generators()]:
        assert any(str(case).split("-")[0] == name for case in CASES), name


def test_importing_is_light() -> None:
    program = (
        "import sys, socket, torch\n"
        "before = set(sys.modules)\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse\n"
        f"import {', '.join(PUBLIC)}\n"
        "heavy = {'kornia', 'matplotlib', 'scipy', 'skimage', 'torchmetrics', 'torchvision'}\n"
        "heavy |= {'tqdm', 'PIL', 'safetensors', 'huggingface_hub'}\n"
        "print(sorted(heavy & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_typed_marker_is_shipped() -> None:
    assert (ROOT / "py.typed").exists()
