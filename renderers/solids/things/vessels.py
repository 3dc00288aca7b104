"""Vessels: mug, cup, vase, bottle."""

from __future__ import annotations

import torch

from renderers.solids.forms import box, lathe, ring, rod, several, smooth, within, without
from renderers.solids.solid import Part, Solid


def mug() -> Solid:
    """A mug, cream inside."""
    cup = lathe(
        [(0.0, -0.62), (0.52, -0.62), (0.56, -0.58), (0.56, 0.6), (0.51, 0.63), (0.46, 0.6), (0.45, -0.5), (0.0, -0.5)],
        0.012,
    )
    ear = ring((0.62, 0.0, 0.0), 0.32, 0.075, 2)
    handle = without(ear, lambda p: torch.hypot(p[:, 0], p[:, 2]) - 0.51)
    inside = lathe([(0.0, -0.48), (0.5, -0.48), (0.5, 0.7), (0.0, 0.7)])
    parts = [
        Part("cup", "2f9486", cup),
        Part("handle", "2f9486", handle, 0.06),
        Part("inside", "f4ead6", within(cup, inside, 0.003)),
    ]
    return Solid("a mug", parts, ("cup", "handle"))


def cup() -> Solid:
    """A paper cup with a lid and a bent straw, as for juice."""
    body = lathe([(0.0, -0.85), (0.34, -0.85), (0.48, 0.3), (0.0, 0.3)], 0.01)
    straw = several(rod((0, 0.2, 0), (0.08, 0.76, 0), 0.06), rod((0.08, 0.76, 0), (0.36, 0.86, 0), 0.06))
    parts = [
        Part("cup", "c9bfe6", body),
        Part("band", "c2286e", within(body, box((0, 0.03, 0), (1, 0.22, 1)), 0.004)),
        Part("lid", "f0eef8", lathe([(0.0, 0.26), (0.54, 0.26), (0.52, 0.36), (0.0, 0.38)], 0.01)),
        Part("straw", "d92b5a", straw),
    ]
    return Solid("a cup", parts)


def vase() -> Solid:
    """A round-bellied vase, hollow at the neck, with a band."""
    outer = smooth(
        [(0.0, -0.95), (0.32, -0.95), (0.5, -0.6), (0.6, -0.15), (0.48, 0.3), (0.26, 0.6), (0.27, 0.8), (0.4, 0.95)]
    )
    band = lathe([(0.56, -0.34), (0.72, -0.34), (0.72, -0.14), (0.56, -0.14)])
    body = lathe([*outer, (0.28, 0.97), (0.15, 0.8), (0.14, 0.4), (0.0, 0.35)], 0.01)
    parts = [Part("vase", "2f6fb5", body), Part("band", "f2e3c0", within(body, band, 0.012))]
    return Solid("a vase", parts)


def bottle() -> Solid:
    """A bottle of green glass with a label and a cork."""
    glass = smooth(
        [(0.0, -0.9), (0.3, -0.9), (0.33, -0.8), (0.33, -0.1), (0.3, 0.1), (0.13, 0.4), (0.12, 0.75), (0.0, 0.76)]
    )
    body = lathe(glass, 0.01)
    parts = [
        Part("bottle", "2e7d3c", body),
        Part("label", "f7ecc9", within(body, box((0, -0.42, 0), (1, 0.22, 1)), 0.01)),
        Part("cork", "c8945a", lathe([(0.0, 0.7), (0.1, 0.7), (0.12, 0.9), (0.0, 0.9)], 0.01)),
    ]
    return Solid("a bottle", parts)
