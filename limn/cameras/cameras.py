"""Cameras: the views that a scene is rendered from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from limn.lights import Lights


@dataclass(frozen=True)
class Cameras:
    """V cameras, and the background and lights of their views.

    Args:
        view: world to camera, which looks down -z with y up [V, 4, 4].
        projection: camera to OpenGL clip space [V, 4, 4].
        azimuth: of the camera about the y axis in radians, 0 in front (on +z), pi / 2 on +x [V].
        elevation: in radians, 0 at eye level, pi / 2 above [V].
        distance: from the point that the camera looks at [V].
        fov: vertical field of view in radians, 0 for orthographic [V].
        background: of these views, in place of the renderer's, sRGB in 0..1 [V, 3] or [V, 3, H, W].
        lights: of these views, in place of the renderer's.
    """

    view: Tensor
    projection: Tensor
    azimuth: Tensor
    elevation: Tensor
    distance: Tensor
    fov: Tensor
    background: Tensor | None = None
    lights: Lights | None = None

    def __len__(self) -> int:
        """V, the number of cameras."""
        return len(self.view)

    def __getitem__(self, which: slice | Tensor) -> Cameras:
        """Some of the cameras."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        chosen: dict[str, Any] = {name: value[which] for name, value in found.items() if value is not None}
        return Cameras(**chosen)

    @property
    def camera_to_world(self) -> Tensor:
        """The inverse of ``view`` [V, 4, 4]."""
        turn = self.view[:, :3, :3].transpose(1, 2)
        eye = -turn @ self.view[:, :3, 3:]
        return torch.cat([torch.cat([turn, eye], dim=2), self.view[:, 3:]], dim=1)

    @property
    def eye(self) -> Tensor:
        """Where the cameras stand in the world [V, 3]."""
        return self.camera_to_world[:, :3, 3]

    @property
    def world_to_clip(self) -> Tensor:
        """World to clip space, ``projection @ view`` [V, 4, 4]."""
        return self.projection @ self.view

    def to(self, device: torch.device | str) -> Cameras:
        """The same on another device."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in found.items() if value is not None}
        return Cameras(**moved)


def join(parts: Sequence[Cameras]) -> Cameras:
    """All cameras in one; backgrounds and lights must be given for all parts or for none, in one shape."""
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Cameras)}
    joined: dict[str, Any] = {}
    for name, values in columns.items():
        if values[0] is not None:
            joined[name] = torch.cat(values) if isinstance(values[0], Tensor) else type(values[0]).join(values)
    return Cameras(**joined)
