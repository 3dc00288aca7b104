"""Makes the models of this folder (CC0): signed distances of simple forms, joined smoothly, meshed evenly, coloured.

Run ``python configs/assets/models/make.py`` from the root of the project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from renderers.mesh import Mesh, normalise, unwrap, write_glb
from renderers.mesh.unwrap import bake

TEXTURE = 512  # texels
Array = np.ndarray
Distance = Callable[[Array], Array]  # signed distances [n] of points [n, 3], negative inside


@dataclass(frozen=True)
class Form:
    """A part of a model: its name, its colour (sRGB, hexadecimal), its form, and how softly it joins those before."""

    name: str
    colour: str
    distance: Distance
    blend: float = 0.0


def ball(centre: tuple[float, float, float], radii: tuple[float, float, float] | float) -> Distance:
    """A sphere or an ellipsoid (to first order near its surface)."""
    size = np.broadcast_to(np.array(radii, float), 3)

    def distance(p: Array) -> Array:
        q = p - centre
        inner, outer = np.linalg.norm(q / size, axis=1), np.linalg.norm(q / size**2, axis=1)
        return inner * (inner - 1) / np.maximum(outer, 1e-9)

    return distance


def rod(
    a: tuple[float, float, float], b: tuple[float, float, float], thick: float, end: float | None = None
) -> Distance:
    """A capsule from a to b whose radius goes from ``thick`` to ``end``."""
    start, along = np.array(a, float), np.array(b, float) - a

    def distance(p: Array) -> Array:
        t = np.clip((p - start) @ along / (along @ along), 0, 1)
        radius = thick + t * ((thick if end is None else end) - thick)
        return np.linalg.norm(p - start - t[:, None] * along, axis=1) - radius

    return distance


def box(centre: tuple[float, float, float], half: tuple[float, float, float], edge: float = 0.02) -> Distance:
    """A box with rounded edges."""

    def distance(p: Array) -> Array:
        q = np.abs(p - centre) - np.array(half) + edge
        return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0) - edge

    return distance


def ring(centre: tuple[float, float, float], radius: float, thick: float, axis: int) -> Distance:
    """A torus around an axis."""

    def distance(p: Array) -> Array:
        q = p - centre
        across = np.delete(q, axis, 1)
        return np.hypot(np.linalg.norm(across, axis=1) - radius, q[:, axis]) - thick

    return distance


def outline(points: list[tuple[float, float]], edge: float = 0.0) -> Callable[[Array], Array]:
    """Signed distance to a polygon in the plane."""
    a = np.array(points, float)
    side = np.roll(a, -1, 0) - a

    def distance(p: Array) -> Array:
        w = p[:, None] - a
        t = np.clip((w * side).sum(2) / np.maximum((side * side).sum(1), 1e-12), 0, 1)
        gap = ((w - t[..., None] * side) ** 2).sum(2).min(1)
        above, above_next = w[..., 1] >= 0, np.roll(w[..., 1] >= 0, -1, 1)
        left = side[:, 0] * w[..., 1] - side[:, 1] * w[..., 0] > 0
        winding = (above & ~above_next & left).sum(1) + (~above & above_next & ~left).sum(1)
        return np.where(winding % 2 == 1, -1, 1) * np.sqrt(gap) - edge

    return distance


def lathe(points: list[tuple[float, float]], edge: float = 0.0) -> Distance:
    """A polygon of (radius, height) turned around the y axis."""
    flat = outline(points, edge)
    return lambda p: flat(np.stack([np.hypot(p[:, 0], p[:, 2]), p[:, 1]], 1))


def prism(points: list[tuple[float, float]], middle: float, half: float, edge: float = 0.02, axis: int = 2) -> Distance:
    """A polygon in the other two axes, extruded along one."""
    flat = outline(points, edge)

    def distance(p: Array) -> Array:
        q = np.stack([flat(np.delete(p, axis, 1)) + edge, np.abs(p[:, axis] - middle) - half + edge], 1)
        return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0) - edge

    return distance


def smooth(points: list[tuple[float, float]], steps: int = 8) -> list[tuple[float, float]]:
    """A Catmull-Rom curve through points."""
    p = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    rows = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        rows.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return [tuple(row) for row in np.concatenate([*rows, p[-1:]])]


def both(form: Callable[[float], Distance]) -> Distance:
    """A form and its mirror image: ``form`` is given +1 and -1."""
    left, right = form(-1.0), form(1.0)
    return lambda p: np.minimum(left(p), right(p))


def several(*forms: Distance) -> Distance:
    """The union of forms."""
    return lambda p: np.min([form(p) for form in forms], axis=0)


def without(form: Distance, hole: Distance) -> Distance:
    """A form with another cut out."""
    return lambda p: np.maximum(form(p), -hole(p))


def joined(forms: list[Form]) -> Distance:
    """All forms as one surface."""

    def distance(p: Array) -> Array:
        total = forms[0].distance(p)
        for form in forms[1:]:
            other = form.distance(p)
            bulge = np.maximum(form.blend - np.abs(total - other), 0) ** 2 / (4 * form.blend) if form.blend else 0
            total = np.minimum(total, other) - bulge
        return total

    return distance


def nets(distance: Distance, step: float, reach: float = 1.3) -> tuple[Array, Array]:
    """Vertices and faces of the surface where ``distance`` is zero, evenly sized (naive surface nets, Gibson 1998)."""
    axis = np.arange(-reach, reach + step, step) + step * 0.37
    n = len(axis)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1)
    values = np.concatenate([distance(rows) for rows in np.array_split(grid.reshape(-1, 3), 64)]).reshape(n, n, n)
    inside = values < 0
    sums, counts = np.zeros((n, n, n, 3)), np.zeros((n, n, n))
    quads = []
    for k in range(3):
        here = tuple(slice(None, -1) if j == k else slice(None) for j in range(3))
        there = tuple(slice(1, None) if j == k else slice(None) for j in range(3))
        cells = np.argwhere(inside[here] != inside[there])
        a, b = values[here][tuple(cells.T)], values[there][tuple(cells.T)]
        points = axis[cells]
        points[:, k] += step * a / (a - b)
        one, two = np.eye(3, dtype=int)[[(k + 1) % 3, (k + 2) % 3]]
        corners = [cells - one - two, cells - two, cells, cells - one]
        for corner in corners:
            np.add.at(sums, tuple(corner.T), points)
            np.add.at(counts, tuple(corner.T), 1)
        index = np.stack([np.ravel_multi_index(tuple(corner.T), (n, n, n)) for corner in corners], 1)
        quads.append(np.where((a < b)[:, None], index, index[:, ::-1]))
    used, corner = np.unique(np.concatenate(quads), return_inverse=True)
    corner = corner.reshape(-1, 4)
    vertices = sums.reshape(-1, 3)[used] / counts.reshape(-1)[used, None]
    return _settled(vertices, distance), np.concatenate([corner[:, [0, 1, 2]], corner[:, [0, 2, 3]]])


def _settled(vertices: Array, distance: Distance) -> Array:
    """Newton steps onto the surface."""
    small = 1e-4
    for _ in range(3):
        value = distance(vertices)
        slope = np.stack([distance(vertices + small * e) - distance(vertices - small * e) for e in np.eye(3)], 1) / (
            2 * small
        )
        vertices = vertices - 0.7 * (value / np.maximum((slope**2).sum(1), 0.1))[:, None] * slope
    return vertices


def model(name: str, forms: list[Form], step: float) -> Mesh:
    """A mesh with a group for each name, and a texture whose borders between forms are sharp."""
    vertices, faces = nets(joined(forms), step)
    owner = np.argmin([form.distance(vertices[faces].mean(1)) for form in forms], axis=0)
    names = dict.fromkeys(form.name for form in forms)
    groups = {
        part: torch.from_numpy(np.flatnonzero(np.isin(owner, [k for k, form in enumerate(forms) if form.name == part])))
        for part in names
    }
    mesh = Mesh(
        torch.from_numpy(vertices.astype(np.float32)),
        torch.from_numpy(faces.astype(np.int32)),
        groups=groups,
        name=name,
    )
    mesh = unwrap(mesh, TEXTURE)
    palette = torch.tensor([[int(form.colour[k : k + 2], 16) / 255 for k in (0, 2, 4)] for form in forms])

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        points = (mesh.vertices[mesh.faces.long()[face]] * weights[..., None]).sum(1).numpy()
        return palette[np.argmin([form.distance(points) for form in forms], axis=0)]

    return normalise(replace(mesh, texture=bake(mesh, (TEXTURE, TEXTURE), colour)))


def vase() -> list[Form]:
    """A round-bellied vase, hollow at the neck, with a band."""
    outer = smooth(
        [(0.0, -0.95), (0.32, -0.95), (0.5, -0.6), (0.6, -0.15), (0.48, 0.3), (0.26, 0.6), (0.27, 0.8), (0.4, 0.95)]
    )
    band = [(0.56, -0.34), (0.72, -0.34), (0.72, -0.14), (0.56, -0.14)]
    body = lathe([*outer, (0.28, 0.97), (0.15, 0.8), (0.14, 0.4), (0.0, 0.35)], 0.01)
    stripe = lathe(band)
    return [
        Form("vase", "2f6fb5", body),
        Form("band", "f2e3c0", lambda p: np.maximum(body(p) - 0.012, stripe(p))),
    ]


def chair() -> list[Form]:
    """A wooden chair with two slats."""
    wood, seat = "9a5f2e", "d98b3f"
    legs = several(
        *(rod((x, -0.05, z), (x * 1.1, -0.9, z * 1.1), 0.055, 0.045) for x in (-0.36, 0.36) for z in (-0.36, 0.36))
    )
    posts = both(lambda s: rod((0.36 * s, 0.0, -0.38), (0.37 * s, 0.86, -0.5), 0.055))
    slats = several(*(box((0, y, -0.39 - 0.14 * (y + 0.05)), (0.36, 0.075, 0.03), 0.03) for y in (0.36, 0.76)))
    return [
        Form("legs", wood, legs),
        Form("back", wood, several(posts, slats), 0.03),
        Form("seat", seat, box((0, 0, 0), (0.48, 0.065, 0.46), 0.05), 0.02),
    ]


def mug() -> list[Form]:
    """A mug, cream inside."""
    cup = lathe(
        [(0.0, -0.62), (0.52, -0.62), (0.56, -0.58), (0.56, 0.6), (0.51, 0.63), (0.46, 0.6), (0.45, -0.5), (0.0, -0.5)],
        0.012,
    )
    ear = ring((0.62, 0.0, 0.0), 0.32, 0.075, 2)
    keep = without(ear, lambda p: np.hypot(p[:, 0], p[:, 2]) - 0.51)
    inside = lathe([(0.0, -0.48), (0.5, -0.48), (0.5, 0.7), (0.0, 0.7)])
    return [
        Form("cup", "2f9486", cup),
        Form("handle", "2f9486", keep, 0.06),
        Form("inside", "f4ead6", lambda p: np.maximum(cup(p), inside(p)) - 0.003),
    ]


def mushroom() -> list[Form]:
    """A fly agaric."""
    stem = lathe(smooth([(0.0, -0.85), (0.26, -0.85), (0.24, -0.6), (0.17, -0.2), (0.16, 0.2), (0.0, 0.25)]), 0.02)
    rim = [(0.0, 0.06), (0.3, 0.0), (0.62, -0.08), (0.76, -0.04), (0.74, 0.14), (0.58, 0.42), (0.32, 0.62), (0.0, 0.68)]
    cap = lathe(smooth(rim), 0.01)
    spots = []
    rings = [(88, 1, 0.14), (50, 4, 0.12), (21, 5, 0.1)]
    for up, turn, size in [(up, 360 * k / count + up, size) for up, count, size in rings for k in range(count)]:
        a, b = np.radians(up), np.radians(turn)
        out = np.array([np.cos(a) * np.cos(b), np.sin(a), np.cos(a) * np.sin(b)])
        start = out * [0.3, 0.2, 0.3] + [0, 0.1, 0]
        for t in np.linspace(0, 1, 200):  # walk out to the surface of the cap
            if cap((start + t * out)[None])[0] > 0:
                break
        spots.append(ball(tuple(start + (t - 0.02) * out), size))
    raised = lambda p: np.maximum(several(*spots)(p), cap(p) - 0.025)  # noqa: E731
    return [
        Form("stem", "f3e6cc", stem),
        Form("cap", "cf2b22", cap, 0.05),
        Form("spots", "fff8ea", raised),
    ]


def rocket() -> list[Form]:
    """A toy rocket with three fins and a window."""
    hull = smooth([(0.0, -0.62), (0.22, -0.62), (0.3, -0.3), (0.32, 0.1), (0.25, 0.5), (0.0, 1.0)])
    body = lathe(hull, 0.01)
    nose = lambda p: np.maximum(body(p) - 0.012, 0.48 - p[:, 1])  # noqa: E731
    fin = [(0.2, -0.2), (0.58, -0.62), (0.58, -0.92), (0.2, -0.66)]
    fins = []
    for turn in (0, 120, 240):
        c, s = np.cos(np.radians(turn + 90)), np.sin(np.radians(turn + 90))
        matrix = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
        fins.append(lambda p, m=matrix: prism(fin, 0.0, 0.045, 0.02)(p @ m))
    glass = ball((0.0, 0.22, 0.29), (0.135, 0.135, 0.07))
    return [
        Form("body", "e8e8ec", body),
        Form("nose", "d8302a", nose),
        Form("fins", "d8302a", several(*fins), 0.06),
        Form("nozzle", "55585f", lathe([(0.0, -0.6), (0.15, -0.6), (0.22, -0.84), (0.0, -0.84)], 0.01), 0.06),
        Form("frame", "f0b429", ring((0.0, 0.22, 0.3), 0.15, 0.035, 2)),
        Form("window", "4aa8e0", glass),
    ]


def house() -> list[Form]:
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
    return [
        Form("walls", "f0d9a8", several(walls, gable)),
        Form("roof", "b5402c", sides),
        Form("chimney", "8a4a3a", box((0.32, 0.5, -0.2), (0.1, 0.26, 0.1), 0.015)),
        Form("door", "6b3f22", box((0, -0.44, 0.5), (0.13, 0.26, 0.035), 0.01)),
        Form("windows", "8fd0ee", panes),
    ]


def dog() -> list[Form]:
    """A standing dog."""
    coat, dark = "b9793f", "5b3720"
    body = rod((0, -0.02, -0.42), (0, 0.03, 0.3), 0.27, 0.26)
    legs = several(*(rod((x, -0.1, z), (x, -0.72, z + 0.02), 0.12, 0.09) for x in (-0.16, 0.16) for z in (-0.44, 0.3)))
    paws = several(*(ball((x, -0.76, z + 0.06), (0.11, 0.075, 0.14)) for x in (-0.16, 0.16) for z in (-0.44, 0.3)))
    return [
        Form("body", coat, body),
        Form("legs", coat, legs, 0.12),
        Form("paws", dark, paws, 0.03),
        Form(
            "head",
            coat,
            several(rod((0, 0.15, 0.32), (0, 0.5, 0.5), 0.18), ball((0, 0.56, 0.52), (0.25, 0.24, 0.25))),
            0.15,
        ),
        Form("muzzle", "e6c49a", rod((0, 0.47, 0.68), (0, 0.45, 0.84), 0.12, 0.1), 0.06),
        Form("tail", coat, rod((0, 0.12, -0.62), (0, 0.5, -0.92), 0.09, 0.05), 0.12),
        Form("ears", dark, both(lambda s: rod((0.21 * s, 0.68, 0.46), (0.3 * s, 0.4, 0.5), 0.09, 0.1)), 0.03),
        Form("nose", "241812", ball((0, 0.5, 0.93), (0.06, 0.05, 0.05))),
        Form("eyes", "241812", both(lambda s: ball((0.11 * s, 0.63, 0.735), 0.042))),
    ]


MODELS = {vase: 0.056, chair: 0.04, mug: 0.06, mushroom: 0.057, rocket: 0.045, house: 0.06, dog: 0.0515}


if __name__ == "__main__":
    for make, step in MODELS.items():
        mesh = model(make.__name__, make(), step)
        (path,) = write_glb(Path(__file__).with_name(f"{make.__name__}.glb"), mesh)
        print(f"{path.name}: {len(mesh.faces):,} faces, {path.stat().st_size / 1024:.0f} KB, {', '.join(mesh.groups)}")
