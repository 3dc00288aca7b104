"""Warp kernels of the four operations, with adjoints written by hand; one source for CPU and CUDA.

The formulas are those of ``renderers/mesh/reference``. Threads either write to places of their own or add to rows of
which, on the CPU, each slice owns some (see ``launch_owned``): results do not depend on how the work is divided.

What reads or writes channels is made for their number: ``blend(4)`` is a kernel, ``find`` is one."""

from typing import TYPE_CHECKING

from limn.lazy import lazy_names

if TYPE_CHECKING:
    from renderers.mesh.kernels.addressing import Layout as Layout
    from renderers.mesh.kernels.blending import blend as blend
    from renderers.mesh.kernels.blending import colour_adjoint as colour_adjoint
    from renderers.mesh.kernels.blending import edge_adjoint as edge_adjoint
    from renderers.mesh.kernels.coverage import cover as cover
    from renderers.mesh.kernels.coverage import enclose as enclose
    from renderers.mesh.kernels.interpolation import attributes_adjoint as attributes_adjoint
    from renderers.mesh.kernels.interpolation import interpolate as interpolate
    from renderers.mesh.kernels.interpolation import steps_adjoint as steps_adjoint
    from renderers.mesh.kernels.interpolation import weights_adjoint as weights_adjoint
    from renderers.mesh.kernels.mipmaps import halve as halve
    from renderers.mesh.kernels.mipmaps import halve_adjoint as halve_adjoint
    from renderers.mesh.kernels.mipmaps import place as place
    from renderers.mesh.kernels.resolving import clip_adjoint as clip_adjoint
    from renderers.mesh.kernels.resolving import resolve as resolve
    from renderers.mesh.kernels.sampling import sample as sample
    from renderers.mesh.kernels.sampling import sample_adjoint as sample_adjoint
    from renderers.mesh.kernels.sampling import sample_any as sample_any
    from renderers.mesh.kernels.sampling import sample_any_adjoint as sample_any_adjoint
    from renderers.mesh.kernels.silhouettes import find as find
    from renderers.mesh.kernels.smoothing import relax as relax

__getattr__, __all__ = lazy_names(__name__)
