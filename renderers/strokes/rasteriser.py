"""rasterise: scenes to pictures, differentiable by points, widths, colours and gradients."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from renderers.strokes.scene import WHITE, Scene
from renderers.strokes.tables import layer_paints, tables_of

Backend = Literal["warp", "reference", "diffvg"]


def rasterise(scene: Scene, size: tuple[int, int] | None = None, backend: Backend = "warp") -> tuple[Tensor, Tensor]:
    """Draws every candidate of a scene, in SVG order with SVG's 'over' in sRGB.

    Strokes have round caps and joins; their coverage is the area of an ideal band within the pixel. Fills have the
    exact integral of their winding number. The same scene gives the same bits with any number of threads. On CUDA the
    same kernels run with one thread per work item (not measured yet).

    Args:
        scene: what to draw.
        size: height and width in pixels to draw it at; the scene's own when None.
        backend: ``warp`` (kernels for CPU and CUDA, float32), ``reference`` (slow pure torch, any dtype) or ``diffvg``
            (needs pydiffvg).

    Returns:
        sRGB over the background [S, 3, H, W] and coverage [S, 1, H, W].

    Raises:
        InputError: the back end is not installed.
    """
    if size is not None:
        scene = scene.scaled(size)
    rgb, alpha = _drawn(scene, backend)
    if scene.paper is not None:
        change = scene.paper - scene.paper.new_tensor(scene.background or WHITE)
        rgb = rgb + (1 - alpha) * change[..., None, None]
    return rgb, alpha


@torch.no_grad()
def straight(scene: Scene, size: tuple[int, int] | None = None) -> Tensor:
    """Every candidate as files hold it.

    Args:
        scene: what to draw.
        size: height and width in pixels to draw it at; the scene's own when None.

    Returns:
        sRGB [S, 3, H, W] where there is paper, else straight sRGB and opacity [S, 4, H, W].
    """
    rgb, alpha = rasterise(scene, size)
    if scene.background is not None or scene.paper is not None:
        return rgb
    return torch.cat([((rgb - 1) / alpha.clamp_min(1e-6) + 1).clamp(0, 1), alpha], dim=1)


def _drawn(scene: Scene, backend: Backend) -> tuple[Tensor, Tensor]:
    """The pictures over the background that is the same for all."""
    if backend == "reference":
        from renderers.strokes.reference import rasterise_reference

        return rasterise_reference(scene)
    if backend == "diffvg":
        from renderers.strokes.diffvg import rasterise_diffvg

        return rasterise_diffvg(scene)
    tables = tables_of(scene.topology, scene.points.device)
    reals = (scene.points.contiguous(), scene.widths.contiguous(), *layer_paints(tables, scene))
    integers = (tables.cubics, tables.cubic_layers, tables.uses, tables.layers)
    rgb, alpha, *_ = _rasterise(*reals, *integers, *scene.size, list(scene.background or WHITE))
    return rgb, alpha


@torch.library.custom_op(
    "limn::rasterise",
    mutates_args=(),
    schema="(Tensor points, Tensor widths, Tensor colours, Tensor end_colours, Tensor ramps, Tensor cubics, "
    "Tensor cubic_layers, Tensor uses, Tensor layers, int height, int width, float[] background) -> ("
    + ", ".join(["Tensor"] * 17)
    + ")",
)
def _rasterise(*arguments: Any) -> tuple[Tensor, ...]:
    """The two pictures, then the state that the adjoint needs."""
    from renderers.strokes.passes import RasterInput, forward_pass

    rgb, alpha, state = forward_pass(RasterInput(*arguments))
    return rgb, alpha, *state


@torch.library.custom_op(
    "limn::rasterise_adjoint",
    mutates_args=(),
    schema="(Tensor points, Tensor widths, Tensor colours, Tensor end_colours, Tensor ramps, Tensor cubics, "
    "Tensor cubic_layers, Tensor uses, Tensor layers, int height, int width, float[] background, Tensor[] state, "
    "Tensor rgb, Tensor alpha) -> (Tensor, Tensor, Tensor, Tensor, Tensor)",
)
def _rasterise_adjoint(*arguments: Any) -> tuple[Tensor, ...]:
    """Derivatives by points, widths, colours, end colours and ramps."""
    from renderers.strokes.passes import RasterInput, State, backward_pass

    *given, state, rgb, alpha = arguments
    return backward_pass(RasterInput(*given), State(*state), rgb, alpha)


@_rasterise.register_fake
def _(
    points: Tensor,
    widths: Tensor,
    colours: Tensor,
    end_colours: Tensor,
    ramps: Tensor,
    cubics: Tensor,
    cubic_layers: Tensor,
    uses: Tensor,
    layers: Tensor,
    height: int,
    width: int,
    background: list[float],
) -> tuple[Tensor, ...]:
    size = torch.library.get_ctx().new_dynamic_size
    lines, cells, runs, inked, candidates = size(), size(), size(), size(), points.shape[0]
    tiles = candidates * ((height + 7) // 8) * ((width + 7) // 8)
    drawn, cubic_count = candidates * layers.shape[0], candidates * cubics.shape[0]

    def ints(*shape: Any) -> Tensor:
        return points.new_empty(shape, dtype=torch.int32)

    return (
        points.new_empty(candidates, 3, height, width),
        points.new_empty(candidates, 1, height, width),
        points.new_empty(lines, 4),
        ints(cubic_count),
        ints(drawn, 4),
        ints(drawn),
        points.new_empty(drawn),
        ints(cells),
        ints(cells),
        ints(runs),
        ints(runs),
        points.new_empty(runs, dtype=torch.int64),
        ints(tiles + 1),
        ints(inked),
        points.new_empty(runs * 64),
        ints(runs * 64),
        points.new_empty(runs * 64),
    )


@_rasterise_adjoint.register_fake
def _(*given: Any) -> tuple[Tensor, ...]:
    return tuple(torch.empty_like(tensor) for tensor in given[:5])


def _remember(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
    *tensors, ctx.height, ctx.width, ctx.background = inputs
    ctx.save_for_backward(*tensors, *output[2:])
    ctx.mark_non_differentiable(*output[2:])
    ctx.set_materialize_grads(False)


def _adjoint(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
    tensors, state = ctx.saved_tensors[:9], list(ctx.saved_tensors[9:])
    rgb, alpha = adjoints[:2]
    shape = (tensors[0].shape[0], 1, ctx.height, ctx.width)
    rgb = tensors[0].new_zeros(shape).expand(-1, 3, -1, -1) if rgb is None else rgb
    alpha = tensors[0].new_zeros(shape) if alpha is None else alpha
    moved = _rasterise_adjoint(*tensors, ctx.height, ctx.width, ctx.background, state, rgb, alpha)
    return (*moved, *[None] * 7)


_rasterise.register_autograd(_adjoint, setup_context=_remember)
