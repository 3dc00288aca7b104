"""Random scenes and comparisons that the tests of the strokes share."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import resvg_py
import torch
from PIL import Image
from torch import Tensor

from renderers.strokes import Path, Scene, Subpath, Topology, rasterise


def random_scene(
    paths: list[Path],
    size: tuple[int, int],
    candidates: int = 1,
    seed: int = 0,
    spread: float = 0.3,
    width: float = 3.0,
) -> Scene:
    """Every path wanders around a middle of its own; colours and opacities are random."""
    draws = torch.Generator().manual_seed(seed)
    extent = torch.tensor([size[1], size[0]], dtype=torch.float32)
    points = []
    for path in paths:
        middle = torch.rand(candidates, 1, 2, generator=draws)
        wander = torch.rand(candidates, path.points, 2, generator=draws) - 0.5
        points.append((middle + spread * wander) * extent)
    return Scene(
        topology=Topology(tuple(paths)),
        points=torch.cat(points, dim=1),
        widths=width * (0.5 + torch.rand(candidates, len(paths), generator=draws)),
        stroke_colours=torch.rand(candidates, len(paths), 4, generator=draws),
        fill_colours=torch.rand(candidates, len(paths), 4, generator=draws),
        size=size,
        background=(0.9, 1.0, 0.8),
    )


def graded(scene: Scene, solid: int = 1) -> Scene:
    """The same with a random linear gradient in every fill but the last ones, which are solid."""
    draws = torch.Generator().manual_seed(0)
    shape = scene.fill_colours.shape[:2]
    extent = torch.tensor([scene.size[1], scene.size[0]], dtype=torch.float32)
    ends = torch.rand(*shape, 2, 2, generator=draws) * extent
    ends[:, shape[1] - solid :, 1] = ends[:, shape[1] - solid :, 0]
    return replace(scene, gradient_ends=ends, gradient_colours=torch.rand(*shape, 4, generator=draws))


OPEN = Path((Subpath(2),))
CLOSED = Path((Subpath(3, closed=True),))
FILL = Path((Subpath(4, closed=True),), stroked=False, filled=True)
EVENODD = Path((Subpath(5, closed=True),), stroked=False, filled=True, rule="evenodd")
HOLES = Path((Subpath(3, closed=True), Subpath(2)), stroked=True, filled=True, rule="evenodd")
BOTH = Path((Subpath(2), Subpath(3, closed=True)), stroked=True, filled=True)

SCENES = {
    "open": random_scene([OPEN] * 5, (40, 48), 2, 1, 0.8),
    "closed": random_scene([CLOSED] * 4, (40, 48), 1, 2, 0.8),
    "thin": random_scene([OPEN] * 5, (40, 40), 1, 3, 0.8, 0.4),
    "thick": random_scene([OPEN] * 3, (40, 40), 1, 4, 0.8, 20.0),
    "fill": random_scene([FILL] * 5, (40, 33), 2, 5, 0.6),
    "evenodd": random_scene([EVENODD] * 3, (40, 40), 1, 6, 0.9),
    "holes": random_scene([HOLES] * 3, (48, 40), 1, 7, 0.9),
    "overlapping": random_scene([OPEN, FILL, BOTH, CLOSED, EVENODD, HOLES, BOTH], (40, 40), 2, 8, 1.0),
    "off canvas": random_scene([OPEN, FILL, BOTH], (24, 24), 2, 9, 4.0),
    "gradients": graded(random_scene([FILL, OPEN, EVENODD, BOTH, FILL], (40, 33), 2, 10, 0.9)),
}


def with_gradient(scene: Scene, dtype: torch.dtype = torch.float32) -> Scene:
    """A copy whose tensors are leaves that ask for gradients."""
    return replace(scene, **{name: getattr(scene, name).to(dtype).clone().requires_grad_() for name in scene.tensors})


def smooth_loss(rgb: Tensor, alpha: Tensor) -> Tensor:
    """A sum over all pixels with weights that change slowly from place to place."""
    height, width = rgb.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    weights = torch.stack([torch.sin(x / 5 + c) * torch.cos(y / 7 - 2 * c) for c in range(4)]).to(rgb)
    return (rgb * weights[:3]).sum() + (alpha * weights[3:]).sum()


def draw(scene: Scene) -> Tensor:
    """The picture of the first candidate [3, H, W]."""
    return rasterise(scene)[0][0]


def resvg(svg: str, zoom: int = 1) -> Tensor:
    """The picture by resvg on white [3, H, W], drawn ``zoom`` times larger and averaged."""
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom, dpi=96, background="white", languages=["en"]))
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).copy()
    large = torch.from_numpy(picture).float().permute(2, 0, 1)[None] / 255
    return torch.nn.functional.avg_pool2d(large, zoom)[0]


def psnr(one: Tensor, other: Tensor) -> float:
    """Peak signal to noise ratio in dB."""
    return float(-10 * torch.log10((one - other).square().mean()))
