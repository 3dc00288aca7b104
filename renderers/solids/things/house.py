"""Things of the house: chair, table, lamp, house."""

from __future__ import annotations

from renderers.solids.forms import ball, both, box, lathe, prism, rod, several, smooth
from renderers.solids.solid import Part, Solid


def chair() -> Solid:
    """A wooden chair with two slats."""
    wood, seat = "9a5f2e", "d98b3f"
    legs = several(
        *(rod((x, -0.05, z), (x * 1.1, -0.9, z * 1.1), 0.055, 0.045) for x in (-0.36, 0.36) for z in (-0.36, 0.36))
    )
    posts = both(lambda s: rod((0.36 * s, 0.0, -0.38), (0.37 * s, 0.86, -0.5), 0.055))
    slats = several(*(box((0, y, -0.39 - 0.14 * (y + 0.05)), (0.36, 0.075, 0.03), 0.03) for y in (0.36, 0.76)))
    parts = [
        Part("legs", wood, legs),
        Part("back", wood, several(posts, slats), 0.03),
        Part("seat", seat, box((0, 0, 0), (0.48, 0.065, 0.46), 0.05), 0.02),
    ]
    return Solid("a chair", parts, ("legs", "back", "seat"))


def table() -> Solid:
    """A table on four legs."""
    legs = several(*(rod((x, 0.2, z), (x, -0.6, z), 0.075, 0.06) for x in (-0.68, 0.68) for z in (-0.4, 0.4)))
    parts = [
        Part("top", "b9793f", box((0, 0.28, 0), (0.85, 0.07, 0.56), 0.03)),
        Part("legs", "8a5529", legs, 0.02),
    ]
    return Solid("a table", parts, ("top", "legs"))


def lamp() -> Solid:
    """A lamp under a shade, on a round foot."""
    shade = lathe([(0.28, 0.8), (0.55, 0.1), (0.5, 0.1), (0.22, 0.8)], 0.02)
    parts = [
        Part("shade", "f5c542", shade),
        Part("bulb", "fff6cf", ball((0, 0.3, 0), 0.2)),
        Part("stem", "8a5529", rod((0, -0.7, 0), (0, 0.75, 0), 0.05)),
        Part(
            "foot",
            "8a5529",
            lathe(smooth([(0.0, -0.82), (0.4, -0.82), (0.38, -0.74), (0.1, -0.66), (0.0, -0.6)])),
            0.05,
        ),
    ]
    return Solid("a lamp", parts)


def house() -> Solid:
    """A house with a gable roof, a door and windows."""
    walls = box((0, -0.3, 0), (0.6, 0.42, 0.5), 0.02)
    gable = prism([(-0.58, 0.1), (0.58, 0.1), (0.0, 0.56)], 0.0, 0.49, 0.01)
    sides = both(
        lambda s: prism([(0.0, 0.55), (0.78 * s, -0.04), (0.78 * s, 0.07), (0.0, 0.68)][:: int(s)], 0.0, 0.62, 0.015)
    )
    panes = several(
        *(box((x, -0.22, z), (0.14, 0.13, 0.03), 0.01) for x in (0.36, -0.36) for z in (0.5, -0.5)),
        *(box((x, -0.25, 0.0), (0.03, 0.14, 0.2), 0.01) for x in (0.6, -0.6)),
    )
    parts = [
        Part("walls", "f0d9a8", several(walls, gable)),
        Part("roof", "b5402c", sides),
        Part("chimney", "8a4a3a", box((0.32, 0.5, -0.2), (0.1, 0.26, 0.1), 0.015)),
        Part("door", "6b3f22", box((0, -0.44, 0.5), (0.13, 0.26, 0.035), 0.01)),
        Part("windows", "8fd0ee", panes),
    ]
    return Solid("a house", parts)
