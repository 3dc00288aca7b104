"""Food: apple, pear, ice cream, mushroom."""

from __future__ import annotations

import math

import torch

from renderers.solids.forms import Distance, ball, grown, lathe, rod, several, smooth, within
from renderers.solids.solid import Part, Solid


def apple() -> Solid:
    """A red apple with a stem and a leaf."""
    flesh = lathe(
        smooth(
            [(0.0, -0.55), (0.2, -0.64), (0.5, -0.48), (0.7, 0.0), (0.62, 0.4), (0.34, 0.56), (0.12, 0.48), (0.0, 0.3)]
        )
    )
    parts = [
        Part("apple", "d92b2f", flesh),
        Part("stem", "6b4423", rod((0, 0.3, 0), (0.06, 0.78, 0), 0.045)),
        Part("leaf", "4caf3a", ball((0.27, 0.7, 0.0), (0.24, 0.06, 0.13))),
    ]
    return Solid("an apple", parts)


def pear() -> Solid:
    """A pear with a stem and a leaf."""
    flesh = lathe(
        smooth(
            [
                (0.0, -0.86),
                (0.3, -0.8),
                (0.53, -0.46),
                (0.46, -0.1),
                (0.26, 0.22),
                (0.19, 0.5),
                (0.1, 0.62),
                (0.0, 0.62),
            ]
        )
    )
    parts = [
        Part("pear", "b5d334", flesh),
        Part("stem", "6b4423", rod((0, 0.5, 0), (0.06, 0.86, 0), 0.045)),
        Part("leaf", "4caf3a", ball((0.24, 0.76, 0.0), (0.2, 0.05, 0.11))),
    ]
    return Solid("a pear", parts)


def ice_cream() -> Solid:
    """A ball of ice cream with a cherry, in a cone."""
    ice = several(ball((0, 0.3, 0), 0.42), ball((0, 0.62, 0), 0.3))
    parts = [
        Part("ice cream", "fbe3c8", ice, 0.0),
        Part("cone", "d9973f", lathe([(0.0, -0.95), (0.06, -0.95), (0.4, 0.16), (0.0, 0.2)], 0.02)),
        Part("cherry", "d92b2f", ball((0, 0.96, 0), 0.1)),
    ]
    return Solid("an ice cream", parts)


def mushroom() -> Solid:
    """A fly agaric."""
    stem = lathe(smooth([(0.0, -0.85), (0.26, -0.85), (0.24, -0.6), (0.17, -0.2), (0.16, 0.2), (0.0, 0.25)]), 0.02)
    rim = [(0.0, 0.06), (0.3, 0.0), (0.62, -0.08), (0.76, -0.04), (0.74, 0.14), (0.58, 0.42), (0.32, 0.62), (0.0, 0.68)]
    cap = lathe(smooth(rim), 0.01)
    rings = [(88, 1, 0.14), (50, 4, 0.12), (21, 5, 0.1)]
    spots = [ball(_on(cap, up, 360 * k / count + up), size) for up, count, size in rings for k in range(count)]
    parts = [
        Part("stem", "f3e6cc", stem),
        Part("cap", "cf2b22", cap, 0.05),
        Part("spots", "fff8ea", within(grown(cap, 0.025), several(*spots))),
    ]
    return Solid("a mushroom", parts, ("cap",))


def _on(cap: Distance, up: float, turn: float) -> tuple[float, float, float]:
    """Where a ray from the middle of a cap leaves it; angles in degrees."""
    a, b = math.radians(up), math.radians(turn)
    out = torch.tensor([math.cos(a) * math.cos(b), math.sin(a), math.cos(a) * math.sin(b)])
    start = out * torch.tensor([0.3, 0.2, 0.3]) + torch.tensor([0.0, 0.1, 0.0])
    ways = torch.linspace(0, 1, 200)
    first = int((cap(start + ways[:, None] * out) > 0).int().argmax())
    x, y, z = (start + (float(ways[first]) - 0.02) * out).tolist()
    return x, y, z
