from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.mesh.parameters.free_form import FreeForm as FreeForm
    from renderers.mesh.parameters.normal_displacement import NormalDisplacement as NormalDisplacement
    from renderers.mesh.parameters.normal_map import NormalMap as NormalMap
    from renderers.mesh.parameters.parameterisation import PARAMETERISATIONS as PARAMETERISATIONS
    from renderers.mesh.parameters.parameterisation import Parameterisation as Parameterisation
    from renderers.mesh.parameters.style_field import StyleField as StyleField
    from renderers.mesh.parameters.uv_texture import UVTexture as UVTexture
    from renderers.mesh.parameters.vertex_colours import VertexColours as VertexColours
    from renderers.mesh.parameters.vertex_offsets import VertexOffsets as VertexOffsets

__getattr__, __all__ = lazy_names(__name__)
