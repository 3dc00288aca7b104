"""The four differentiable operations that draw meshes."""

from renderers.mesh.operations.antialias import antialias
from renderers.mesh.operations.fragments import Backend, Fragments
from renderers.mesh.operations.interpolate import interpolate
from renderers.mesh.operations.rasterise import rasterise
from renderers.mesh.operations.texture import texture

__all__ = ["Backend", "Fragments", "antialias", "interpolate", "rasterise", "texture"]
