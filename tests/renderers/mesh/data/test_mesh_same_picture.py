"""The exported GLB, drawn by another renderer, is the picture that was optimised."""

from pathlib import Path

import numpy as np
import pytest
import torch
from independent import draw
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
