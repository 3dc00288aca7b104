from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.mesh.export.glb import write_glb as write_glb
    from renderers.mesh.export.obj import write_obj as write_obj
    from renderers.mesh.export.ply import write_ply as write_ply

__getattr__, __all__ = lazy_names(__name__)
