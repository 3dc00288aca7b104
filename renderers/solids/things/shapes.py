"""Geometric solids of one part each."""

from __future__ import annotations

import torch

from renderers.solids.forms import Distance, ball, box, lathe, prism, ring, rod, turned

FORM = "form"
"""The name of their only part."""


def sphere() -> Distance:
    """A ball."""
    return ball((0, 0, 0), 0.9)


def cube() -> Distance:
    """A die without eyes."""
    return box((0, 0, 0), (0.6, 0.6, 0.6), 0.03)


def cone() -> Distance:
    """A cone on its base."""
    return lathe([(0.0, -0.8), (0.75, -0.8), (0.0, 0.8)], 0.02)


def cylinder() -> Distance:
    """A cylinder, upright."""
    return lathe([(0.0, -0.7), (0.55, -0.7), (0.55, 0.7), (0.0, 0.7)], 0.03)


def torus() -> Distance:
    """A ring that stands, its hole in front."""
    return ring((0, 0, 0), 0.65, 0.25, 2)


def capsule() -> Distance:
    """A pill, upright and tilted to the right."""
    return turned(rod((0, -0.5, 0), (0, 0.5, 0), 0.38), -35.0, 2)


def pyramid() -> Distance:
    """A pyramid on four sides."""
    side = [(-0.8, -0.6), (0.8, -0.6), (0.0, 0.6)]
    front, right = prism(side, 0.0, 2.0), prism([(y, z) for z, y in side], 0.0, 2.0, axis=0)
    return lambda p: torch.maximum(front(p), right(p))


SHAPES = {form.__name__: form for form in (sphere, cube, cone, cylinder, torus, capsule, pyramid)}
ALIASES = {"ball": "sphere", "box": "cube", "ring": "torus", "donut": "torus", "pill": "capsule"}
"""Other words for the same."""
