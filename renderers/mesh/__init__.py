from limn.lights import Lights
from renderers.mesh.export import write_glb, write_obj, write_ply
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters import PARAMETERISATIONS, Parameterisation
from renderers.mesh.prepare import normalise, remesh, subdivide
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.mesh.unwrap import bake_colours, fill_seams, laid_out, unwrap
from renderers.scene.backgrounds import BACKGROUNDS
from renderers.scene.light_samplers import LIGHTS
from renderers.scene.shading import SHADINGS

__all__ = [
    "BACKGROUNDS",
    "LIGHTS",
    "PARAMETERISATIONS",
    "SHADINGS",
    "Lights",
    "Mesh",
    "MeshRenderer",
    "Parameterisation",
    "bake_colours",
    "fill_seams",
    "laid_out",
    "normalise",
    "read_mesh",
    "remesh",
    "subdivide",
    "unwrap",
    "write_glb",
    "write_obj",
    "write_ply",
]
