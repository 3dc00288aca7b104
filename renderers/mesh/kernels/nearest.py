# mypy: ignore-errors
"""The nearest point of a mesh."""

import warp as wp

wp.set_module_options({"enable_backward": False})


@wp.kernel
def nearest(
    first: int,
    mesh: wp.uint64,
    points: wp.array(dtype=wp.vec3),
    winding: int,
    distances: wp.array(dtype=float),
    faces: wp.array(dtype=int),
    weights: wp.array(dtype=wp.vec3),
):
    """One thread per point: how far the mesh is, negative inside where `winding`, the face and its corners' weights."""
    i = first + wp.tid()
    point = points[i]
    sign = 1.0
    if winding == 1:
        query = wp.mesh_query_point_sign_winding_number(mesh, point, 1.0e6)
        sign = query.sign
    else:
        query = wp.mesh_query_point_no_sign(mesh, point, 1.0e6)
    there = wp.mesh_eval_position(mesh, query.face, query.u, query.v)
    distances[i] = sign * wp.length(point - there)
    faces[i] = query.face
    weights[i] = wp.vec3(query.u, query.v, 1.0 - query.u - query.v)
