"""What travels: rocket, car, boat; and a hat."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.solids.forms import (
    around,
    ball,
    both,
    box,
    lathe,
    moved,
    prism,
    ring,
    rod,
    several,
    smooth,
    turned,
    within,
)
from renderers.solids.solid import Part, Solid


def rocket() -> Solid:
    """A toy rocket with three fins and a window."""
    body = lathe(smooth([(0.0, -0.62), (0.22, -0.62), (0.3, -0.3), (0.32, 0.1), (0.25, 0.5), (0.0, 1.0)]), 0.01)
    fin = prism([(0.2, -0.2), (0.58, -0.62), (0.58, -0.92), (0.2, -0.66)], 0.0, 0.045, 0.02)
    parts = [
        Part("body", "e8e8ec", body),
        Part("nose", "d8302a", within(body, lambda p: 0.48 - p[:, 1], 0.012)),
        Part("fins", "d8302a", around(3, fin, 90), 0.06),
        Part("nozzle", "55585f", lathe([(0.0, -0.6), (0.15, -0.6), (0.22, -0.84), (0.0, -0.84)], 0.01), 0.06),
        Part("frame", "f0b429", ring((0.0, 0.22, 0.3), 0.15, 0.035, 2)),
        Part("window", "4aa8e0", ball((0.0, 0.22, 0.29), (0.135, 0.135, 0.07))),
    ]
    return Solid("a rocket", parts)


def car() -> Solid:
    """A car, its headlights in front."""
    body = prism(  # height, depth
        [
            (-0.32, -0.88),
            (0.05, -0.9),
            (0.1, -0.6),
            (0.4, -0.42),
            (0.42, 0.18),
            (0.1, 0.46),
            (0.02, 0.88),
            (-0.32, 0.9),
        ],
        0.0,
        0.42,
        0.05,
        axis=0,
    )
    side = prism([(0.1, -0.5), (0.35, -0.38), (0.36, 0.14), (0.1, 0.36)], 0.0, 0.435, 0.01, axis=0)
    ahead = prism([(0.1, 0.42), (0.37, 0.2), (0.37, 0.3), (0.1, 0.52)], 0.0, 0.34, 0.01, axis=0)
    behind = prism([(0.12, -0.62), (0.37, -0.48), (0.37, -0.42), (0.12, -0.54)], 0.0, 0.34, 0.01, axis=0)
    wheel = turned(lathe([(0.0, -0.09), (0.22, -0.09), (0.22, 0.09), (0.0, 0.09)], 0.02), 90, 2)
    hub = turned(lathe([(0.0, -0.12), (0.1, -0.12), (0.1, 0.12), (0.0, 0.12)], 0.01), 90, 2)
    places = [(x, -0.32, z) for x in (-0.38, 0.38) for z in (-0.55, 0.55)]
    parts = [
        Part("car", "d8302a", body),
        Part("windows", "a8dcf5", several(side, ahead, behind)),
        Part("wheels", "2a2b30", several(*(moved(wheel, place) for place in places))),
        Part("hubs", "d5d8de", several(*(moved(hub, place) for place in places))),
        Part("lights", "ffe680", both(lambda s: ball((0.27 * s, -0.06, 0.88), 0.09))),
        Part("tail lights", "7d1512", both(lambda s: ball((0.3 * s, -0.04, -0.9), 0.07))),
    ]
    return Solid("a car", parts)


def boat() -> Solid:
    """A sailing boat, its bow to the right."""
    hull = prism([(-0.85, -0.35), (0.9, -0.35), (0.6, -0.75), (-0.65, -0.75)], 0.0, 0.3, 0.06)

    def tapered(p: Tensor) -> Tensor:
        side: Tensor = p[:, 2].abs() - 0.3 + 0.42 * (p[:, 0] - 0.25).clamp_min(0)
        return torch.maximum(hull(p), 0.9 * side)

    parts = [
        Part("hull", "b5562c", tapered),
        Part("mast", "6b4423", rod((0, -0.5, 0), (0, 0.87, 0), 0.055)),
        Part("sail", "f4f6fa", prism([(-0.06, -0.25), (-0.06, 0.85), (-0.7, -0.25)], 0.0, 0.035, 0.02)),
        Part("jib", "e8413c", prism([(0.06, -0.25), (0.06, 0.7), (0.62, -0.25)], 0.0, 0.035, 0.02)),
    ]
    return Solid("a boat", parts)


def hat() -> Solid:
    """A top hat with a band."""
    crown = lathe(smooth([(0.0, -0.45), (0.42, -0.45), (0.4, 0.0), (0.46, 0.5), (0.44, 0.55), (0.0, 0.55)]), 0.01)
    brim = lathe(smooth([(0.0, -0.5), (0.5, -0.52), (0.8, -0.44), (0.82, -0.38), (0.5, -0.45), (0.0, -0.44)]), 0.015)
    parts = [
        Part("hat", "33333a", crown),
        Part("brim", "33333a", brim, 0.02),
        Part("band", "c0262d", within(crown, box((0, -0.28, 0), (1, 0.1, 1)), 0.012)),
    ]
    return Solid("a hat", parts, ("hat", "brim"))
