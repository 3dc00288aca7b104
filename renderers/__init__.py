from renderers.base import ParameterGroup, Renderer
from renderers.errors import InputError
from renderers.frames import Frames
from renderers.strokes import Strokes, closed_shapes, open_strokes, path_data, rasterise, svg_animated, write_svg

__all__ = [
    "Frames",
    "InputError",
    "ParameterGroup",
    "Renderer",
    "Strokes",
    "closed_shapes",
    "open_strokes",
    "path_data",
    "rasterise",
    "svg_animated",
    "write_svg",
]
