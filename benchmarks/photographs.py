"""How well sketches keep the outlines of their photographs: HED's edges of both, F-measure at the best threshold.

python benchmarks/photographs.py RUN [RUN ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from guidance.filters import fitted
from guidance.vgg import edges, thinned
from pipelines.inputs.pictures import read_picture, to_tensor
from renderers.strokes import rasterise, read_svg

SIZE = 512
"""Longer side in pixels."""

TOLERANCE = 0.0075
"""How far edges that match may lie apart, as a fraction of the diagonal (BSDS, Martin et al. 2004)."""

THRESHOLDS = np.linspace(0.05, 0.95, 19)


def f_measure(drawn: np.ndarray, wanted: np.ndarray, least: float = 0.3) -> float:
    """Harmonic mean of precision and recall at the best threshold of the drawing.

    Args:
        drawn: thinned edges of the drawing [H, W] in 0..1.
        wanted: thinned edges of the photograph [H, W] in 0..1.
        least: what counts as an edge of the photograph.
    """
    reach = TOLERANCE * np.hypot(*wanted.shape)
    true = wanted > least
    best = 0.0
    for threshold in THRESHOLDS:
        found = drawn > threshold
        if found.any() and true.any():
            precision, recall = _near(found, true, reach), _near(true, found, reach)
            best = max(best, 2 * precision * recall / max(precision + recall, 1e-9))
    return best


def _near(some: np.ndarray, others: np.ndarray, reach: float) -> float:
    """The share of some pixels that have one of the others within reach."""
    away = cv2.distanceTransform((~others).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return float((away[some] <= reach).mean())


def compare(run: Path) -> float:
    """`f_measure` of the drawing of a run folder with its target."""
    wanted = to_tensor(read_picture(run / "target.png"))
    height, width = (round(SIZE * side / max(wanted.shape[-2:])) for side in wanted.shape[-2:])
    drawn = rasterise(read_svg(run / "drawing.svg").scene, (height, width))[0]
    maps = [thinned(edges(fitted(x, height, width)).detach())[0, 0].numpy() for x in (drawn, wanted)]
    return f_measure(*maps)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(f"{compare(Path(folder)):.3f}  {folder}")
