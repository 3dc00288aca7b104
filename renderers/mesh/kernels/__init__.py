"""Warp kernels of the four operations, with adjoints written by hand; one source for CPU and CUDA.

The formulas are those of ``renderers/mesh/reference``. Threads either write to places of their own or add to rows of
which, on the CPU, each slice owns some (see ``launch_owned``): results do not depend on how the work is divided.

What reads or writes channels is made for their number: ``blend(4)`` is a kernel, ``find`` is one.
"""

from renderers.mesh.kernels.blending import blend, colour_adjoint, edge_adjoint
from renderers.mesh.kernels.coverage import cover, enclose
from renderers.mesh.kernels.interpolation import attributes_adjoint, interpolate, weights_adjoint
from renderers.mesh.kernels.mipmaps import halve, halve_adjoint, place
from renderers.mesh.kernels.resolving import clip_adjoint, resolve
from renderers.mesh.kernels.sampling import sample, sample_adjoint
from renderers.mesh.kernels.silhouettes import find

__all__ = [
    "attributes_adjoint",
    "blend",
    "clip_adjoint",
    "colour_adjoint",
    "cover",
    "edge_adjoint",
    "enclose",
    "find",
    "halve",
    "halve_adjoint",
    "interpolate",
    "place",
    "resolve",
    "sample",
    "sample_adjoint",
    "weights_adjoint",
]
