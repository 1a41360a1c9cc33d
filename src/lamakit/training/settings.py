"""The settings of a training run."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_type_hints

from typing_extensions import Self

from lamakit._checks import check_at_least, check_one_of
from lamakit.losses import GlamaWeights, LamaWeights
from lamakit.training.recipes import get_recipe, recipe_settings
from lamakit.training.setting_ranges import check_ranges
from lamakit.training.setting_values import check_type, merge

_WEIGHTS = {"lama": LamaWeights, "glama": GlamaWeights}
_NETWORK_FIELDS = (
    *("generator", "generator_options", "discriminator", "discriminator_options"),
    *("norm", "norm_groups", "coarse_from", "coarse_side", "generator_optimizer"),
)


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The settings of a training run, checked.

    The default network, losses, masks, batch size and learning rates are those of LaMa-Fourier; but
    the perceptual loss needs a file of weights, so that by default there is none. Two settings with
    equal fields are equal; pickle and ``copy`` take them.

    Args:
        images: folder of the training images, searched at any depth; "" if ``shards`` is given.
            Exactly one of the two is needed.
        shards: tar files of training images as WebDataset reads them, such as
            ``"train-{0000..0099}.tar"``; "" if ``images`` is given.
        output: folder for ``checkpoint.pt`` and what TensorBoard shows. A run whose output has a
            checkpoint goes on from it.
        init_from: path of a checkpoint, published or your own, whose weights the networks start
            from; "" for fresh networks.
        generator: name of the generator, as ``create_generator`` takes it.
        generator_options: arguments of that generator, such as ``base_channels``.
        discriminator: name of the discriminator, as ``create_discriminator`` takes it; "none"
            trains without one, with the weights ``adversarial`` and ``feature_matching`` at 0.
        discriminator_options: arguments of that discriminator.
        norm: normalisation of the networks. "batch" takes statistics over the images that one
            device has at a time, "sync_batch" over those of all devices (of
            the generator only, if the weight ``r1`` is not 0), "group" over groups of
            channels of each image, whatever the batch.
        norm_groups: upper bound on the number of groups, at least 1; of "group" only.
        coarse_from: path of the checkpoint of a generator that was trained as the first of GLaMa's
            two stages. The generator is trained as the second stage behind it, while the first
            stays as it is; "" for one stage.
        coarse_side: shorter side of the images that the first stage fills, in pixels, at least 1;
            with ``coarse_from`` only.
        objective: the losses, those of LaMa or of GLaMa.
        weights: changes to the default weights of ``LamaWeights`` or ``GlamaWeights``, by the name
            of the term, such as ``l1_known``.
        extractor: function of ``lamakit.backbones`` that builds the extractor of the perceptual
            loss, such as "dilated_resnet50"; "none" trains without a perceptual loss, and the
            weight ``perceptual`` then has no effect.
        extractor_weights: path of the extractor's published weights; needed with an extractor, and
            without effect if it is "none".
        consistency_scales: sizes of the smaller copies of an image on which the prediction should
            be the same, as factors of its sides, each above 0 and below 1; none for no such loss.
        consistency_weight: weight of that loss, at least 0.
        spectral_weight: weight of :func:`~lamakit.losses.log_spectral_loss`, at least 0; 0 for no
            such loss. It keeps fine detail in the hole where there is no discriminator.
        ssim_weight: weight of :func:`~lamakit.losses.ssim_loss`, at least 0; 0 for no such loss.
        masks: name of the mask sampler, as ``create_mask_sampler`` takes it.
        mask_options: arguments of that sampler. Where it has a ``resolution``, that is
            ``crop_size`` unless given here.
        crop_size: side of the images that the networks are trained on, in pixels, at least 1.
        min_scale: side of the smallest region that is cut out of an image, as a factor of
            ``crop_size``, above 0. A region of another size than ``crop_size`` is resized to it.
        max_scale: side of the largest region that is cut out of an image, as a factor of
            ``crop_size``, at least ``min_scale``.
        mirror: whether half of the images are mirrored left to right.
        synthetic_share: probability that an image is replaced by a synthetic one, as
            :func:`draw_synthetic_image` draws it, from 0 to 1; with ``images`` only.
        workers: number of processes that read images, for each device, at least 0; 0 reads in the
            training process.
        batch_size: number of images in a training step, over all devices and accumulated parts, at
            least 1. The number of devices times ``accumulate`` must divide it.
        accumulate: number of parts into which a batch is cut, at least 1. One follows the other and
            their gradients are added, so that less memory is needed.
        steps: number of training steps, at least 1.
        generator_optimizer: what trains the generator: Adam, as in the papers, or
            :class:`~lamakit.training.Muon`, which learns faster and takes a larger learning rate.
        generator_learning_rate: learning rate of the generator, above 0.
        discriminator_learning_rate: learning rate of the discriminator, above 0.
        schedule: "constant" learning rates, or rates that fall to 0 along half a "cosine" wave.
        clip_norm: largest norm of each network's gradient, longer ones are shortened; 0 for no
            limit.
        average_decay: decay of the moving average of the generator's weights, at least 0 and below
            1, as the share that is kept in a step; 0 for no average.
        precision: number format of the computation. "bf16" and "fp16" are mixed precision: weights
            stay in 32 bits.
        accelerator: what computes; "auto" takes a GPU if there is one.
        devices: number of devices on each node; 0 for all GPUs, or one process on a CPU.
        nodes: number of machines, at least 1.
        seed: of the weights, crops and training masks, from 0 to 2 ** 32 - 1. Validation masks are
            the same for every seed.
        validation: folder of images on which the generator is evaluated; "" for no evaluation.
        validation_count: number of these images that are used, at least 1.
        evaluate_every: number of steps from one evaluation to the next, at least 1.
        log_every: number of steps from one logged value of the losses to the next, at least 1.
        save_minutes: time from one checkpoint to the next, in minutes, at least 0. It is written
            when the losses are logged; 0 for each time.
        progress: whether a progress bar is shown.

    Raises:
        ValueError: if a field is out of range, if fields contradict each other, or if a name is
            unknown; the message says which.
        TypeError: if a field has the wrong type.

    Example:
        >>> settings = TrainingSettings(images="photos", weights={"l1_missing": 5.0})
        >>> settings.objective_weights().l1_missing
        5.0
        >>> settings.micro_batch(world_size=2)
        15
    """

    images: str = ""
    shards: str = ""
    output: str = "run"
    init_from: str = ""
    generator: str = "lama_fourier"
    generator_options: Mapping[str, Any] = field(default_factory=dict)
    discriminator: str = "patch"
    discriminator_options: Mapping[str, Any] = field(default_factory=dict)
    norm: Literal["batch", "sync_batch", "group"] = "batch"
    norm_groups: int = 8
    coarse_from: str = ""
    coarse_side: int = 256
    objective: Literal["lama", "glama"] = "lama"
    weights: Mapping[str, float] = field(default_factory=dict)
    extractor: str = "none"
    extractor_weights: str = ""
    consistency_scales: tuple[float, ...] = ()
    consistency_weight: float = 10.0
    spectral_weight: float = 0.0
    ssim_weight: float = 0.0
    masks: str = "lama_training"
    mask_options: Mapping[str, Any] = field(default_factory=dict)
    crop_size: int = 256
    min_scale: float = 1.0
    max_scale: float = 1.0
    mirror: bool = True
    synthetic_share: float = 0.0
    workers: int = 2
    batch_size: int = 30
    accumulate: int = 1
    steps: int = 1_000_000
    generator_optimizer: Literal["adam", "muon"] = "adam"
    generator_learning_rate: float = 1e-3
    discriminator_learning_rate: float = 1e-4
    schedule: Literal["constant", "cosine"] = "constant"
    clip_norm: float = 1.0
    average_decay: float = 0.999
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    accelerator: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int = 0
    nodes: int = 1
    seed: int = 0
    validation: str = ""
    validation_count: int = 64
    evaluate_every: int = 1000
    log_every: int = 10
    save_minutes: float = 10.0
    progress: bool = True

    def __post_init__(self) -> None:
        annotations = get_type_hints(type(self))
        for name in (entry.name for entry in fields(self)):
            value = getattr(self, name)
            check_type(name, value, annotations[name])
            if isinstance(value, Mapping):  # a later change to the caller's must not reach it
                object.__setattr__(self, name, copy.deepcopy(dict(value)))
        check_ranges(self.to_dict())
        weights = self.objective_weights()
        if self.discriminator == "none" and (weights.adversarial or weights.feature_matching):
            raise ValueError(
                "discriminator 'none' needs weights of 0 for adversarial and feature_matching, got "
                f"{weights.adversarial} and {weights.feature_matching}"
            )
        self.micro_batch(self.nodes * max(self.devices, 1))  # raise before anything is built

    @classmethod
    def from_recipe(cls, name: str, **changes: object) -> Self:
        """Return the settings of a recipe, changed as given.

        The recipe sets generator, masks, objective, weights, extractor, crop size, batch size,
        learning rates and steps. A mapping among the changes, such as ``weights``, changes single
        entries.

        Args:
            name: one of :func:`list_recipes`.
            **changes: fields of this class.

        Raises:
            ValueError: if no recipe has that name, if the recipe needs ``steps``, because its
                number of epochs is published, or ``extractor_weights``, or if a change does not
                fit.
            TypeError: if a change is no field, or has the wrong type.

        Example:
            >>> settings = TrainingSettings.from_recipe(
            ...     "big_lama", images="photos", extractor="none", batch_size=8
            ... )
            >>> settings.generator, settings.masks, settings.batch_size, settings.steps
            ('big_lama', 'big_lama_training', 8, 1000000)
        """
        recipe = get_recipe(name)
        if recipe.iterations is None and "steps" not in changes:
            raise ValueError(
                f"recipe {name!r} was trained for {recipe.epochs} epochs: give steps, "
                f"{recipe.epochs} * (number of images) / batch_size (published: "
                f"{recipe.batch_size})"
            )
        if recipe.extractor and not changes.keys() & {"extractor", "extractor_weights"}:
            raise ValueError(
                f"recipe {name!r} needs extractor_weights, the path of {recipe.extractor_weights} "
                f"for {recipe.extractor}; extractor 'none' trains without"
            )
        return cls(**merge(recipe_settings(recipe), changes))

    def objective_weights(self) -> LamaWeights | GlamaWeights:
        """Return the weights of the objective's terms.

        Example:
            >>> TrainingSettings(images="photos", objective="glama").objective_weights().perceptual
            100.0
        """
        kind = _WEIGHTS[self.objective]
        terms = [term.name for term in fields(kind)]
        for name in self.weights:
            check_one_of(f"names in weights of objective {self.objective!r}", name, tuple(terms))
        try:
            return kind(**self.weights)
        except ValueError as error:
            raise ValueError(f"weights: {error}") from None

    def micro_batch(self, world_size: int) -> int:
        """Return the number of images that a device computes on at a time.

        This is batch_size / (world_size * accumulate).

        Args:
            world_size: number of processes over all nodes, one for each device; at least 1.

        Raises:
            ValueError: if that is no whole number; the message names batch sizes that fit.

        Example:
            >>> TrainingSettings(images="photos", batch_size=32, accumulate=2).micro_batch(4)
            4
        """
        check_at_least("world_size", world_size, 1)
        parts = world_size * self.accumulate
        size, rest = divmod(self.batch_size, parts)
        if rest:
            fitting = " or ".join(str(n * parts) for n in (size, size + 1) if n)
            raise ValueError(
                f"batch_size {self.batch_size} cannot be cut into {parts} equal parts (processes: "
                f"{world_size}, accumulate: {self.accumulate}): give batch_size {fitting}"
            )
        return size

    def to_dict(self) -> dict[str, Any]:
        """Return all fields by name, as plain data that a checkpoint can hold.

        Example:
            >>> settings = TrainingSettings(images="photos", seed=3)
            >>> TrainingSettings(**settings.to_dict()) == settings
            True
        """
        return asdict(self)

    def differences(self, other: Mapping[str, Any]) -> list[str]:
        """Return the names of the fields with which others would build other networks.

        Of ``coarse_from`` it only matters whether it is set; "sync_batch" has the same weights as
        "batch"; ``norm_groups`` and ``coarse_side`` count only where they are used.

        Args:
            other: settings as :meth:`to_dict` returns them, such as those of a checkpoint.

        Example:
            >>> saved = TrainingSettings(images="photos", steps=10).to_dict()
            >>> TrainingSettings(images="photos", generator="big_lama").differences(saved)
            ['generator']
        """
        mine = self.to_dict()
        return [n for n in _NETWORK_FIELDS if _decisive(mine, n) != _decisive(other, n)]


def _decisive(settings: Mapping[str, Any], name: str) -> object:
    """Return what decides about the networks in the field of that name; None if nothing does."""
    value = settings.get(name)
    if name == "coarse_from":
        return bool(value)
    if name == "norm" and value == "sync_batch":
        return "batch"  # the same weights
    used = {
        "norm_groups": settings.get("norm") == "group",
        "coarse_side": bool(settings.get("coarse_from")),
    }
    return value if used.get(name, True) else None
