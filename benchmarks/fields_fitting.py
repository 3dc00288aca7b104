"""fit_field as it is shipped: pictures, silhouettes and normals at held-out views, of the field and of its mesh.

python benchmarks/fields_fitting.py [MODEL ...] [config=FILE] [steps=300]; a MODEL is a file or one of
configs/assets/models
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from limn.cameras import Cameras
from limn.frames import Frames
from pipelines import build, read_config
from pipelines.config.words import parse_override
from pipelines.evaluate.looks import held_out
from pipelines.loop.optimise import Result, optimise
from renderers.fields.renderer import FieldRenderer
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.renderer import MeshRenderer
from renderers.scene.shading import Unlit

ROOT = Path(__file__).parents[1]
SIZE = (128, 128)
VIEWS = 10


def psnr(ours: Frames, theirs: Frames) -> float:
    """Mean over the views, in dB."""
    errors = (ours.rgb - theirs.rgb).square().mean(dim=(0, 2, 3, 4))
    return float((-10 * errors.log10()).mean())


def overlap(ours: Frames, theirs: Frames) -> float:
    """Mean intersection over union of the silhouettes."""
    a, b = ours.alpha > 0.5, theirs.alpha > 0.5
    return float(((a & b).sum((2, 3, 4)) / (a | b).sum((2, 3, 4))).mean())


def turned(ours: Frames, theirs: Frames) -> float:
    """Mean angle between the normals in degrees, where both silhouettes are."""
    assert ours.normal is not None
    assert theirs.normal is not None
    inside = ((ours.alpha > 0.5) & (theirs.alpha > 0.5))[:, :, 0]
    cosine = (F.normalize(ours.normal, dim=2) * F.normalize(theirs.normal, dim=2)).sum(dim=2)
    return math.degrees(float(cosine[inside].clamp(-1, 1).acos().mean()))


@torch.no_grad()
def compare(found: FieldRenderer, model: Path, candidate: int, cameras: Cameras) -> None:
    """Prints what a fitted field, its mesh and the true model have in common."""
    theirs = MeshRenderer(normalise(read_mesh(model)), shading=Unlit(), supersampling=4).render(cameras, SIZE)
    mesh = MeshRenderer(found.baked(candidate)[0], shading=Unlit(), supersampling=4)
    for name, scene in (("field", found), ("mesh", mesh)):
        ours = scene.render(cameras, SIZE)
        figures = f"PSNR {psnr(ours, theirs):.1f} dB; IoU {overlap(ours, theirs):.4f}"
        print(f"{model.stem:10} {name:6} {figures}; normals {turned(ours, theirs):.1f} degrees")


def main() -> None:
    """Fits every model that is asked for."""
    models = [word for word in sys.argv[1:] if "=" not in word] or ["mushroom", "house", "dog"]
    overrides = dict(parse_override(word) for word in sys.argv[1:] if "=" in word)
    config = overrides.pop("config", ROOT / "configs" / "fit_field.yaml")
    for word in models:
        model = Path(word) if Path(word).is_file() else ROOT / "configs" / "assets" / "models" / f"{word}.glb"
        result: Result | None = None
        begin = time.process_time()
        for stage in build(read_config(config, (overrides | {"model": str(model)}).items())):
            task = stage.task(result)
            result = optimise(task.renderer, task.objective(), stage.settings, cameras=task.cameras)
            print(f"{model.stem:10} {stage.name}: {time.process_time() - begin:.0f} s of CPU")
        assert result is not None
        assert isinstance(result.renderer, FieldRenderer)
        compare(result.renderer, model, result.candidate, held_out(VIEWS))


if __name__ == "__main__":
    main()
