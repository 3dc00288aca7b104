"""Geometry that Draco has compressed (KHR_draco_mesh_compression)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from limn.errors import InputError

NAME = "KHR_draco_mesh_compression"


def decode(content: bytes, attributes: dict[str, int], where: str) -> tuple[dict[str, NDArray[Any]], NDArray[np.int64]]:
    """The arrays of a primitive.

    Args:
        content: the bitstream.
        attributes: Draco's id of each attribute.
        where: the file, for messages.

    Returns:
        Values by attribute [P, width]; corners of triangles [F, 3].

    Raises:
        InputError: DracoPy is not installed, or the bitstream is broken.
    """
    try:
        import DracoPy
    except ModuleNotFoundError as error:
        raise InputError(
            f"{where}: is compressed by Draco; pip install 'limn[draco]', "
            "or convert it: npx @gltf-transform/cli copy model.glb readable.glb"
        ) from error
    try:
        mesh = DracoPy.decode(content)
        found = {
            name: np.asarray(mesh.get_attribute_by_unique_id(number)["data"]) for name, number in attributes.items()
        }
        faces = np.asarray(mesh.faces, np.int64).reshape(-1, 3)
    except Exception as error:  # whatever the decoder makes of broken data
        what = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{where}: cannot be decompressed by Draco ({what})") from error
    return {name: rows.reshape(len(rows), -1) for name, rows in found.items()}, faces
