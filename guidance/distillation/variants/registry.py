"""The variants by name, each with the settings that it was published with."""

from __future__ import annotations

from collections.abc import Callable

from guidance.distillation.context import ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults
from limn.registry import Registry

Variant = Callable[..., ScoreGradients]
"""A function of a `ScoreContext`, with settings of its own as keywords."""


VARIANTS: Registry[Variant] = Registry("variant")
PAPER_DEFAULTS: dict[str, PaperDefaults] = {}


def register_variant(name: str, published: PaperDefaults) -> Callable[[Variant], Variant]:
    """Registers a variant with its published settings."""

    def enter(variant: Variant) -> Variant:
        PAPER_DEFAULTS[name] = published
        return VARIANTS.register(name)(variant)

    return enter
