from renderers.strokes.drawing import Strokes
from renderers.strokes.initialise import closed_shapes, open_strokes
from renderers.strokes.rasteriser import rasterise
from renderers.strokes.scene import Path, Scene, Subpath, Topology
from renderers.strokes.svg.read import Drawing, parse_svg, read_svg
from renderers.strokes.svg.write import path_data, svg_animated, write_svg

__all__ = [
    "Drawing",
    "Path",
    "Scene",
    "Strokes",
    "Subpath",
    "Topology",
    "closed_shapes",
    "open_strokes",
    "parse_svg",
    "path_data",
    "rasterise",
    "read_svg",
    "svg_animated",
    "write_svg",
]
