"""The variants by name, each with the settings that it was published with."""

from __future__ import annotations

from collections.abc import Callable

from guidance.distillation.published import Published
from guidance.distillation.query import Gradients
from renderers.registry import Registry

Variant = Callable[..., Gradients]
"""A function of a `Query`, with settings of its own as keywords."""


VARIANTS: Registry[Variant] = Registry("variant")
PUBLISHED: dict[str, Published] = {}


def register_variant(name: str, published: Published) -> Callable[[Variant], Variant]:
    """Registers a variant with its published settings."""

    def enter(variant: Variant) -> Variant:
        PUBLISHED[name] = published
        return VARIANTS.register(name)(variant)

    return enter
