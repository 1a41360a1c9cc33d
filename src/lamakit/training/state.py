"""A training in progress: both networks, their optimizers, the moving average and the progress."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from typing_extensions import Self

from lamakit._checks import check_fraction, check_one_of, check_positive
from lamakit._models import unwrap
from lamakit.training.muon import Muon

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(kw_only=True, eq=False)
class TrainingState:
    """A training in progress: everything that :func:`training_step` changes.

    Args:
        model: the generator; it may be wrapped, for example by Lightning Fabric.
        model_optimizer: the generator's optimizer.
        discriminator: the discriminator; it may be wrapped too; None to train without one.
        discriminator_optimizer: the discriminator's optimizer, if there is a discriminator.
        average: the moving average of the generator's weights; None for none.
        scaler: what scales the losses in a training with float16; None in any other.
        step: number of training steps that were taken.
        samples: number of images that were seen, by all processes together.
        shard: in a training on shards, the first one that is not finished.

    Example:
        >>> from lamakit.discriminators import PatchDiscriminator
        >>> from lamakit.generators import lama_fourier
        >>> model = lama_fourier(base_channels=8, num_blocks=1)
        >>> state = TrainingState.of(model, PatchDiscriminator(base_channels=8))
        >>> state.step, sorted(state.state_dict())[:3]
        (0, ['averaged', 'optimizers', 'samples'])
    """

    model: nn.Module
    model_optimizer: Optimizer
    discriminator: nn.Module | None = None
    discriminator_optimizer: Optimizer | None = None
    average: AveragedModel | None = None
    scaler: torch.amp.GradScaler | None = None
    step: int = 0
    samples: int = 0
    shard: int = 0

    @classmethod
    def of(
        cls,
        model: nn.Module,
        discriminator: nn.Module | None = None,
        *,
        generator_learning_rate: float = 1e-3,
        discriminator_learning_rate: float = 1e-4,
        generator_optimizer: Literal["adam", "muon"] = "adam",
        average_decay: float = 0.999,
        scaler: torch.amp.GradScaler | None = None,
    ) -> Self:
        """Return a new training of these networks.

        Parameters that do not require gradients are not trained.

        Args:
            model: the generator, not wrapped.
            discriminator: the discriminator, not wrapped; None to train without one.
            generator_learning_rate: above 0.
            discriminator_learning_rate: above 0.
            generator_optimizer: Adam or :class:`Muon`; the discriminator is trained by Adam.
            average_decay: the share of the moving average that a step keeps, from 0 to 1; 0 for no
                average. The first steps keep less, (1 + n) / (10 + n) after n steps, so that the
                average soon forgets the weights it began with.
            scaler: for a training with float16.
        """
        check_positive("generator_learning_rate", generator_learning_rate)
        check_positive("discriminator_learning_rate", discriminator_learning_rate)
        check_one_of("generator_optimizer", generator_optimizer, ("adam", "muon"))
        check_fraction("average_decay", average_decay)
        average = None
        if average_decay:
            # Statistics of BatchNorm are averaged too: they belong to the averaged weights.
            average = AveragedModel(
                model, multi_avg_fn=partial(_average, decay=average_decay), use_buffers=True
            )
            average.requires_grad_(requires_grad=False).eval()
        fused = scaler is None  # a fused step would divide by the scale after gradients are clipped

        def optimizer(network: nn.Module, kind: str, rate: float) -> Optimizer:
            trained = [p for p in network.parameters() if p.requires_grad]
            if kind == "muon":
                return Muon(trained, lr=rate)
            return torch.optim.Adam(trained, lr=rate, fused=fused)

        state = cls(
            model=model,
            model_optimizer=optimizer(model, generator_optimizer, generator_learning_rate),
            average=average,
            scaler=scaler,
        )
        if discriminator is not None:
            state.discriminator = discriminator
            rate = discriminator_learning_rate
            state.discriminator_optimizer = optimizer(discriminator, "adam", rate)
        return state

    @property
    def trained(self) -> dict[str, tuple[nn.Module, Optimizer]]:
        """The networks in training, each with its optimizer, by their names."""
        networks = {"generator": (self.model, self.model_optimizer)}
        if self.discriminator is not None and self.discriminator_optimizer is not None:
            networks["discriminator"] = self.discriminator, self.discriminator_optimizer
        return networks

    def set_up(self, fabric: Fabric) -> None:
        """Move everything to the device of this process, and wrap it for Lightning Fabric."""
        self.model, self.model_optimizer = fabric.setup(self.model, self.model_optimizer)
        if self.discriminator is not None and self.discriminator_optimizer is not None:
            self.discriminator, self.discriminator_optimizer = fabric.setup(
                self.discriminator, self.discriminator_optimizer
            )
        if self.average is not None:
            self.average.module.to(fabric.device)  # the counter stays on the CPU, where it is read

    def train(self) -> None:
        """Put both networks in training mode, except for parts that are not trained."""
        for network, _ in self.trained.values():
            network.train()
            for module in network.modules():
                parameters = list(module.parameters())
                if parameters and not any(p.requires_grad for p in parameters):
                    module.eval()

    def set_learning_rates(self, generator: float, discriminator: float) -> None:
        """Set the rates of the next steps, for example as a schedule wants them."""
        rates = {"generator": generator, "discriminator": discriminator}
        for name, (_, optimizer) in self.trained.items():
            for group in optimizer.param_groups:
                group["lr"] = rates[name]

    @property
    def best_model(self) -> nn.Module:
        """The generator to use, without wrapper: the moving average if there is one."""
        if self.average is None:
            best: nn.Module = unwrap(self.model)
            return best
        return self.average.module

    def state_dict(self) -> dict[str, Any]:
        """Return what :meth:`load_state_dict` takes to continue exactly here.

        Its tensors are the training's own, not copies: write them to a file before the next step.
        """
        parts = {name: network for name, (network, _) in self.trained.items()}
        if self.average is not None:
            parts["generator_average"] = self.average.module
        return {
            "state_dict": {
                f"{part}.{name}": tensor
                for part, network in parts.items()
                for name, tensor in unwrap(network).state_dict().items()
            },
            "optimizers": {
                name: optimizer.state_dict() for name, (_, optimizer) in self.trained.items()
            },
            "averaged": 0 if self.average is None else int(self.average.n_averaged),
            "scaler": {} if self.scaler is None else self.scaler.state_dict(),
            "step": self.step,
            "samples": self.samples,
            "shard": self.shard,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the training of which ``state_dict`` is the state.

        A moving average that the state lacks starts from its generator.

        Raises:
            ValueError: if it is the state of other networks.
        """
        weights: dict[str, Tensor] = state_dict["state_dict"]
        if state_dict["optimizers"].keys() != self.trained.keys():
            raise ValueError(
                f"the state is that of a training of {' and '.join(state_dict['optimizers'])}, not "
                f"of {' and '.join(self.trained)}"
            )
        for name, (network, optimizer) in self.trained.items():
            _fill(network, weights, name)
            optimizer.load_state_dict(state_dict["optimizers"][name])
        if self.average is not None:
            kept = state_dict["averaged"] > 0
            _fill(self.average.module, weights, "generator_average" if kept else "generator")
            self.average.n_averaged.fill_(state_dict["averaged"])
        if self.scaler is not None and state_dict["scaler"]:
            self.scaler.load_state_dict(state_dict["scaler"])
        for counter in ("step", "samples", "shard"):
            setattr(self, counter, state_dict[counter])


def _average(average: list[Tensor], current: list[Tensor], steps: Tensor, *, decay: float) -> None:
    """Move the average towards the current weights."""
    count = int(steps)
    get_ema_multi_avg_fn(min(decay, (1 + count) / (10 + count)))(average, current, steps)


def _fill(network: nn.Module, weights: dict[str, Tensor], part: str) -> None:
    """Load the weights of one part into a network."""
    prefix = f"{part}."
    own = {
        name.removeprefix(prefix): tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
    try:
        unwrap(network).load_state_dict(own)
    except RuntimeError as error:
        raise ValueError(f"the state is that of another {part}: {error}") from error
