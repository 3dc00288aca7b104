"""Warp kernels of the rasteriser, with adjoints written by hand; one source for CPU and CUDA.

The canvas is cut into tiles of 8 x 8 pixels. A `cell` is a tile inside the bounding box of a layer, a `run` a cell that
the layer touches, a `fragment` one of the 64 pixels of a run. No two threads write to the same place, so results do not
depend on how the work is divided. The formulas are those of ``reference.py``."""

from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.strokes.kernels.adjoint import geometry_adjoint as geometry_adjoint
    from renderers.strokes.kernels.compositing import composite as composite
    from renderers.strokes.kernels.compositing import composite_adjoint as composite_adjoint
    from renderers.strokes.kernels.compositing import paint_adjoint as paint_adjoint
    from renderers.strokes.kernels.coverage import cover as cover
    from renderers.strokes.kernels.crossings import crossings as crossings
    from renderers.strokes.kernels.lines import collect as collect
    from renderers.strokes.kernels.lines import flatten as flatten
    from renderers.strokes.kernels.lines import mark as mark
    from renderers.strokes.kernels.lines import measure as measure
    from renderers.strokes.kernels.sums import gather_layers as gather_layers
    from renderers.strokes.kernels.sums import gather_points as gather_points

__getattr__, __all__ = lazy_names(__name__)
