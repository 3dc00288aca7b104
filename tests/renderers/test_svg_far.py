"""Curves that go far away are cut so that winding numbers stay."""

from __future__ import annotations

import random

import numpy as np
import pytest

from renderers.strokes.svg.far import FAR, within_reach
from renderers.strokes.svg.path_data import parse_path
from renderers.strokes.svg.pen import Chain


def winding(chain: Chain, place: complex) -> float:
    """Turns of a closed chain around a place, from 4001 points of each cubic."""
    points, total = [*chain.points, chain.points[0]], 0.0
    t = np.linspace(0, 1, 4001)
    s = 1 - t
    for start in range(0, len(points) - 1, 3):
        a, b, c, d = points[start : start + 4]
        curve = s**3 * a + 3 * s * s * t * b + 3 * s * t * t * c + t**3 * d - place
        total += float(np.angle(curve[1:] / curve[:-1]).sum())
    return total / (2 * np.pi)


@pytest.mark.parametrize("reach", [1e5, 3e5, 1e7])
def test_winding_numbers_stay(reach: float) -> None:
    draws = random.Random(int(reach))
    turned = 0
    for _ in range(40):
        numbers = " ".join(f"{draws.uniform(-reach, reach):.2f}" for _ in range(30))
        ((chain,), _) = parse_path(f"M9 9C{numbers}z")
        cut = within_reach(chain)
        place = complex(draws.uniform(-999, 999), draws.uniform(-999, 999))
        ends = cut.points[::3]
        assert max(max(abs(point.real), abs(point.imag)) for point in ends) <= FAR
        assert winding(cut, place) == pytest.approx(winding(chain, place), abs=0.01)
        turned += abs(winding(chain, place)) > 0.5
    assert turned > 10
