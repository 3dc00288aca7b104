from renderers.strokes.drawing import Strokes
from renderers.strokes.initialise import closed_shapes, open_strokes
from renderers.strokes.rasteriser import rasterise
from renderers.strokes.scene import Path, Scene, Subpath, Topology
from renderers.strokes.svg_write import path_data, svg_animated, write_svg

__all__ = [
    "Path",
    "Scene",
    "Strokes",
    "Subpath",
    "Topology",
    "closed_shapes",
    "open_strokes",
    "path_data",
    "rasterise",
    "svg_animated",
    "write_svg",
]
