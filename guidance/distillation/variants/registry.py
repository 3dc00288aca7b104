"""The variants by name, each with the settings of its paper."""

from __future__ import annotations

from collections.abc import Callable

from guidance.distillation.context import ScoreGradients
from guidance.distillation.paper_defaults import PaperDefaults
from limn.registry import Registry

Variant = Callable[..., ScoreGradients]
"""A function of a `ScoreContext`, with settings of its own as keywords."""

VARIANTS: Registry[Variant] = Registry(
    "variant",
    {
        "bridge": "guidance.distillation.variants.plain:bridge",
        "csd": "guidance.distillation.variants.plain:csd",
        "dds": "guidance.distillation.variants.plain:dds",
        "hifa": "guidance.distillation.variants.inversion:hifa",
        "ism": "guidance.distillation.variants.inversion:ism",
        "nfsd": "guidance.distillation.variants.plain:nfsd",
        "perp_neg": "guidance.distillation.variants.plain:perp_neg",
        "sdi": "guidance.distillation.variants.inversion:sdi",
        "sds": "guidance.distillation.variants.plain:sds",
        "sjc": "guidance.distillation.variants.plain:sjc",
        "vsd": "guidance.distillation.variants.plain:vsd",
    },
)


def published_with(defaults: PaperDefaults, finds_noise: bool = False) -> Callable[[Variant], Variant]:
    """Decorator that gives a variant the settings of its paper.

    Args:
        defaults: those settings.
        finds_noise: whether it finds the noise of a picture by inversion, and has no use for that of its context.
    """

    def enter(variant: Variant) -> Variant:
        variant.paper_defaults = defaults  # type: ignore[attr-defined]
        variant.finds_noise = finds_noise  # type: ignore[attr-defined]
        return variant

    return enter


def finds_noise(variant: Variant) -> bool:
    """True if a variant has no use for the noise of its context."""
    return getattr(variant, "finds_noise", False)


def defaults_of(variant: Variant) -> PaperDefaults:
    """The settings of a variant's paper; DreamFusion's where it has none."""
    found: PaperDefaults = getattr(variant, "paper_defaults", PaperDefaults(100.0))
    return found
