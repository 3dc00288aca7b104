"""Frames: the pictures that pass from renderers to losses."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from torch import Tensor

from limn.cameras.cameras import Cameras
from limn.errors import InputError
from limn.geometry import Geometry

Kind = TypeVar("Kind", bound=Geometry)


@dataclass(frozen=True)
class Frames:
    """What a renderer returns: S candidates, each seen in V views (V = 1 for flat pictures).

    Args:
        rgb: sRGB values in 0..1, already over the background [S, V, 3, H, W].
        alpha: coverage in 0..1 [S, V, 1, H, W].
        depth: distance along the view axis, 0 where nothing is [S, V, 1, H, W], where the renderer has one.
        normal: unit normals in camera space [S, V, 3, H, W], where the renderer has them.
        cameras: the cameras that the views were taken with.
        geometry: the shapes behind the pictures, where the renderer has them: `Curves`, `Surface` or another kind.
        latents: the pictures in the latent space of a prior [S, V, C, h, w], where the renderer draws them there;
            ``rgb`` is a preview then.
    """

    rgb: Tensor
    alpha: Tensor
    depth: Tensor | None = None
    normal: Tensor | None = None
    cameras: Cameras | None = None
    geometry: Geometry | None = None
    latents: Tensor | None = None

    @property
    def candidates(self) -> int:
        """S, the size of the population."""
        return self.rgb.shape[0]

    def detach(self) -> Frames:
        """The same without gradient."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        detached: dict[str, Any] = {name: v.detach() for name, v in found.items() if isinstance(v, Tensor | Geometry)}
        return replace(self, **detached)


def geometry_of(frames: Frames, kind: type[Kind], loss: str) -> Kind:
    """The geometry behind pictures, of the kind that a loss reads.

    Args:
        frames: what the loss sees.
        kind: for example `Curves` or `Surface`.
        loss: the name of the loss, for the message.

    Raises:
        InputError: the scene has no geometry, or one of another kind.
    """
    if isinstance(frames.geometry, kind):
        return frames.geometry
    found = "no geometry" if frames.geometry is None else frames.geometry.noun
    raise InputError(f"{loss} needs {kind.noun}; this scene has {found}")
