"""Warp kernels of the rasteriser, with adjoints written by hand; one source for CPU and CUDA.

The canvas is cut into tiles of 8 x 8 pixels. A `cell` is a tile inside the bounding box of a layer, a `run` a cell that
the layer touches, a `fragment` one of the 64 pixels of a run. No two threads write to the same place, so results do not
depend on how the work is divided. The formulas are those of ``reference.py``.
"""

from renderers.strokes.kernels.adjoint import geometry_adjoint
from renderers.strokes.kernels.compositing import colour_adjoint, composite, composite_adjoint
from renderers.strokes.kernels.coverage import cover
from renderers.strokes.kernels.lines import collect, flatten, mark, measure
from renderers.strokes.kernels.sums import gather_layers, gather_points

__all__ = [
    "collect",
    "colour_adjoint",
    "composite",
    "composite_adjoint",
    "cover",
    "flatten",
    "gather_layers",
    "gather_points",
    "geometry_adjoint",
    "mark",
    "measure",
]
