"""Flat renderers as configs name them."""

from __future__ import annotations

from limn.components import Component
from limn.errors import InputError
from renderers.base import Renderer
from renderers.registry import Canvas


def flat_renderer(named: Component, canvas: Canvas) -> Renderer:
    """The renderer that a config names, on the CPU.

    Raises:
        InputError: it refuses its settings, or draws a scene with views.
    """
    try:
        renderer: Renderer = named.make(canvas=canvas)
    except InputError as error:
        raise InputError(f"renderer.{named.name}: {error}") from error
    if renderer.has_views:
        raise InputError(f"renderer: {named.name} draws a scene with views; expected one of flat pictures")
    return renderer
