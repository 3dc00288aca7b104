"""interpolate: what vertices carry, at every fragment; differentiable by attributes and barycentric weights."""

from __future__ import annotations

from typing import Literal, overload

from torch import Tensor

from renderers.mesh.operations.fragments import Backend, Fragments


@overload
def interpolate(
    attributes: Tensor,
    faces: Tensor,
    fragments: Fragments,
    derivatives: Literal[False] = False,
    backend: Backend = "warp",
) -> Tensor: ...


@overload
def interpolate(
    attributes: Tensor, faces: Tensor, fragments: Fragments, derivatives: Literal[True], backend: Backend = "warp"
) -> tuple[Tensor, Tensor]: ...


def interpolate(
    attributes: Tensor,
    faces: Tensor,
    fragments: Fragments,
    derivatives: bool = False,
    backend: Backend = "warp",
) -> Tensor | tuple[Tensor, Tensor]:
    """Mixes the attributes of each fragment's three corners by its barycentric weights.

    Args:
        attributes: of vertices [A, P, C], where A divides N; picture n uses attributes[n // (N // A)].
        faces: rows of attributes at each triangle's corners, int32 [F, 3]; the table that was rasterised or another
            one of the same triangles, as for texture coordinates.
        fragments: what is seen.
        derivatives: whether to also give the attributes' change from a pixel to the next.
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        Values [N, L, H, W, C], zero where nothing is seen; with ``derivatives`` also their steps right and down
        [N, L, H, W, C, 2], which carry no gradient.

    Raises:
        InputError: the back end is not installed.
    """
    from renderers.mesh.reference.interpolate import interpolate_reference

    values, steps = interpolate_reference(attributes, faces, fragments)
    return (values, steps) if derivatives else values
