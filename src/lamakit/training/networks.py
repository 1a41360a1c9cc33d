"""The networks, masks and losses that settings of a training describe."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from torch import nn

from lamakit import backbones, masks
from lamakit._models import model_sizes
from lamakit._weights import open_weights
from lamakit.checkpoints import load_discriminator, load_generator
from lamakit.checkpoints.parts import StoredStateDict, split_parts
from lamakit.discriminators import create_discriminator
from lamakit.generators import TwoStageGenerator, create_generator
from lamakit.losses import GlamaObjective, GlamaWeights, LamaObjective, PerceptualLoss
from lamakit.losses.objective_terms import Discriminator
from lamakit.masks import MaskSampler, create_mask_sampler
from lamakit.training.settings import TrainingSettings
from lamakit.training.state import TrainingState
from lamakit.training.state_files import load_state, read_settings


def build_networks(settings: TrainingSettings) -> tuple[nn.Module, nn.Module | None]:
    """Build the generator and the discriminator of a training.

    Args:
        settings: those of the training: names and options of both networks, normalisation, the
            first stage if there is one, and the weights to start from. Other weights are random,
            from torch's global generator.

    Returns:
        The generator, and the discriminator or None, in training mode on the CPU.

    Raises:
        ValueError: if a name or an option is unknown or out of range, the crops have a size that
            the generator does not take, or a file holds the weights of other networks.
        TypeError: if a network has no such option.
        OSError: if a file of weights cannot be opened.

    Example:
        >>> from lamakit.training import TrainingSettings
        >>> settings = TrainingSettings(
        ...     images="photos", generator_options={"base_channels": 8, "num_blocks": 1}
        ... )
        >>> model, discriminator = build_networks(settings)
        >>> model.size_multiple
        8
    """
    options: dict[str, Any] = {}
    if settings.norm == "group":
        options["norm_layer"] = partial(group_norm, max_groups=settings.norm_groups)
    model: nn.Module = create_generator(settings.generator, **options, **settings.generator_options)
    discriminator: nn.Module | None = None
    if settings.discriminator != "none":
        discriminator = create_discriminator(
            settings.discriminator, **options, **settings.discriminator_options
        )
    if settings.coarse_from:
        coarse = load_trained(settings.coarse_from).requires_grad_(requires_grad=False)
        model = TwoStageGenerator(coarse, model, coarse_side=settings.coarse_side)
    if settings.init_from:
        start_from(settings.init_from, model, discriminator)
    multiple, min_size = model_sizes(model)
    if settings.crop_size % multiple or settings.crop_size < min_size:
        raise ValueError(
            f"crop_size must be a multiple of {multiple} and at least {min_size} for the generator "
            f"{settings.generator!r}, got {settings.crop_size}"
        )
    if settings.norm == "sync_batch":
        convert: Callable[[nn.Module], nn.Module] = nn.SyncBatchNorm.convert_sync_batchnorm
        model = convert(model)
        # R1 takes a second derivative, which SyncBatchNorm does not have.
        if discriminator is not None and not settings.objective_weights().r1:
            discriminator = convert(discriminator)
    return model, discriminator


def load_trained(path: str) -> nn.Module:
    """Load the generator of a training, or a published one, in eval mode.

    Where :func:`~lamakit.checkpoints.load_generator` knows the published networks,
    this function builds whatever the settings in a checkpoint of :func:`save_state` describe: group
    normalisation and two stages, too. The moving average is taken if the file has one.

    Args:
        path: a file of :func:`save_state` with its settings, or one that ``load_generator`` reads.

    Raises:
        ValueError: if the file holds no generator.
        OSError: if it cannot be opened, or the first stage that its settings name cannot.

    Example:
        >>> import tempfile
        >>> from lamakit.training import TrainingSettings, TrainingState, save_state
        >>> settings = TrainingSettings(
        ...     images="photos",
        ...     norm="group",
        ...     generator_options={"base_channels": 8, "num_blocks": 1},
        ... )
        >>> path = tempfile.mkdtemp() + "/checkpoint.pt"
        >>> state = TrainingState.of(*build_networks(settings))
        >>> save_state(state, path, settings=settings.to_dict())
        >>> load_trained(path).size_multiple
        8
    """
    try:
        values = read_settings(path)
    except ValueError:  # of another origin
        values = {}
    if not values:
        with open_weights(path) as weights:
            has_average = bool(split_parts(weights.state_dict)["average"])
        return load_generator(path, average=has_average)
    settings = TrainingSettings(**(values | {"init_from": ""}))
    state = TrainingState.of(
        *build_networks(settings),
        generator_optimizer=settings.generator_optimizer,
        average_decay=settings.average_decay,
    )
    load_state(state, path)
    return state.best_model.eval()


def group_norm(channels: int, *, max_groups: int) -> nn.GroupNorm:
    """Build a group normalisation with the most groups that divide both arguments."""
    return nn.GroupNorm(math.gcd(channels, max_groups), channels)


def build_masks(settings: TrainingSettings) -> MaskSampler:
    """Build the mask sampler of a training, with lengths that fit the size of its crops.

    Args:
        settings: those of the training: name and options of the sampler, and the size of the crops,
            which is the sampler's ``resolution`` if it has one and the options do not give it.

    Raises:
        ValueError: if the name is unknown or an option out of range.
        TypeError: if the sampler has no such option.

    Example:
        >>> from lamakit.masks import thin
        >>> from lamakit.training import TrainingSettings
        >>> build_masks(TrainingSettings(images="photos", masks="thin", crop_size=64)) == thin(64)
        True
    """
    options = dict(settings.mask_options)
    preset = getattr(masks, settings.masks, None)
    if preset is not None and "resolution" in inspect.signature(preset).parameters:
        options = {"resolution": settings.crop_size} | options
    return create_mask_sampler(settings.masks, **options)


def build_objective(
    settings: TrainingSettings, discriminator: Discriminator | None
) -> LamaObjective:
    """Build the losses of a training.

    Args:
        settings: those of the training: kind and weights of the losses, and the extractor of the
            perceptual loss.
        discriminator: the discriminator, with its wrapper if it has one; None for none.

    Returns:
        A :class:`~lamakit.losses.LamaObjective` or :class:`~lamakit.losses.GlamaObjective`. Move it
        to the device of the networks.

    Raises:
        ValueError: if the extractor's file holds other weights.
        OSError: if that file cannot be opened.

    Example:
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.training import TrainingSettings
        >>> settings = TrainingSettings(images="photos", weights={"adversarial": 5.0})
        >>> build_objective(settings, PatchDiscriminator(base_channels=8)).weights.adversarial
        5.0
    """
    perceptual = None
    if settings.extractor != "none":
        extractor = getattr(backbones, settings.extractor)(settings.extractor_weights)
        perceptual = PerceptualLoss(extractor)
    weights = settings.objective_weights()
    if isinstance(weights, GlamaWeights):
        return GlamaObjective(discriminator, perceptual=perceptual, weights=weights)
    return LamaObjective(discriminator, perceptual=perceptual, weights=weights)


def start_from(path: str, model: nn.Module, discriminator: nn.Module | None) -> None:
    """Fill networks with the weights in a file, published or of a training of lamakit.

    The generator's moving average is taken if the file has one. A discriminator that the file lacks
    is left as it is. If the model has two stages and the file only one, it is the second that is
    filled.

    Args:
        path: the file.
        model: the generator.
        discriminator: the discriminator, or None.

    Raises:
        ValueError: if the file holds the weights of other networks, or no generator.
        OSError: if it cannot be opened.
    """
    with open_weights(path) as weights:
        parts = split_parts(weights.state_dict)
        generator = parts["average"] or parts["generator"]
        target = model
        if isinstance(model, TwoStageGenerator) and not _are_of(generator, model):
            target = model.refiner
        if _are_of(generator, target):
            _fill(target, {name: tensor.read() for name, tensor in generator.items()}, path)
        else:
            average = bool(parts["average"])
            published = _named(path, lambda: load_generator(path, average=average))
            _fill(target, published.state_dict(), path)
        stored = parts["discriminator"]
        if discriminator is None or not stored:
            return
        if _are_of(stored, discriminator):
            _fill(discriminator, {name: tensor.read() for name, tensor in stored.items()}, path)
        else:
            _fill(discriminator, _named(path, lambda: load_discriminator(path)).state_dict(), path)


def _are_of(stored: StoredStateDict, network: nn.Module) -> bool:
    """Return whether these are the names of the network's tensors."""
    return stored.keys() == network.state_dict().keys()


def _fill(network: nn.Module, state_dict: Mapping[str, Any], path: str) -> None:
    """Load a state dict, or raise an error that names the setting."""
    try:
        network.load_state_dict(state_dict)
    except RuntimeError as error:
        raise ValueError(
            f"init_from: {path!r} holds another network than the settings describe (a "
            f"{type(network).__name__}): set generator, discriminator, norm and their options to "
            f"those that it was trained with. {error}"
        ) from error


def _named(path: str, load: Callable[[], nn.Module]) -> nn.Module:
    """Return what ``load`` returns; its error names the setting and what may be wrong."""
    try:
        return load()
    except ValueError as error:
        raise ValueError(
            f"init_from: {path!r} holds no network that the settings describe, nor a published "
            f"one. Set norm and the networks as in its training. {error}"
        ) from error
