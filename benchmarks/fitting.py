"""fit_mesh as it is shipped, from a sphere to two models: silhouettes and colours, form, and faces that flipped.

python benchmarks/fitting.py [MODEL ...] [steps=300]; a MODEL is a file or one of configs/assets/models
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import trimesh

from limn.surface import Surface
from pipelines import build, read_config
from pipelines.config.words import parse_override
from pipelines.evaluate.looks import held_out
from pipelines.loop.optimise import optimise
from pipelines.task.posed import rounds
from renderers.mesh.flips import flipped
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.shading import Unlit

ROOT = Path(__file__).parents[1]
SIZE = (224, 224)
SAMPLES = 5000


@torch.no_grad()
def compare(found: MeshRenderer, model: Path, name: str) -> None:
    """Prints what a fitted model and the true one have in common."""
    true = MeshRenderer(normalise(read_mesh(model)), shading=Unlit())
    for views, cameras in (("20 seen views", rounds(20)), ("8 held-out views", held_out(8))):
        ours, theirs = found.render(cameras, SIZE), true.render(cameras, SIZE)
        a, b = ours.alpha > 0.5, theirs.alpha > 0.5
        overlap = ((a & b).sum((2, 3, 4)) / (a | b).sum((2, 3, 4)))[0]
        psnr = -10 * (ours.rgb - theirs.rgb).square().mean().log10()
        print(f"{name:10} {views:17} IoU {overlap.mean():.4f}, least {overlap.min():.4f}; PSNR {psnr:.1f} dB")
    surface = found.surface()
    away = chamfer(points_on(surface), points_on(true.surface()))
    folds = int(flipped(surface.vertices, surface.faces).sum())
    print(f"{name:10} Chamfer distance {away:.4f}; {folds} of {len(surface.faces)} faces flipped")


def points_on(surface: Surface) -> torch.Tensor:
    """Points on the first candidate, evenly by area [SAMPLES, 3]."""
    mesh = trimesh.Trimesh(surface.vertices[0].numpy(), surface.faces.numpy(), process=False)
    return torch.from_numpy(trimesh.sample.sample_surface(mesh, SAMPLES, seed=0)[0]).float()


def chamfer(one: torch.Tensor, other: torch.Tensor) -> float:
    """Mean distance from the points of each set to the nearest of the other."""
    distance = torch.cdist(one, other)
    return float(distance.amin(dim=0).mean() + distance.amin(dim=1).mean()) / 2


def main() -> None:
    """Fits every model that is asked for."""
    models = [word for word in sys.argv[1:] if "=" not in word] or ["vase", "rocket"]
    overrides = dict(parse_override(word) for word in sys.argv[1:] if "=" in word)
    for word in models:
        model = Path(word) if Path(word).is_file() else ROOT / "configs" / "assets" / "models" / f"{word}.glb"
        name = model.stem
        config = read_config(ROOT / "configs" / "fit_mesh.yaml", (overrides | {"model": str(model)}).items())
        (stage,) = build(config)
        task = stage.task(None)
        result = optimise(task.renderer, task.objective(), stage.settings, cameras=task.cameras)
        print(f"{name:10} {result.steps} steps in {result.seconds:.0f} s")
        compare(result.renderer, model, name)


if __name__ == "__main__":
    main()
