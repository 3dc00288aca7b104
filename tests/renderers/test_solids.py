"""The world of solids: distances, meshes, captions and colours."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch
import trimesh
from torch import Tensor

from limn.colours import COLOURS
from renderers.solids import Part, Solid, captions, solid
from renderers.solids.forms import Distance, ball, box, lathe, prism, ring, rod, turned
from renderers.solids.nets import slopes, surface_nets
from renderers.solids.things.shapes import SHAPES
from renderers.solids.world import THINGS


def some(caption: str) -> Solid:
    found = solid(caption)
    assert found is not None, caption
    return found


def drawn(seed: int, count: int) -> Tensor:
    return 2.0 * torch.rand(count, 3, generator=torch.Generator().manual_seed(seed)) - 1.0


def as_trimesh(found: Solid, cells: int = 32) -> trimesh.Trimesh:
    mesh = found.mesh(cells)
    return trimesh.Trimesh(mesh.vertices.numpy(), mesh.faces.numpy(), process=False)


def tube() -> trimesh.Trimesh:
    made = trimesh.creation.cylinder(0.4, 1.0, sections=96)
    made.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, (1, 0, 0)))
    return made


SQUARE = [(-0.5, -0.4), (0.5, -0.4), (0.5, 0.4), (-0.5, 0.4)]
FORMS: dict[str, tuple[Distance, trimesh.Trimesh]] = {
    "ball": (ball((0.1, 0, 0), 0.6), trimesh.creation.icosphere(3, 0.6).apply_translation((0.1, 0, 0))),
    "box": (box((0, 0.2, 0), (0.5, 0.3, 0.4), 0.0), trimesh.creation.box((1, 0.6, 0.8)).apply_translation((0, 0.2, 0))),
    "rod": (rod((0, 0, -0.4), (0, 0, 0.4), 0.3), trimesh.creation.capsule(0.8, 0.3, [32, 32])),
    "ring": (ring((0, 0, 0), 0.6, 0.2, 2), trimesh.creation.torus(0.6, 0.2, 48, 48)),
    "lathe": (lathe([(0, -0.5), (0.4, -0.5), (0.4, 0.5), (0, 0.5)]), tube()),
    "prism": (
        turned(prism(SQUARE, 0.1, 0.2, 0.0), 90),
        trimesh.creation.box((0.4, 0.8, 1.0)).apply_translation((0.1, 0, 0)),
    ),
}


def winding(mesh: trimesh.Trimesh, points: Tensor) -> Tensor:
    """How often a surface goes around points: solid angles of its triangles (van Oosterom and Strackee 1983)."""
    a, b, c = (torch.from_numpy(mesh.triangles.copy()).float()[None] - points[:, None, None]).unbind(2)
    la, lb, lc = a.norm(dim=2), b.norm(dim=2), c.norm(dim=2)
    volume = (a * torch.linalg.cross(b, c)).sum(2)
    rest = la * lb * lc + (a * b).sum(2) * lc + (a * c).sum(2) * lb + (b * c).sum(2) * la
    return torch.atan2(volume, rest).sum(1) / (2 * torch.pi)


@pytest.mark.parametrize("name", FORMS)
def test_forms_are_the_signed_distances_of_meshes(name: str) -> None:
    form, mesh = FORMS[name]
    points, surface = drawn(0, 200), torch.from_numpy(trimesh.sample.sample_surface(mesh, 20_000, seed=0)[0]).float()
    away = torch.cdist(points, surface).amin(1)
    found, inside = form(points), winding(mesh, points) > 0.5
    assert ((found < 0) == inside)[away > 0.02].all()
    assert inside.sum() > 5
    # Inside, a lathe's axis is an edge of its polygon, though not of the body.
    torch.testing.assert_close(found[~inside], away[~inside], atol=0.02, rtol=0)


@pytest.mark.parametrize("name", [*SHAPES, "tree", "table", "boat", "fish", "cup", "ice cream", "chair", "mug", "dog"])
def test_solids_are_closed_and_fill_the_unit_sphere(name: str) -> None:
    made = as_trimesh(some(name))
    assert made.volume > 0
    directed = Counter(map(tuple, made.edges.tolist()))
    assert directed == {(b, a): count for (a, b), count in directed.items()}  # every edge is gone both ways
    assert np.linalg.norm(made.vertices, axis=1).max() == pytest.approx(1.0, abs=0.05)
    assert np.abs(made.bounds.sum(0)).max() < 0.08


@pytest.mark.parametrize("name", ["cube", "torus", "pyramid", "mug", "dog", "car"])
def test_distances_grow_by_one_outside_near_the_surface(name: str) -> None:
    found = some(name)
    mesh = as_trimesh(found, 48)
    on, faces = trimesh.sample.sample_surface(mesh, 300, seed=0)
    surface = torch.from_numpy(on).float()
    out = surface + 0.04 * torch.from_numpy(mesh.face_normals[faces]).float()
    assert found.distance(surface).abs().quantile(0.9) < 0.012
    assert (found.distance(out) > 0).float().mean() > 0.97
    assert (found.distance(2 * surface - out) < 0).float().mean() > 0.9  # thin parts are left on the other side
    assert (slopes(found.distance, out).norm(dim=1) - 1).abs().quantile(0.85) < 0.12


def test_a_thin_thing_between_the_middles_of_blocks_is_found() -> None:
    vertices, faces = surface_nets(rod((-0.7, 0, 0), (0.7, 0.1, 0.2), 0.06), 0.02, 1.3)
    made = trimesh.Trimesh(vertices.numpy(), faces.numpy())
    assert made.is_watertight
    assert made.volume == pytest.approx(
        np.pi * 0.06**2 * np.hypot(1.4, np.hypot(0.1, 0.2)) + 4 / 3 * np.pi * 0.06**3, rel=0.03
    )


def test_every_name_is_a_solid() -> None:
    names = captions()
    assert len(names) == len(set(names)) == len(THINGS) + len(SHAPES) * len(COLOURS)
    assert all(solid(name) is not None for name in names)
    for other in ("", "red", "a zebra", "a mug with wings", "two mugs", "a mug with a"):
        assert solid(other) is None, other


def test_words_decide_the_colours_of_parts() -> None:
    def colours(caption: str) -> dict[str, str]:
        return {part.name: part.colour for part in some(caption).parts}

    own, blue, green = colours("a mug"), colours("The BLUE mug"), colours("a mug with a green handle")
    assert blue["cup"] == blue["handle"] == "1f52e0"
    assert blue["inside"] == own["inside"] == green["inside"]
    assert green["cup"] == own["cup"]
    assert green["handle"] == "21a133"
    both = colours("a yellow mushroom with blue dots and a red stem")
    assert (both["cap"], both["spots"], both["stem"]) == ("ffde1a", "1f52e0", "e31a1c")
    assert colours("a gray ball")["form"] == colours("a sphere")["form"] == "8c8c8c"


def test_patterns_lie_on_the_main_parts() -> None:
    found = some("a red ball with white dots and blue stripes")
    seen = found.mesh(24).corner_colours
    assert seen is not None
    kinds = {tuple(round(value, 2) for value in colour) for colour in seen.view(-1, 3).tolist()}
    assert kinds == {(0.89, 0.1, 0.11), (0.98, 0.98, 0.98), (0.12, 0.32, 0.88)}
    assert some("a mushroom with spots").colour(drawn(1, 50)).equal(some("a mushroom").colour(drawn(1, 50)))


def test_parts_are_groups_and_are_seen_from_their_side() -> None:
    mesh = some("a dog").mesh(32)
    assert sorted(torch.cat(list(mesh.groups.values())).tolist()) == list(range(len(mesh.faces)))
    head, tail = (mesh.vertices[mesh.faces[mesh.groups[name]].long()][..., 2].mean() for name in ("head", "tail"))
    assert head > 0.2 > -0.2 > tail  # the front is on +z
    lights = Solid(
        "lights", [Part("red", "ff0000", ball((0, 1, 0), 0.3)), Part("green", "00ff00", ball((0, 0, 0), 0.3))]
    )
    seen = lights.mesh(24)
    red, green = (seen.corner_colours[seen.groups[name]].view(-1, 3) for name in ("red", "green"))
    assert (red == torch.tensor([1.0, 0, 0])).all()
    assert (green == torch.tensor([0, 1.0, 0])).all()
    assert (seen.vertices[seen.faces[seen.groups["red"]].long()][..., 1] > 0).all()
