"""Cut-outs: the object of a picture is found where it stands free, and no part of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from guidance.vgg import edges
from limn.pictures import to_tensor

WORKING_SIZE = 128
EDGE_SIZE = 256
"""Longer sides, in pixels, of what is looked at: for colours, for edges."""

GROUNDS = ("tblr", "tlr", "tr", "br", "bl", "tl")
"""Sides (top, bottom, left, right) that may show nothing but background: an object may enter by the others."""

GUESSES = ((0.7, 0.3), (0.7, 0.5))
"""First guesses: how much more the middle counts than the rim, and the share of the picture that is called object."""

ALIKE = 8.0
"""Distance in Lab of colours that are the same to the eye, noise and compression included."""

UNIFORM = 0.6
"""Share of the picture's rim that has one colour where the ground is uniform."""

KEPT = 0.75
"""Share of the picture's edges that an object must have: what has fewer leaves parts behind, or stands before more."""


@dataclass(frozen=True)
class CutOut:
    """The object of a picture.

    Args:
        alpha: [H, W] uint8, 255 on the object.
        how: how it was found.
    """

    alpha: np.ndarray
    how: str


def cut_out(rgb: np.ndarray) -> CutOut | None:
    """Separates what stands free in the picture from what its border shows.

    A uniform ground is what has the border's colour and hangs together with it. Else GrabCut (Rother et al. 2004)
    starts from several first guesses, as different sides of the picture may be background. Whatever is found must
    have its outline on edges (`guidance.vgg.edges`) and nearly all edges of the picture.

    Args:
        rgb: [H, W, 3] uint8.

    Returns:
        None where no object stands free.
    """

    import cv2

    height, width = rgb.shape[:2]
    scale = WORKING_SIZE / max(height, width)
    if min(height, width) * scale < 16:  # no room for an object and its background
        return None
    small = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    outlines = _edges(rgb, small.shape[:2])
    plain = _before_uniform_ground(rgb)
    if plain is not None:
        mask = cv2.resize(plain, small.shape[1::-1], interpolation=cv2.INTER_AREA) > 127
        if _judged(mask.astype(np.uint8), outlines).is_object:
            return CutOut(plain, "its uniform ground is left out")
    found = [trial for ground in GROUNDS for trial in _trials(small, outlines, ground) if trial.is_object]
    if not found:
        return None
    best = max(found, key=lambda trial: trial.merit).mask
    large = cv2.resize(best.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    smooth = cv2.GaussianBlur(large, (0, 0), max(0.5, 1 / scale))  # without the steps of the small picture
    alpha = (255 * (3 * smooth - 1).clip(0, 1)).astype(np.uint8)
    return CutOut(alpha, "its ground, found by colours and edges, is left out")


@dataclass(frozen=True)
class _Found:
    """What may be the object.

    Args:
        mask: [H, W], 1 on it.
        outlined: share of its outline that runs along edges of the picture.
        kept: its share of the picture's edges, strong ones above all.
        compact: its share of its convex hull.
        cut: its share of the picture's rim.
        central: its share of the picture's middle (a Gaussian).
    """

    mask: np.ndarray
    outlined: float
    kept: float
    compact: float
    cut: float
    central: float

    @property
    def is_object(self) -> bool:
        """Whether it stands free: its outline is to be seen, it hangs together and nothing else has edges."""
        area = float(self.mask.mean())
        placed = 0.01 < area < 0.85 and self.cut < 0.25 and self.central > 0.7 * area
        # Where the frame cuts much of it, it may well be a part of the ground.
        return placed and self.outlined > 0.9 and self.kept > KEPT + 0.4 * self.cut and self.compact > 0.4

    @property
    def merit(self) -> float:
        """What holds more of the middle is more of the object; what holds more of the rim is more of the rest."""
        return self.central * (1 - self.cut) ** 2


def _judged(mask: np.ndarray, outlines: np.ndarray) -> _Found:
    import cv2

    outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))[2:-2, 2:-2] == 1
    if not outline.any():
        return _Found(mask, 0, 0, 0, 1, 0)
    near = cv2.dilate((outlines > 0.3).astype(np.uint8), np.ones((3, 3), np.uint8))[2:-2, 2:-2]
    hull = cv2.contourArea(cv2.convexHull(cv2.findNonZero(mask)))
    y, x = np.mgrid[-1 : 1 : mask.shape[0] * 1j, -1 : 1 : mask.shape[1] * 1j]
    middle, strength = np.exp(-2 * (x**2 + y**2)), outlines**2
    return _Found(
        mask,
        outlined=float(near[outline].mean()),
        kept=float(strength[cv2.dilate(mask, np.ones((7, 7), np.uint8)) == 1].sum() / max(strength.sum(), 1e-9)),
        compact=float(mask.sum() / max(hull, 1)),
        cut=float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()),
        central=float((mask * middle).sum() / middle.sum()),
    )


def _edges(rgb: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """How surely there is an outline at each pixel of the small picture [h, w] in 0..1."""

    import cv2

    scale = min(1.0, EDGE_SIZE / max(rgb.shape[:2]))
    size = max(16, round(rgb.shape[1] * scale)), max(16, round(rgb.shape[0] * scale))
    found = (
        edges(to_tensor(Image.fromarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))))[0, 0].detach().numpy()
    )
    smaller: np.ndarray = cv2.resize(found, shape[1::-1], interpolation=cv2.INTER_AREA)
    return smaller


def _before_uniform_ground(rgb: np.ndarray) -> np.ndarray | None:
    """Alpha [H, W] uint8 of what does not hang together with the rim in its colour; None where the rim has many."""

    import cv2

    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (3, 3), 0).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rim = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    alike = np.linalg.norm(lab - np.median(rim, axis=0), axis=-1) < ALIKE
    on_rim = np.concatenate([alike[0], alike[-1], alike[:, 0], alike[:, -1]])
    if on_rim.mean() < UNIFORM:
        return None
    _, parts = cv2.connectedComponents(alike.astype(np.uint8), connectivity=4)
    grounds = np.unique(np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])[on_rim])
    found: np.ndarray = np.where(np.isin(parts, grounds) & alike, 0, 255).astype(np.uint8)
    return found


def _trials(small: np.ndarray, outlines: np.ndarray, ground: str) -> Iterator[_Found]:
    """Where the first guesses lead when the sides ``ground`` are background."""

    import cv2

    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    background = _sides(small.shape, ground)
    difference = _difference_from(lab[background], lab)
    y, x = np.mgrid[-1 : 1 : small.shape[0] * 1j, -1 : 1 : small.shape[1] * 1j]
    # The object is sought away from the background's sides.
    across, down = 0.3 * (("l" in ground) - ("r" in ground)), 0.3 * (("t" in ground) - ("b" in ground))
    for reach, share in GUESSES:
        evidence = cv2.GaussianBlur(difference, (0, 0), 2) * np.exp(-reach * ((x - across) ** 2 + (y - down) ** 2))
        yield _judged(_grab(small, evidence, background, share), outlines)


def _grab(small: np.ndarray, evidence: np.ndarray, background: np.ndarray, share: float) -> np.ndarray:
    """GrabCut from a first guess that calls ``share`` of the picture object; 1 on the object, without specks."""

    import cv2

    labels = np.full(evidence.shape, cv2.GC_PR_BGD, np.uint8)
    labels[evidence > np.quantile(evidence[~background], 1 - share)] = cv2.GC_PR_FGD
    labels[background] = cv2.GC_BGD
    if not (labels == cv2.GC_PR_FGD).any():
        return np.zeros(evidence.shape, np.uint8)
    cv2.setRNGSeed(0)
    empty = np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(small[..., ::-1]), labels, None, empty, empty.copy(), 4, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    return _large_parts(cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_CLOSE, kernel), cv2.MORPH_OPEN, kernel))


def _sides(shape: tuple[int, ...], names: str) -> np.ndarray:
    """The outermost 3 % of a picture on some of its sides, as a mask."""
    band = max(2, round(0.03 * max(shape[:2])))
    places: dict[str, Any] = {"t": np.s_[:band], "b": np.s_[-band:], "l": np.s_[:, :band], "r": np.s_[:, -band:]}
    mask = np.zeros(shape[:2], bool)
    for name in names:
        mask[places[name]] = True
    return mask


def _difference_from(background: np.ndarray, lab: np.ndarray) -> np.ndarray:
    """Distance in Lab to the nearest of five colours of the background (sky and grass are more than one)."""

    import cv2

    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    cv2.setRNGSeed(0)
    _, _, colours = cv2.kmeans(background, 5, np.empty(0), criteria, 2, cv2.KMEANS_PP_CENTERS)
    distance: np.ndarray = np.linalg.norm(lab[:, :, None] - colours, axis=-1).min(axis=-1)
    return distance


def _large_parts(found: np.ndarray) -> np.ndarray:
    """Drops specks: parts under 15 % of the largest one. What lies between the others belongs to the object."""

    import cv2

    count, parts, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return found
    areas = stats[1:, cv2.CC_STAT_AREA]
    return _joined(np.isin(parts, 1 + np.flatnonzero(areas >= 0.15 * areas.max())).astype(np.uint8))


def _joined(found: np.ndarray) -> np.ndarray:
    """Closes the gaps between parts where they are under half the picture, twice as wide as joins them."""

    import cv2

    reach = max(found.shape) // 2
    padded = cv2.copyMakeBorder(found, reach, reach, reach, reach, cv2.BORDER_CONSTANT)
    away = cv2.distanceTransform(1 - padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)

    def closed(radius: int) -> np.ndarray:
        grown = (away <= radius).astype(np.uint8)
        inside: np.ndarray = cv2.distanceTransform(grown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius
        return inside[reach:-reach, reach:-reach].astype(np.uint8)

    joins = (radius for radius in range(0, reach // 2, 2) if cv2.connectedComponents(closed(radius))[0] == 2)
    return closed(2 * next(joins, 0))
