"""The variants by name, each with the settings of its paper."""

from __future__ import annotations

from collections.abc import Callable

from guidance.distillation.context import ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults
from limn.registry import Registry

Variant = Callable[..., ScoreGradients]
"""A function of a `ScoreContext`, with settings of its own as keywords."""


VARIANTS: Registry[Variant] = Registry("variant")
PAPER_DEFAULTS: dict[str, PaperDefaults] = {}


def register_variant(name: str, defaults: PaperDefaults) -> Callable[[Variant], Variant]:
    """Decorator that registers a variant with the settings of its paper."""

    def enter(variant: Variant) -> Variant:
        PAPER_DEFAULTS[name] = defaults
        return VARIANTS.register(name)(variant)

    return enter
