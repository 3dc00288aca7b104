from renderers.mesh.read.mesh_file import read_mesh

__all__ = ["read_mesh"]
