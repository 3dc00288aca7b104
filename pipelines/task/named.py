"""Renderers as configs name them."""

from __future__ import annotations

from limn.components import Component
from limn.errors import InputError
from renderers.base import Renderer
from renderers.registry import Canvas


def named_renderer(named: Component, canvas: Canvas, views: bool) -> Renderer:
    """The renderer that a config names, on the CPU.

    Args:
        named: in the config.
        canvas: what it starts from.
        views: whether a scene with views is wanted, or one of flat pictures.

    Raises:
        InputError: it refuses its settings, or is of the other kind.
    """
    try:
        renderer: Renderer = named.make(canvas=canvas)
    except InputError as error:
        raise InputError(f"renderer.{named.name}: {error}") from error
    if renderer.has_views and not views:
        raise InputError(f"renderer: {named.name} draws a scene with views; expected one of flat pictures")
    if views and not renderer.has_views:
        raise InputError(f"renderer: {named.name} draws flat pictures; expected a scene with views")
    return renderer
