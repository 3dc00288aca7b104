from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from limn.errors import InputError as InputError
    from limn.frames import Frames as Frames
    from renderers.base import ParameterGroup as ParameterGroup
    from renderers.base import Renderer as Renderer
    from renderers.strokes import ParsedSVG as ParsedSVG
    from renderers.strokes import Scene as Scene
    from renderers.strokes import Strokes as Strokes
    from renderers.strokes import closed_shapes as closed_shapes
    from renderers.strokes import open_strokes as open_strokes
    from renderers.strokes import parse_svg as parse_svg
    from renderers.strokes import path_data as path_data
    from renderers.strokes import rasterise as rasterise
    from renderers.strokes import read_svg as read_svg
    from renderers.strokes import svg_animated as svg_animated
    from renderers.strokes import write_svg as write_svg

__getattr__, __all__ = lazy_names(__name__)
