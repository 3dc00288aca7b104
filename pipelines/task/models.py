"""Models: what recipes for meshes share, from the file to the cameras."""

from __future__ import annotations

import logging
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field, model_validator
from torch import Tensor

from limn.cameras import turntable
from limn.components import Component
from limn.errors import InputError
from limn.ranges import Number
from limn.registry import suggestion
from limn.settings import Section
from limn.step import Step
from pipelines.task.scenes import SceneConfig
from pipelines.task.start import Start
from renderers.mesh.factory import Parameters
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.mesh.unwrap import laid_out, unwrap

logger = logging.getLogger("limn")

Point = tuple[Number, Number, Number]


class PartConfig(Section):
    """A part of a model: a group of faces (material, OBJ group, glTF node), or what lies in a box."""

    group: str | None = None
    """Name of the group."""
    box: tuple[Point, Point] | None = None
    """Two opposite corners x, y, z; the model at the start has its centre at 0 and its farthest vertex at radius 1."""

    @model_validator(mode="after")
    def _one(self) -> PartConfig:
        if (self.group is None) == (self.box is None):
            raise ValueError("a part needs a group or a box, and not both")
        return self

    def faces(self, mesh: Mesh) -> Tensor:
        """Which faces belong to it, bool [F].

        Raises:
            InputError: there is no such group, or nothing in the box.
        """
        inside = torch.zeros(len(mesh.faces), dtype=torch.bool)
        if self.box is not None:
            low, high = torch.tensor(self.box).aminmax(dim=0)
            centre = mesh.vertices.cpu()[mesh.faces.cpu().long()].mean(dim=1)
            inside |= ((low <= centre) & (centre <= high)).all(dim=1)
        elif self.group not in mesh.groups:
            known = f"; groups: {', '.join(mesh.groups)}" if mesh.groups else "; the model has no groups"
            near = suggestion(str(self.group), mesh.groups)
            raise InputError(f"no group {self.group!r}{near or known}")
        else:
            inside[mesh.groups[str(self.group)].cpu()] = True
        if not inside.any():
            raise InputError(f"no face lies in the box {self.box}")
        return inside


class ModelConfig(SceneConfig):
    """Settings that recipes for models share."""

    parameters: Parameters = []
    """What of the model is optimised, applied one after the other."""
    crease: Annotated[float, Field(ge=0, le=180)] = 60.0
    """Edges that turn by more degrees than this look sharp."""
    supersampling: Annotated[int, Field(ge=1, le=32)] = 1
    """Every pixel is the mean of so many samples across and down: thin parts fade less, and a step takes longer."""
    texture_size: Annotated[int, Field(ge=16, le=8192)] = 1024
    """Side in texels of textures that are baked into the files of the model."""

    @property
    def needs_uv(self) -> bool:
        """Whether something that is optimised lies in texture coordinates."""
        return any(component.name in ("uv_texture", "normal_map") for component in self.parameters)


def renderer_of(config: ModelConfig, mesh: Mesh, parameters: list[Component], candidates: int) -> MeshRenderer:
    """Candidates of a mesh, seen as a config wants it; they start alike each time.

    Args:
        config: decides how it looks.
        mesh: on the device where pictures are to be computed.
        parameters: what of it is optimised.
        candidates: S.

    Raises:
        InputError: the mesh lacks something that a parameterisation needs.
    """
    draws = Step(0, 1, config.seed)
    made = [
        component.make(mesh=mesh, candidates=candidates, generator=draws.generator(f"parameters/{number}"))
        for number, component in enumerate(parameters)
    ]
    return MeshRenderer(
        mesh,
        made,
        candidates,
        lights=config.lights.make()(turntable(1), draws.generator("lights")),
        shading=config.shading.make(),
        size=config.shape(),
        crease=config.crease,
        texture_size=config.texture_size,
        supersampling=config.supersampling,
    )


def read_model(path: str | Path) -> Mesh:
    """A model in the unit sphere; what of its file has no place in a mesh is logged.

    Raises:
        InputError: see `read_mesh`.
    """
    mesh = normalise(read_mesh(path))
    for line in mesh.lost:
        logger.warning("left out of the model: %s", line)
    return mesh


def laid_out_for(config: ModelConfig, mesh: Mesh, start: Start) -> Mesh:
    """A mesh whose surface has texture coordinates of its own, if something that is optimised lies in them.

    Args:
        config: says what is optimised.
        mesh: on the CPU.
        start: keeps the layout and the texture baked for it, so that a resumed run bakes nothing again.
    """
    if not config.needs_uv or laid_out(mesh):
        return mesh

    def layout() -> dict[str, Tensor]:
        made = unwrap(mesh)
        found = {"uv": made.uv, "uv_faces": made.uv_faces, "texture": made.texture}
        return {name: tensor for name, tensor in found.items() if tensor is not None}

    kept = start.once("layout", layout)
    return replace(mesh, uv=kept["uv"], uv_faces=kept["uv_faces"], texture=kept.get("texture"))


def on_device(mesh: Mesh, device: torch.device) -> Mesh:
    """A mesh with all its tensors on a device."""
    values = {field.name: getattr(mesh, field.name) for field in fields(mesh)}
    tensors: dict[str, Any] = {name: t.to(device) for name, t in values.items() if isinstance(t, Tensor)}
    return replace(mesh, **tensors)
