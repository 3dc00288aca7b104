from renderers.mesh.export import write_glb, write_obj, write_ply
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import normalise, remesh, subdivide
from renderers.mesh.read import read_mesh
from renderers.mesh.unwrap import bake_colours, fill_seams, unwrap

__all__ = [
    "Mesh",
    "bake_colours",
    "fill_seams",
    "normalise",
    "read_mesh",
    "remesh",
    "subdivide",
    "unwrap",
    "write_glb",
    "write_obj",
    "write_ply",
]
