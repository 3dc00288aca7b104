"""The four differentiable operations of which pictures of meshes are made."""

from renderers.mesh.operations.antialias import antialias
from renderers.mesh.operations.fragments import Backend, Fragments
from renderers.mesh.operations.interpolate import interpolate
from renderers.mesh.operations.rasterise import rasterise
from renderers.mesh.operations.texture import texture

__all__ = ["Backend", "Fragments", "antialias", "interpolate", "rasterise", "texture"]
