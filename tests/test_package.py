"""The package as a whole: what it exports, what it imports, and what it says of itself."""

from __future__ import annotations

import ast
import importlib
import inspect
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

# A room imports only from rooms on lower floors (and from itself).
FLOORS = {
    "_checks": 0,
    "_modes": 0,
    "_sizes": 0,
    "_tensors": 0,
    "_weights": 0,
    "layers": 1,
    "masks": 1,
    "inpainting": 1,
    "analysis": 1,
    "backbones": 1,
    "discriminators": 2,
    "generators": 2,
    "losses": 2,
    "checkpoints": 3,
    "metrics": 3,
    "deploy": 3,
    "refinement": 3,
    "training": 4,
}

PROTOCOLS = ("FeatureExtractor", "MaskSampler", "SetMetric")  # have no arguments

PUBLIC = {
    "lamakit": ["__version__"],
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
        "for_index",
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
    "lamakit.inpainting": [
        "as_mask",
        "blend",
        "composite",
        "crop_to_size",
        "inpaint",
        "inpaint_crop",
        "inpaint_multiscale",
        "inpaint_tiled",
        "pad_to_multiple",
        "stack_inputs",
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
    "lamakit.discriminators": [
        "DiscriminatorOutput",
        "MultiScaleDiscriminator",
        "PatchDiscriminator",
        "create_discriminator",
        "list_discriminators",
    ],
    "lamakit.metrics": [
        "BrushTable",
        "Comparison",
        "Evaluation",
        "LPIPS",
        "SetMetric",
        "SideCurve",
        "area_bin",
        "array_filler",
        "color_wasserstein",
        "evaluate",
        "evaluate_brushes",
        "evaluate_sides",
        "everything",
        "fid",
        "hole",
        "kid",
        "known",
        "l1",
        "log_spectral_distance",
        "on",
        "p_ids",
        "psnr",
        "ring",
        "ssim",
        "u_ids",
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
        "boundary_gradient",
        "emulated_distance_mask",
        "feature_matching",
        "focal_frequency",
        "gram_distance",
        "gram_matrix",
        "hinge",
        "lama_objective",
        "least_squares",
        "masked_l1",
        "masked_mean",
        "multi_scale_consistency",
        "non_saturating",
        "perceptual",
        "r1_penalty",
        "resize_mask",
        "sliced_wasserstein",
        "spectrum_constraint",
        "total_variation",
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
    "lamakit.deploy": ["export_torchscript"],
    "lamakit.refinement": ["refine"],
    "lamakit.training": ["Recipe", "get_recipe", "list_recipes"],
}


def imported_rooms(path: Path) -> set[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules.add(node.module or "")
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
    rooms = {name.split(".")[1] for name in modules if name.startswith("lamakit.")}
    return rooms & set(FLOORS)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_every_room_has_a_floor() -> None:
    rooms = {room_of(path) for path in ROOT.rglob("*.py")} - {"__init__"}
    assert rooms == set(FLOORS)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_rooms_import_only_from_floors_below(path: Path) -> None:
    room = room_of(path)
    for other in imported_rooms(path) - {room}:
        assert FLOORS[other] < FLOORS[room], f"{room} must not import {other}"


def test_public_names() -> None:
    rooms = {path.parent.name for path in ROOT.glob("[!_]*/__init__.py")}
    packages = {"lamakit"} | {f"lamakit.{room}" for room in rooms}
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
    if attribute not in PROTOCOLS:
        assert "Example:" in doc
        inherited = getattr(public, "__init__", None) is nn.Module.__init__  # nothing to set
        parameters = () if inherited else inspect.signature(public).parameters
        assert ("Args:" in doc) == bool(parameters)
        for parameter in parameters:
            assert f"{parameter}:" in doc, f"{name} does not document {parameter}"


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
