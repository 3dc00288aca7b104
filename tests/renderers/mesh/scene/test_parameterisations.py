"""What of a mesh is optimised: where it starts, what it moves, that gradients reach it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from mesh_shapes import ball, box, square
from torch import Tensor

from limn.cameras import turntable
from limn.errors import InputError
from limn.surface import Connectivity, Surface
from renderers.mesh import PARAMETERISATIONS, Mesh, MeshRenderer, unwrap
from renderers.mesh.normals import vertex_normals
from renderers.mesh.parameters.free_form import bernstein, trilinear
from renderers.mesh.parameters.style_field import StyleField
from renderers.scene.colour import tinted
from renderers.scene.shading import Unlit

SMALL: dict[str, dict[str, Any]] = {
    "style_field": {"features": 8, "width": 8, "depth": 1},
    "normal_map": {"resolution": 16},
    "uv_texture": {"resolution": 16},
}
every = pytest.mark.parametrize("name", PARAMETERISATIONS.names())


@pytest.fixture(scope="module")
def mesh() -> Mesh:
    return unwrap(ball(8), 128)


def make(name: str, mesh: Mesh, candidates: int = 2, **settings: Any) -> Any:
    generator = torch.Generator().manual_seed(0)
    return PARAMETERISATIONS.find(name)(mesh, candidates, generator, **{**SMALL.get(name, {}), **settings})


def surface_of(mesh: Mesh, candidates: int = 2) -> Surface:
    vertices = mesh.vertices.expand(candidates, -1, -1)
    return Surface(vertices, Connectivity(mesh.faces), mesh.vertices, uv=mesh.uv, uv_faces=mesh.uv_faces)


def shaken(part: Any, scale: float = 0.1) -> Any:
    """Moves all parameters at random."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in part.parameters():
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
    return part


@every
def test_parameters_have_the_population_first_and_one_group_each(name: str, mesh: Mesh) -> None:
    part = make(name, mesh, 3)
    grouped = [parameter for group in part.parameter_groups() for parameter in group.parameters]
    assert {id(parameter) for parameter in grouped} == {id(p) for p in part.parameters() if p.requires_grad}
    assert all(len(parameter) == 3 for parameter in part.parameters())


@every
def test_nothing_has_moved_at_the_start(name: str, mesh: Mesh) -> None:
    found = make(name, mesh)(surface_of(mesh))
    torch.testing.assert_close(found.vertices, mesh.vertices.expand(2, -1, -1))
    for colours in (found.colours, found.texture):
        if colours is not None:
            torch.testing.assert_close(colours, torch.full_like(colours, 0.5))


@every
def test_candidates_are_apart_and_gradients_reach_every_parameter(name: str, mesh: Mesh) -> None:
    part = shaken(make(name, mesh))
    frames = MeshRenderer(mesh, [part], 2, size=(48, 48), cameras=turntable(2)).render()
    (frames.rgb[0] - 0.3).square().sum().backward()
    for parameter in filter(lambda p: p.requires_grad, part.parameters()):
        assert parameter.grad is not None
        assert torch.isfinite(parameter.grad).all()
        assert parameter.grad[0].abs().sum() > 0
        assert parameter.grad[1].abs().sum() == 0


@every
def test_one_candidate_of_many_is_the_same_alone(name: str, mesh: Mesh) -> None:
    many = shaken(make(name, mesh, 3))
    one = make(name, mesh, 1)
    one.load_state_dict({key: value[1:2] for key, value in many.state_dict().items()})
    together, alone = many(surface_of(mesh, 3)), one(surface_of(mesh, 1))
    for part in ("vertices", "colours", "texture", "normal_map"):
        if getattr(alone, part) is not None:
            torch.testing.assert_close(getattr(together, part)[1:2], getattr(alone, part))


@every
def test_constrained_parameters_stay_where_they_are_allowed(name: str, mesh: Mesh) -> None:
    part = shaken(make(name, mesh), 100.0)
    before = part(surface_of(mesh))
    with torch.no_grad():
        part.constrain()
        once = [parameter.clone() for parameter in part.parameters()]
        part.constrain()
    assert all(torch.equal(*pair) for pair in zip(once, part.parameters(), strict=True))
    found = part(surface_of(mesh))
    assert (found.vertices - mesh.vertices).abs().max() <= 2.0
    for colours in (found.colours, found.texture):
        assert colours is None or 0 <= colours.min() <= colours.max() <= 1
    assert found.vertices.shape == before.vertices.shape


def test_plain_vertex_offsets_add(mesh: Mesh) -> None:
    part = shaken(make("vertex_offsets", mesh, smoothing=0.0))
    torch.testing.assert_close(part(surface_of(mesh)).vertices, mesh.vertices + part.offsets)


def test_normal_displacement_blows_a_ball_up() -> None:
    smooth = ball(24)
    part = make("normal_displacement", smooth, 1)
    part.heights.data.fill_(10.0)
    radius = part(surface_of(smooth, 1)).vertices.norm(dim=2)
    torch.testing.assert_close(radius, torch.full_like(radius, 1.1), atol=2e-3, rtol=0)


def test_colours_start_from_the_meshs_own(mesh: Mesh) -> None:
    colours = torch.rand(len(mesh.vertices), 3)
    part = make("vertex_colours", replace(mesh, colours=colours))
    torch.testing.assert_close(part(surface_of(mesh)).colours, colours.expand(2, -1, -1))
    texture = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]]).expand(2, 2, 3)
    painted = make("vertex_colours", replace(square(), texture=texture.repeat_interleave(4, 0).repeat_interleave(4, 1)))
    assert painted.colours[0, :, 0].tolist() == pytest.approx([0.5] * 4)  # corners are where the texture repeats


def test_a_texture_starts_from_the_meshs_own(mesh: Mesh) -> None:
    texture = torch.rand(16, 16, 3)
    part = make("uv_texture", replace(square(), texture=texture))
    torch.testing.assert_close(part.texels, texture.expand(2, 16, 16, 3))
    coloured = make("uv_texture", replace(square(), colours=torch.tensor([[0.2, 0.4, 0.6]] * 4)))
    torch.testing.assert_close(coloured.texels[0, 8, 8], torch.tensor([0.2, 0.4, 0.6]))


@pytest.mark.parametrize("name", ["uv_texture", "normal_map"])
def test_what_lies_on_a_texture_needs_coordinates(name: str) -> None:
    with pytest.raises(InputError, match="ball has no texture coordinates; unwrap it"):
        make(name, ball(4))


@pytest.mark.parametrize("basis", [bernstein, trilinear])
def test_lattices_reproduce_straight_lines(basis: Any) -> None:
    place = torch.linspace(0, 1, 11)
    weights = basis(place, 4)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(11))
    torch.testing.assert_close(weights @ torch.linspace(0, 1, 4), place)
    assert (weights >= -1e-6).all()


def test_a_bent_lattice_moves_its_corners_with_it() -> None:
    template = box()
    part = make("free_form", template, 1, points=3)
    push = torch.randn(3)
    part.shifts.data[0, -1] = push  # the corner of greatest x, y, z
    moved = part(surface_of(template, 1)).vertices[0] - template.vertices
    torch.testing.assert_close(moved, push * (template.vertices == 0.5).all(dim=1, keepdim=True))
    with pytest.raises(InputError, match="points is 1"):
        make("free_form", template, points=1)


def field_by_hand(field: StyleField, mesh: Mesh, candidate: int) -> tuple[Tensor, Tensor]:
    """The field as text2mesh writes it, vertex by vertex."""
    weights = {key: value[candidate] for key, value in field.named_parameters()}

    def layer(name: str, x: Tensor) -> Tensor:
        return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"][0]

    colours, shifts = [], []
    for vertex in mesh.vertices:
        angles = 2 * torch.pi * vertex @ field.frequencies[candidate]
        x = torch.cat([vertex, angles.sin(), angles.cos()])
        for number in range(len(field.trunk)):
            x = layer(f"trunk.{number}", x).relu()
        out = {}
        for head in ("colour", "displacement"):
            y = layer(f"heads.{head}.0", x).relu()
            y = layer(f"heads.{head}.2", y).relu()
            out[head] = layer(f"heads.{head}.4", y).tanh()
        colours.append(0.5 + out["colour"] / 2)
        shifts.append(0.1 * out["displacement"])
    return torch.stack(colours), torch.stack(shifts)


def test_the_style_field_is_text2meshs(mesh: Mesh) -> None:
    field = shaken(make("style_field", mesh, 2))
    surface = field(surface_of(mesh))
    assert surface.colours is not None
    for candidate in range(2):
        colours, shifts = field_by_hand(field, mesh, candidate)
        torch.testing.assert_close(surface.colours[candidate], colours)
        normals = vertex_normals(mesh.vertices[None], mesh.faces)[0]
        torch.testing.assert_close(surface.vertices[candidate], mesh.vertices + shifts * normals)


def striped(mesh: Mesh, how: str) -> Mesh:
    """A mesh in colours of its own: of vertices, of faces, of a texture, or of a texture that repeats."""
    if how == "faces":
        colours = torch.rand(len(mesh.faces), 1, 3, generator=torch.Generator().manual_seed(0))
        return replace(mesh, corner_colours=colours.expand(-1, 3, -1))
    if how == "vertices":
        return replace(mesh, colours=torch.rand(len(mesh.vertices), 3, generator=torch.Generator().manual_seed(0)))
    texture = torch.rand(8, 8, 3, generator=torch.Generator().manual_seed(0))
    texture = texture.repeat_interleave(16, 0).repeat_interleave(16, 1)
    uv = None if mesh.uv is None else 3 * mesh.uv if how == "repeated" else mesh.uv
    return replace(mesh, texture=texture, uv=uv)


@pytest.mark.parametrize("how", ["vertices", "faces", "texture", "repeated"])
def test_a_style_begins_with_the_meshs_own_colours(mesh: Mesh, how: str) -> None:
    coloured, cameras = striped(mesh, how), turntable(2)
    own = MeshRenderer(coloured, size=(48, 48)).render(cameras).rgb
    kept = MeshRenderer(coloured, [make("style_field", coloured, 1)], size=(48, 48)).render(cameras).rgb
    torch.testing.assert_close(kept, own)
    grey = MeshRenderer(coloured, [make("style_field", coloured, 1, base="grey")], size=(48, 48)).render(cameras).rgb
    torch.testing.assert_close(grey, MeshRenderer(mesh, size=(48, 48)).render(cameras).rgb)
    assert (grey - own).abs().max() > 0.2


@pytest.mark.parametrize("how", ["vertices", "faces", "texture"])
def test_a_style_lightens_and_darkens_what_is_there(mesh: Mesh, how: str) -> None:
    coloured, cameras = striped(mesh, how), turntable(2)
    own = MeshRenderer(coloured, shading=Unlit(), size=(48, 48)).render(cameras)
    inside = own.alpha[0].expand(-1, 3, -1, -1) > 0.999
    for bias in (-10.0, -0.4, 0.4, 10.0):
        part = make("style_field", coloured, 1, parts=("colour",))
        part.heads["colour"][-1].bias.data.fill_(bias)
        found = MeshRenderer(coloured, [part], shading=Unlit(), size=(48, 48)).render(cameras).rgb[0]
        change = torch.tensor(bias).tanh()
        wanted = own.rgb[0] + change * (1 - own.rgb[0] if bias > 0 else own.rgb[0])
        torch.testing.assert_close(found[inside], wanted[inside], atol=1e-4, rtol=0)


def test_tints_of_every_colour_have_a_gradient_at_the_start() -> None:
    colour, residual = torch.tensor([0.0, 0.25, 0.5, 1.0]), torch.zeros(4, requires_grad=True)
    tinted(colour, residual).sum().backward()
    assert residual.grad is not None
    assert residual.grad.tolist() == [0.5] * 4
    for end, value in ((-1.0, 0.0), (0.0, None), (1.0, 1.0)):
        torch.testing.assert_close(
            tinted(colour, torch.full((4,), end)), colour if value is None else torch.full((4,), value)
        )


def test_a_style_over_a_painted_texture_changes_what_is_painted(mesh: Mesh) -> None:
    paint, field = shaken(make("uv_texture", mesh)), shaken(make("style_field", mesh))
    surface = MeshRenderer(mesh, [paint, field], 2).surface()
    assert surface.texture is paint.texels
    assert surface.residual is not None
    painted_over = MeshRenderer(mesh, [field, paint], 2).surface()
    assert painted_over.residual is None
    assert painted_over.colours is None


def test_the_style_fields_settings() -> None:
    field = PARAMETERISATIONS.find("style_field")(ball(4), 3, torch.Generator().manual_seed(0), sigma=7.0)
    assert isinstance(field, StyleField)
    assert field.trunk[0].weight.shape == (3, 515, 256)
    assert len(field.trunk) == 5
    assert field.frequencies.std() == pytest.approx(7.0, rel=0.05)
    assert not torch.equal(field.frequencies[0], field.frequencies[1])


def test_a_symmetrical_style(mesh: Mesh) -> None:
    field = shaken(make("style_field", mesh, 1, symmetry="z", parts=("colour",)))
    colours = field(surface_of(mesh, 1)).colours[0]
    mirror = torch.cdist(mesh.vertices * torch.tensor([1.0, 1.0, -1.0]), mesh.vertices).argmin(dim=1)
    torch.testing.assert_close(colours, colours[mirror], atol=1e-4, rtol=0)
    assert (colours[0] - colours[-1]).abs().max() > 1e-3
    with pytest.raises(InputError, match="parts is empty"):
        make("style_field", mesh, parts=())


def test_shape_and_colour_compose(mesh: Mesh) -> None:
    parts = [shaken(make(name, mesh)) for name in ("free_form", "normal_displacement", "uv_texture", "normal_map")]
    renderer = MeshRenderer(mesh, parts, 2)
    surface = renderer.surface()
    bent = parts[1](parts[0](surface_of(mesh)))
    torch.testing.assert_close(surface.vertices, bent.vertices)
    assert surface.texture is parts[2].texels
    assert surface.normal_map is not None
    assert [group.name for group in renderer.parameter_groups()] == ["lattice", "displacement", "texture", "normal_map"]
