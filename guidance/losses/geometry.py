"""What losses on shape read."""

from __future__ import annotations

from limn.errors import InputError
from limn.frames import Frames
from limn.surface import Surface


def surface_of(frames: Frames, loss: str) -> Surface:
    """The surface behind pictures.

    Args:
        frames: of a mesh.
        loss: the name of who asks.

    Raises:
        InputError: they show no mesh.
    """
    if frames.surface is None:
        raise InputError(f"{loss}: what is drawn has no surface; meshes have one")
    return frames.surface
