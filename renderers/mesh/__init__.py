from renderers.mesh.mesh import Mesh

__all__ = ["Mesh"]
