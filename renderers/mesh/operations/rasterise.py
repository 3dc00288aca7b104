"""rasterise: clip positions and triangles to fragments, differentiable by the positions."""

from __future__ import annotations

from torch import Tensor

from renderers.mesh.operations.fragments import Backend, Fragments


def rasterise(
    clip: Tensor, faces: Tensor, size: tuple[int, int], layers: int = 1, backend: Backend = "warp"
) -> Fragments:
    """Finds the triangles that each pixel's centre shows.

    Triangles of either orientation are seen. Where two share an edge, a pixel's centre on it belongs to one of them
    (the top-left rule). What lies outside of -w <= z <= w is cut away. Layers are peeled by depth: the second layer is
    what is seen behind the first. Of triangles at the same depth the one with the lower index is in front.

    Args:
        clip: vertices in OpenGL's clip space (y up) [N, P, 4], N pictures.
        faces: vertices of each triangle, int32 [F, 3], the same in all pictures.
        size: height and width in pixels.
        layers: L, how many surfaces to see behind each other, from 1.
        backend: ``warp`` (kernels for CPU and CUDA, float32), ``reference`` (slow pure torch, any dtype) or
            ``nvdiffrast`` (CUDA only, not on PyPI).

    Returns:
        The fragments; their barycentric weights carry the gradient of the clip positions.

    Raises:
        InputError: the back end is not installed.

    Source: Olano & Greer 1997, Triangle Scan Conversion using 2D Homogeneous Coordinates; Everitt 2001, depth peeling.
    """
    from renderers.mesh.reference.rasterise import rasterise_reference

    return rasterise_reference(clip, faces, size, layers)
