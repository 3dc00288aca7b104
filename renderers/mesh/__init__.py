from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from limn.lights import Lights as Lights
    from renderers.mesh.export import write_glb as write_glb
    from renderers.mesh.export import write_obj as write_obj
    from renderers.mesh.export import write_ply as write_ply
    from renderers.mesh.mesh import Mesh as Mesh
    from renderers.mesh.parameters import PARAMETERISATIONS as PARAMETERISATIONS
    from renderers.mesh.parameters import Parameterisation as Parameterisation
    from renderers.mesh.prepare import normalise as normalise
    from renderers.mesh.prepare import remesh as remesh
    from renderers.mesh.prepare import subdivide as subdivide
    from renderers.mesh.read import read_mesh as read_mesh
    from renderers.mesh.renderer import MeshRenderer as MeshRenderer
    from renderers.mesh.unwrap import bake_colours as bake_colours
    from renderers.mesh.unwrap import fill_seams as fill_seams
    from renderers.mesh.unwrap import laid_out as laid_out
    from renderers.mesh.unwrap import unwrap as unwrap
    from renderers.scene.backgrounds import BACKGROUNDS as BACKGROUNDS
    from renderers.scene.light_samplers import LIGHTS as LIGHTS
    from renderers.scene.shading import SHADINGS as SHADINGS

__getattr__, __all__ = lazy_names(__name__)
