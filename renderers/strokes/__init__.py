from renderers.strokes.contours import contour_shapes
from renderers.strokes.drawing import Strokes
from renderers.strokes.glyphs import Glyph, read_glyphs
from renderers.strokes.grid import square_grid
from renderers.strokes.initialise import closed_shapes, open_paths, open_strokes
from renderers.strokes.letters import Letters
from renderers.strokes.rasteriser import rasterise
from renderers.strokes.reinitialisation import Reinitialisation, ReinitialisedStrokes
from renderers.strokes.scene import Path, Scene, Subpath, Topology, joined
from renderers.strokes.svg.read import ParsedSVG, parse_svg, read_svg
from renderers.strokes.svg.write import path_data, svg_animated, write_svg

__all__ = [
    "Glyph",
    "Letters",
    "ParsedSVG",
    "Path",
    "Reinitialisation",
    "ReinitialisedStrokes",
    "Scene",
    "Strokes",
    "Subpath",
    "Topology",
    "closed_shapes",
    "contour_shapes",
    "joined",
    "open_paths",
    "open_strokes",
    "parse_svg",
    "path_data",
    "rasterise",
    "read_glyphs",
    "read_svg",
    "square_grid",
    "svg_animated",
    "write_svg",
]
