"""The registries that renderers and guidance share; see `renderers.registry`."""

from renderers.registry import Registry, suggestion

__all__ = ["Registry", "suggestion"]
