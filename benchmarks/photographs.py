"""How well sketches keep the outlines of their photographs: HED's edges of both, F-measure at the best threshold.

python benchmarks/photographs.py RUN [RUN ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from guidance.filters import fitted
from guidance.vgg import edges, thinned
from limn.pictures import to_tensor, with_longer_side
from pipelines.config.reading import read_config
from pipelines.inputs.pictures import read_picture
from pipelines.inputs.subject import find_subject

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
    """`f_measure` of the drawing of a run folder, put where it belongs in the whole photograph."""
    config = read_config(run / "config.yaml")
    subject = find_subject(config.target, config.mask)
    photograph = read_picture(config.target).convert("RGB")
    drawing = read_picture(run / "drawing.png").convert("RGB")
    left, top, right, bottom = subject.box
    margin = 2 * config.margin * min(drawing.size) if subject.free else 0.0
    scale = min((drawing.width - margin) / (right - left), (drawing.height - margin) / (bottom - top))
    page = Image.new("RGB", photograph.size, "white")
    whole = drawing.resize((round(drawing.width / scale), round(drawing.height / scale)), Image.Resampling.LANCZOS)
    page.paste(whole, (round((left + right - whole.width) / 2), round((top + bottom - whole.height) / 2)))
    return f_measure(_edges(page), _edges(photograph))


def _edges(picture: Image.Image) -> np.ndarray:
    rgb = to_tensor(picture)
    rgb = fitted(rgb, *with_longer_side((picture.height, picture.width), SIZE))
    found: np.ndarray = thinned(edges(rgb).detach())[0, 0].numpy()
    return found


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        print(f"{compare(Path(folder)):.3f}  {folder}")
