"""diffvg as a back end, where pydiffvg is installed."""

from __future__ import annotations

from torch import Tensor

from renderers.strokes.scene import Scene


def rasterise_diffvg(scene: Scene) -> tuple[Tensor, Tensor]:
    """Placeholder."""
    raise NotImplementedError
