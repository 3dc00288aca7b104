from renderers.mesh.parameters.free_form import FreeForm
from renderers.mesh.parameters.normal_displacement import NormalDisplacement
from renderers.mesh.parameters.normal_map import NormalMap
from renderers.mesh.parameters.parameterisation import PARAMETERISATIONS, Parameterisation
from renderers.mesh.parameters.style_field import StyleField
from renderers.mesh.parameters.uv_texture import UVTexture
from renderers.mesh.parameters.vertex_colours import VertexColours
from renderers.mesh.parameters.vertex_offsets import VertexOffsets

__all__ = [
    "PARAMETERISATIONS",
    "FreeForm",
    "NormalDisplacement",
    "NormalMap",
    "Parameterisation",
    "StyleField",
    "UVTexture",
    "VertexColours",
    "VertexOffsets",
]
