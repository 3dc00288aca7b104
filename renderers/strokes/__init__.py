from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.strokes.contours import contour_shapes as contour_shapes
    from renderers.strokes.crossings import crossing as crossing
    from renderers.strokes.drawing import Strokes as Strokes
    from renderers.strokes.glyphs import Glyph as Glyph
    from renderers.strokes.glyphs import read_glyphs as read_glyphs
    from renderers.strokes.grid import rows_of_squares as rows_of_squares
    from renderers.strokes.grid import square_grid as square_grid
    from renderers.strokes.initialise import closed_shapes as closed_shapes
    from renderers.strokes.initialise import open_paths as open_paths
    from renderers.strokes.initialise import open_strokes as open_strokes
    from renderers.strokes.initialise import shared_widths as shared_widths
    from renderers.strokes.letters import Letters as Letters
    from renderers.strokes.rasteriser import rasterise as rasterise
    from renderers.strokes.reinitialisation import Reinitialisation as Reinitialisation
    from renderers.strokes.reinitialisation import ReinitialisedStrokes as ReinitialisedStrokes
    from renderers.strokes.scene import Path as Path
    from renderers.strokes.scene import Scene as Scene
    from renderers.strokes.scene import Subpath as Subpath
    from renderers.strokes.scene import Topology as Topology
    from renderers.strokes.scene import joined as joined
    from renderers.strokes.simple_shapes import SimpleShapes as SimpleShapes
    from renderers.strokes.svg.read import ParsedSVG as ParsedSVG
    from renderers.strokes.svg.read import parse_svg as parse_svg
    from renderers.strokes.svg.read import read_svg as read_svg
    from renderers.strokes.svg.write import path_data as path_data
    from renderers.strokes.svg.write import svg_animated as svg_animated
    from renderers.strokes.svg.write import write_svg as write_svg

__getattr__, __all__ = lazy_names(__name__)
