"""Checks of what an objective is built from: each error says what to give instead."""

from __future__ import annotations

import inspect

from torch import nn

from lamakit.backbones import FrozenExtractor


def check_discriminator(value: object) -> None:
    """Raise unless the value can be called as a discriminator, or is None."""
    if value is not None:
        _check_callable(
            "discriminator", value, "from an image to (logits, features)", "PatchDiscriminator()"
        )


def check_pair_loss(name: str, value: object, example: str) -> None:
    """Raise unless the value can be called as a loss of two images, or is None."""
    if isinstance(value, FrozenExtractor):
        raise TypeError(
            f"{name} must be a loss of two images, got a feature extractor: give "
            "PerceptualLoss(extractor)"
        )
    if value is not None:
        _check_callable(name, value, "from prediction and target to a scalar", example)


def check_image_loss(name: str, value: object, example: str) -> None:
    """Raise unless the value can be called as a loss of one image, or is None."""
    if value is not None:
        _check_callable(name, value, "from a prediction to a scalar", example)


def check_adversarial(value: object) -> None:
    """Raise unless the value has an adversarial loss for each network, or is None."""
    losses = [getattr(value, name, None) for name in ("generator_loss", "discriminator_loss")]
    if value is not None and (isinstance(value, type) or not all(map(callable, losses))):
        raise TypeError(
            "adversarial must be an adversarial loss such as NonSaturatingLoss(), HingeLoss() or "
            f"LeastSquaresLoss(), got {_describe(value)}"
        )


def check_weights(value: object, kind: type) -> None:
    """Raise unless the value holds weights of that kind."""
    if not isinstance(value, kind):
        name, terms = kind.__name__, list(inspect.signature(kind).parameters)
        unknown = (
            [repr(key) for key in value if key not in terms] if isinstance(value, dict) else []
        )
        advice = f"{name}(**weights)" if isinstance(value, dict) else f"{name}(adversarial=10)"
        if unknown:
            advice = f"a {name}; its terms are {', '.join(terms)}, not {', '.join(unknown)}"
        raise TypeError(f"weights must be a {name}, got {_describe(value)}: give {advice}")


def _check_callable(name: str, value: object, what: str, example: str) -> None:
    if isinstance(value, type) or not callable(value):
        raise TypeError(
            f"{name} must be a callable {what}, such as {example}; got {_describe(value)}"
        )


def _describe(value: object) -> str:
    """Return a value as a message names it: short, and a class as one."""
    if isinstance(value, type):
        return f"the class {value.__name__} instead of an instance"
    if isinstance(value, nn.Module):
        return f"a {type(value).__name__}"
    return f"{value!r:.60} of type {type(value).__name__}"
