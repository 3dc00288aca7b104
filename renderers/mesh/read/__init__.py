from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.mesh.read.mesh_file import read_mesh as read_mesh

__getattr__, __all__ = lazy_names(__name__)
