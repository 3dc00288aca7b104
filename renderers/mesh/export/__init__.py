from renderers.mesh.export.glb import write_glb
from renderers.mesh.export.obj import write_obj
from renderers.mesh.export.ply import write_ply

__all__ = ["write_glb", "write_obj", "write_ply"]
