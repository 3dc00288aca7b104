"""The exported GLB, drawn by another renderer, is the picture that was optimised."""

from pathlib import Path

import numpy as np
import pytest
import torch
from independent import draw
from mesh_files import glb
from torch import Tensor

from limn.cameras import turntable
from renderers.mesh import Mesh, MeshRenderer, normalise, read_mesh, unwrap
from renderers.mesh.parameters import PARAMETERISATIONS
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.scene.shading import Unlit

MODELS = Path(__file__).parents[4] / "configs/assets/models"


def painted(mesh: Mesh, kind: str) -> Parameterisation:
    """A parameterisation with soft coloured noise in its parameters."""
    part = PARAMETERISATIONS.find(kind)(mesh, 1, torch.Generator())
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        (values,) = part.parameters()
        if kind == "uv_texture":
            coarse = torch.rand(1, 3, 24, 24, generator=generator)
            values.copy_(torch.nn.functional.interpolate(coarse, values.shape[1:3], mode="bicubic").permute(0, 2, 3, 1))
        else:
            values.copy_(0.5 + 0.4 * torch.sin(5 * mesh.vertices + torch.rand(3, generator=generator)))
        values.clamp_(0, 1)
    return part


def psnr(a: Tensor, b: Tensor) -> float:
    return -10 * float(torch.log10(((a - b) ** 2).mean()))


@pytest.mark.parametrize(
    ("model", "kind"), [("mushroom", None), ("rocket", None), ("vase", "uv_texture"), ("dog", "vertex_colours")]
)
def test_what_others_show_is_what_was_optimised(model: str, kind: str | None, tmp_path: Path) -> None:
    mesh = normalise(read_mesh(MODELS / f"{model}.glb"))
    mesh = unwrap(mesh, 256) if kind == "uv_texture" else mesh
    parts = [] if kind is None else [painted(mesh, kind)]
    size = (128, 128)
    renderer = MeshRenderer(
        mesh, parts, shading=Unlit(), texture_size=256, size=size, cameras=turntable(2, elevation=0.4)
    )
    ours = renderer.render().detach().rgb[0]
    renderer.artefacts(tmp_path)
    for index in range(2):
        view, projection = (
            np.asarray(matrices[index]) for matrices in (renderer.cameras.view, renderer.cameras.projection)
        )
        theirs = torch.from_numpy(draw(tmp_path / "model.glb", view, projection, size)).permute(2, 0, 1).float()
        assert psnr(ours[index], theirs) > 30


def blob(materials: int, rows: int, columns: int) -> bytes:
    """A GLB of a closed surface whose patches have plain materials."""
    random = np.random.default_rng(0)
    polar, around = np.meshgrid(
        np.linspace(0, np.pi, rows + 1), np.arange(columns) * 2 * np.pi / columns, indexing="ij"
    )
    radius = (1 + 0.15 * np.sin(5 * around) * np.sin(4 * polar)) / 1.15
    place = [np.sin(polar) * np.cos(around), np.cos(polar), -np.sin(polar) * np.sin(around)]
    vertices = (radius * np.stack(place)).reshape(3, -1).T.astype(np.float32)
    first = np.arange(rows * columns)
    second = first // columns * columns + (first + 1) % columns
    upper, lower = [first, first + columns, second], [second, first + columns, second + columns]
    faces = np.concatenate([np.stack(upper, 1), np.stack(lower, 1)])
    centres = random.normal(size=(materials, 3))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    number = (vertices[faces].mean(1) @ centres.T).argmax(1)
    looks = [{"pbrMetallicRoughness": {"baseColorFactor": [*random.uniform(0, 1, 3), 1.0]}} for _ in range(materials)]
    arrays: list[np.ndarray] = []
    for k in range(materials):
        used, corners = np.unique(faces[number == k], return_inverse=True)
        arrays += [vertices[used], corners.reshape(-1, 1).astype(np.uint32)]
    shapes = [{"attributes": {"POSITION": 2 * k}, "indices": 2 * k + 1, "material": k} for k in range(materials)]
    header = {"scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}], "meshes": [{"primitives": shapes}]}
    return glb(header | {"materials": looks}, *arrays)


def test_a_model_of_many_plain_materials_looks_as_it_does_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "source.glb").write_bytes(blob(40, 40, 60))
    mesh = read_mesh(tmp_path / "source.glb")
    assert mesh.texture is None
    size = (128, 128)
    renderer = MeshRenderer(mesh, shading=Unlit(), size=size, cameras=turntable(1, elevation=0.4))
    ours = renderer.render().detach().rgb[0, 0]
    renderer.artefacts(tmp_path)
    for name in ("source", "model"):
        view, projection = (
            np.asarray(matrices[0]) for matrices in (renderer.cameras.view, renderer.cameras.projection)
        )
        theirs = torch.from_numpy(draw(tmp_path / f"{name}.glb", view, projection, size)).permute(2, 0, 1).float()
        assert psnr(ours, theirs) > 30
