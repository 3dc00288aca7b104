"""Prefixes of an ordered sketch beside separate sketches: ``python benchmarks/prefixes.py [picture ...]``.

The runs stay in ``outputs/prefixes`` and are not made again; delete them for that.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance.vgg import edges, thinned
from limn.frames import Frames
from limn.step import Step
from pipelines import build, execute, read_config, run
from pipelines.task.start import Start
from renderers.strokes import Scene, Strokes, rasterise
from renderers.strokes.prefixes import prefix

COUNTS = (4, 8, 16, 32)
SIZE = 512
NEAR = 0.0075
"""How far an edge may be from the one that it stands for, as a fraction of the picture's diagonal (BSDS500)."""


def sketched(picture: str, **settings: Any) -> Path:
    """The folder of a sketch of one candidate, made unless it is there already."""
    name = "-".join([Path(picture).stem, *(f"{key}-{value}" for key, value in settings.items())])
    folder = Path("outputs/prefixes") / name
    if not (folder / "report.html").exists():
        changes = {"name": "prefixes", "run": name, "best_of": 1, "video.formats": []}
        run("configs/sketch.yaml", target=picture, **changes, **settings)
    return folder


def drawing_of(folder: Path) -> Scene:
    """The result of a run."""
    result = execute(folder)
    assert isinstance(result.renderer, Strokes)
    return result.renderer.scene().candidate(result.candidate)


def crests(rgb: Tensor) -> np.ndarray:
    """Thinned edges [H, W] of a picture [1, 3, H, W]."""
    found: np.ndarray = thinned(edges(rgb))[0, 0].numpy()
    return found


def f_measure(drawn: np.ndarray, wanted: np.ndarray) -> float:
    """How well the edges of a drawing agree with those of its picture, at the drawing's best threshold, 0..1."""
    reach = NEAR * np.hypot(*drawn.shape)
    target = wanted > 0.5 * wanted.max()
    best = 0.0
    for threshold in np.linspace(0.1, 0.9, 9):
        found = drawn > threshold
        if found.any():
            precision = (_distance_to(target)[found] <= reach).mean()
            recall = (_distance_to(found)[target] <= reach).mean()
            best = max(best, 2 * precision * recall / max(precision + recall, 1e-9))
    return float(best)


def _distance_to(mask: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE))


@torch.no_grad()
def measured(folder: Path, scene: Scene, count: int) -> tuple[float, float]:
    """The eval loss and the F-measure of the first strokes of a drawing, as the run of a folder has them."""
    shown = prefix(scene, torch.tensor([count]))
    config = read_config(folder / "config.yaml")
    (stage,) = build(config, Start(folder / "start"))
    task = stage.task(None)
    rgb, alpha = rasterise(shown)
    last = Step(config.steps - 1, config.steps, training=False)
    loss = float(task.objective()(Frames(rgb[:, None], alpha[:, None]), last).total())
    scale = SIZE / max(scene.size)
    size = (round(scene.size[0] * scale), round(scene.size[1] * scale))
    target = torch.nn.functional.interpolate(task.pictures["target"][None], size, mode="bicubic").clamp(0, 1)
    return loss, f_measure(crests(rasterise(shown, size)[0]), crests(target))


def main(pictures: list[str]) -> None:
    """A table for each picture, and the mean of all."""
    rows: dict[str, list[np.ndarray]] = {}
    for picture in pictures:
        drawings = {"ordered": sketched(picture, strokes=32, ordered=True), "unordered": sketched(picture, strokes=32)}
        found = {name: [measured(folder, drawing_of(folder), n) for n in COUNTS] for name, folder in drawings.items()}
        alone = [sketched(picture, strokes=count) for count in COUNTS]
        found["separate"] = [measured(f, drawing_of(f), n) for f, n in zip(alone, COUNTS, strict=True)]
        for name, values in found.items():
            rows.setdefault(name, []).append(np.array(values))
    print("| | " + " | ".join(f"{count} strokes" for count in COUNTS) + " |\n|---" * 1 + "|---" * len(COUNTS) + "|")
    for name, tables in rows.items():
        print(f"| {name} | " + " | ".join(f"{loss:.3f} / {f:.2f}" for loss, f in np.mean(tables, axis=0)) + " |")


if __name__ == "__main__":
    main(sys.argv[1:] or [f"configs/assets/{name}" for name in ("owl.png", "cat.jpg", "coffee.jpg")])
