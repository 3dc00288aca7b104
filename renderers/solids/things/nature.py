"""Living things and snow: tree, cactus, snowman, fish, dog."""

from __future__ import annotations

from renderers.solids.forms import Distance, around, ball, both, lathe, prism, ring, rod, several, turned
from renderers.solids.solid import Part, Solid


def tree() -> Solid:
    """A leafy tree."""
    crown = several(
        ball((0, 0.38, 0), 0.46), around(3, ball((0.3, 0.18, 0), 0.36), 30), around(3, ball((0.22, 0.56, 0), 0.32), 90)
    )
    parts = [
        Part("crown", "4a9a34", crown),
        Part("trunk", "8a5529", rod((0, -0.9, 0), (0, 0.1, 0), 0.15, 0.1)),
    ]
    return Solid("a tree", parts)


def cactus() -> Solid:
    """A cactus with three arms, two of which are seen from every side."""

    def arm(height: float) -> Distance:
        bend = (0.46, height + 0.05, 0)
        return several(rod((0, height, 0), bend, 0.14), rod(bend, (0.48, height + 0.48, 0), 0.14))

    arms = several(arm(-0.1), turned(arm(-0.36), 190), turned(arm(-0.2), 95))
    parts = [
        Part("cactus", "4fae3c", rod((0, -0.8, 0), (0, 0.75, 0), 0.22)),
        Part("arms", "4fae3c", arms, 0.06),
    ]
    return Solid("a cactus", parts, ("cactus", "arms"))


def snowman() -> Solid:
    """A snowman of two balls with a hat, a carrot and a scarf."""
    body = several(ball((0, -0.38, 0), (0.56, 0.52, 0.52)), ball((0, 0.32, 0), 0.38))
    hat = several(
        lathe([(0.0, 0.6), (0.34, 0.6), (0.34, 0.66), (0.0, 0.66)], 0.01),
        lathe([(0.0, 0.62), (0.21, 0.62), (0.21, 0.95), (0.0, 0.95)], 0.01),
    )
    scarf = several(ring((0, 0.06, 0), 0.28, 0.09), rod((0.16, 0.0, 0.34), (0.2, -0.34, 0.47), 0.085))
    twigs = both(
        lambda s: several(
            rod((0.45 * s, -0.2, 0), (0.82 * s, 0.1, 0), 0.04), rod((0.66 * s, -0.03, 0), (0.84 * s, -0.04, 0), 0.035)
        )
    )
    buttons = several(*(ball((0, y, z), 0.055) for y, z in ((-0.15, 0.48), (-0.36, 0.51), (-0.57, 0.48))))
    parts = [
        Part("snow", "e6eaf0", body),
        Part("hat", "2b2b30", hat),
        Part("scarf", "1f7fd6", scarf),
        Part("nose", "f08a24", rod((0, 0.3, 0.36), (0, 0.29, 0.6), 0.07, 0.02)),
        Part("eyes", "2b2b30", both(lambda s: ball((0.13 * s, 0.42, 0.345), 0.05))),
        Part("buttons", "2b2b30", buttons),
        Part("arms", "5b3720", twigs),
    ]
    return Solid("a snowman", parts)


def fish() -> Solid:
    """A fish, its head in front."""
    fins = several(
        prism([(0.2, 0.25), (0.5, -0.1), (0.2, -0.35)], 0.0, 0.04, 0.03, axis=0),
        prism([(-0.2, 0.1), (-0.2, -0.2), (-0.46, -0.2)], 0.0, 0.04, 0.03, axis=0),
    )
    parts = [
        Part("fish", "3f8fd6", ball((0, 0, 0.1), (0.24, 0.36, 0.68))),
        Part(
            "tail",
            "2a6fb8",
            prism([(0.0, -0.42), (0.36, -0.92), (0.0, -0.8), (-0.36, -0.92)], 0.0, 0.05, 0.03, axis=0),
            0.08,
        ),
        Part("fins", "2a6fb8", fins, 0.04),
        Part("eyes", "ffffff", both(lambda s: ball((0.15 * s, 0.1, 0.5), 0.09))),
        Part("pupils", "15151a", both(lambda s: ball((0.205 * s, 0.1, 0.53), 0.055))),
    ]
    return Solid("a fish", parts)


def dog() -> Solid:
    """A standing dog."""
    coat, dark = "b9793f", "5b3720"
    feet = [(x, z) for x in (-0.16, 0.16) for z in (-0.44, 0.3)]
    head = several(rod((0, 0.15, 0.32), (0, 0.5, 0.5), 0.18), ball((0, 0.56, 0.52), (0.25, 0.24, 0.25)))
    parts = [
        Part("body", coat, rod((0, -0.02, -0.42), (0, 0.03, 0.3), 0.27, 0.26)),
        Part("legs", coat, several(*(rod((x, -0.1, z), (x, -0.72, z + 0.02), 0.12, 0.09) for x, z in feet)), 0.12),
        Part("paws", dark, several(*(ball((x, -0.76, z + 0.06), (0.11, 0.075, 0.14)) for x, z in feet)), 0.03),
        Part("head", coat, head, 0.15),
        Part("muzzle", "e6c49a", rod((0, 0.47, 0.68), (0, 0.45, 0.84), 0.12, 0.1), 0.06),
        Part("tail", coat, rod((0, 0.12, -0.62), (0, 0.5, -0.92), 0.09, 0.05), 0.12),
        Part("ears", dark, both(lambda s: rod((0.21 * s, 0.68, 0.46), (0.3 * s, 0.4, 0.5), 0.09, 0.1)), 0.03),
        Part("nose", "241812", ball((0, 0.5, 0.93), (0.06, 0.05, 0.05))),
        Part("eyes", "241812", both(lambda s: ball((0.11 * s, 0.63, 0.735), 0.042))),
    ]
    return Solid("a dog", parts, ("body", "legs", "head", "tail"))
