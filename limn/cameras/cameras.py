"""Cameras: the views that a scene is rendered from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from limn.checks import Arguments
from limn.errors import InputError
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
        aspect: width over height of the pictures that ``projection`` is made for [V]; square unless given.
    """

    view: Tensor
    projection: Tensor
    azimuth: Tensor
    elevation: Tensor
    distance: Tensor
    fov: Tensor
    background: Tensor | None = None
    lights: Lights | None = None
    aspect: Tensor = None  # type: ignore[assignment]  # never None later

    def __post_init__(self) -> None:
        """Checks that all parts fit together.

        Raises:
            InputError: one does not.
        """
        given = Arguments("Cameras")
        for name in ("view", "projection"):
            given.numbers(name, getattr(self, name), "V 4 4", dtype=None)
        for name in ("azimuth", "elevation", "distance", "fov"):
            given.numbers(name, getattr(self, name), "V", dtype=None)
        if self.aspect is None:
            object.__setattr__(self, "aspect", torch.ones_like(self.fov))
        given.numbers("aspect", self.aspect, "V", dtype=None)

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

    def shaped(self, size: tuple[int, int]) -> Cameras:
        """The same for pictures of a height and a width in pixels: what is round stays round, the height stays seen."""
        aspect = size[1] / size[0]
        if bool((self.aspect == aspect).all()):
            return self
        scale = torch.ones_like(self.projection[:, :, :1])
        scale[:, 0, 0] = self.aspect / aspect
        return replace(self, projection=scale * self.projection, aspect=torch.full_like(self.aspect, aspect))

    def enclosing(self, size: tuple[int, int]) -> Cameras:
        """The same for square pictures that have a picture of a height and a width in pixels in their middle, as large
        as it fits."""
        longer = max(size)
        if size == (longer, longer):
            return self.shaped(size)
        shaped = self.shaped(size)
        scale = torch.ones_like(shaped.projection[:, :, :1])
        scale[:, 0, 0], scale[:, 1, 0] = size[1] / longer, size[0] / longer
        fov = 2 * ((shaped.fov / 2).tan() * longer / size[0]).atan()
        return replace(shaped, projection=scale * shaped.projection, fov=fov, aspect=torch.ones_like(fov))

    def to(self, device: torch.device | str) -> Cameras:
        """The same on another device."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        moved: dict[str, Any] = {name: value.to(device) for name, value in found.items() if value is not None}
        return Cameras(**moved)


def join(parts: Sequence[Cameras]) -> Cameras:
    """All cameras in one.

    Args:
        parts: at least one; all or none of them have backgrounds, in one shape, and lights.

    Raises:
        InputError: there are none, or they do not fit together.
    """
    if not parts:
        raise InputError("join: no cameras; expected at least one part")
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Cameras)}
    joined: dict[str, Any] = {}
    for name, values in columns.items():
        missing = [number for number, value in enumerate(values) if value is None]
        if missing and len(missing) < len(parts):
            raise InputError(f"join: part {missing[0]} has no {name}, others have; expected all or none")
        if not missing:
            joined[name] = _cat(name, values) if isinstance(values[0], Tensor) else type(values[0]).join(values)
    return Cameras(**joined)


def _cat(name: str, values: list[Tensor]) -> Tensor:
    shapes = [list(value.shape[1:]) for value in values]
    if any(shape != shapes[0] for shape in shapes):
        raise InputError(f"join: {name} has the shapes {shapes} in the parts; expected one shape")
    return torch.cat(values)
