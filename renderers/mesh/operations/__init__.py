"""The four differentiable operations that draw meshes."""

from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.mesh.operations.antialias import antialias as antialias
    from renderers.mesh.operations.fragments import Backend as Backend
    from renderers.mesh.operations.fragments import Fragments as Fragments
    from renderers.mesh.operations.interpolate import interpolate as interpolate
    from renderers.mesh.operations.rasterise import rasterise as rasterise
    from renderers.mesh.operations.texture import texture as texture

__getattr__, __all__ = lazy_names(__name__)
