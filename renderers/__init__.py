from limn.errors import InputError
from limn.frames import Frames
from renderers.base import ParameterGroup, Renderer
from renderers.strokes import (
    ParsedSVG,
    Scene,
    Strokes,
    closed_shapes,
    open_strokes,
    parse_svg,
    path_data,
    rasterise,
    read_svg,
    svg_animated,
    write_svg,
)

__all__ = [
    "Frames",
    "InputError",
    "ParameterGroup",
    "ParsedSVG",
    "Renderer",
    "Scene",
    "Strokes",
    "closed_shapes",
    "open_strokes",
    "parse_svg",
    "path_data",
    "rasterise",
    "read_svg",
    "svg_animated",
    "write_svg",
]
