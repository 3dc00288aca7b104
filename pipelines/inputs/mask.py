"""Masks: which part of a picture is the object."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.inputs.pictures import read_picture

log = logging.getLogger("limn")

WORKING_SIZE = 160

GROUNDS = ("tblr", "tlr", "tr", "br", "bl", "tl")
"""Sides (top, bottom, left, right) that may show nothing but background: an object may enter by the others."""

GUESSES = ((0.7, 0.3), (0.7, 0.5), (3.0, 0.1))
"""First guesses: how much more the middle counts than the rim, and the share of the picture that is called object."""


@dataclass(frozen=True)
class _Found:
    """What one first guess led to.

    Args:
        mask: [H, W], 1 on the object.
        outlined: share of its outline that runs along edges of the picture.
        compact: its share of its convex hull.
        cut: its share of the picture's rim.
        central: its share of the picture's middle (a Gaussian).
        differs: mean distance in Lab from the background's colours.
    """

    mask: np.ndarray
    outlined: float
    compact: float
    cut: float
    central: float
    differs: float

    @property
    def is_object(self) -> bool:
        """Whether it stands free: its outline is to be seen, it hangs together and is not the background itself."""
        area = float(self.mask.mean())
        placed = 0.01 < area < 0.75 and self.cut < 0.4 and self.central > 0.7 * area
        # A wrong cut costs more where it is larger.
        return placed and self.outlined > 0.92 + 0.08 * area and self.compact > 0.5 and self.differs > 15

    @property
    def merit(self) -> float:
        """What holds more of the middle is more of the object; what holds more of the rim is more of the rest."""
        return self.central * (1 - self.cut) ** 2


def remove_background(picture: Image.Image, mask: str) -> Image.Image:
    """Makes the background transparent.

    Args:
        picture: mode RGBA.
        mask: ``none`` keeps everything; ``auto`` takes the picture's own alpha, else separates the object by colour
            (GrabCut, Rother et al. 2004); anything else is the path of a mask, white where the object is.

    Returns:
        The picture, RGBA.

    Raises:
        InputError: the mask cannot be read.
    """
    if mask == "none":
        return picture
    if mask != "auto":
        white = read_picture(Path(mask)).convert("RGB").convert("L").resize(picture.size, Image.Resampling.BILINEAR)
        return _with_alpha(picture, np.asarray(white))
    if np.asarray(picture.getchannel("A")).min() < 128:
        return picture
    alpha = object_alpha(np.asarray(picture.convert("RGB")))
    if alpha is None:
        log.info("mask auto: no object stands out from its background; the whole picture is kept")
        return picture
    return _with_alpha(picture, alpha)


def object_alpha(rgb: np.ndarray) -> np.ndarray | None:
    """Separates what stands free in the picture from what its border shows.

    GrabCut starts from several first guesses, as different sides of the picture may be background; the best of what
    they lead to is taken.

    Args:
        rgb: [H, W, 3] uint8.

    Returns:
        [H, W] uint8, 255 on the object; None where no object stands free: nothing differs from the border, what differs
        has no outline or is scattered, or the picture cuts it.
    """

    import cv2

    height, width = rgb.shape[:2]
    scale = WORKING_SIZE / max(height, width)
    if min(height, width) * scale < 16:  # no room for an object and its background
        return None
    small = cv2.resize(rgb, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    found = [trial for ground in GROUNDS for trial in _trials(small, ground) if trial.is_object]
    if not found:
        return None
    best = max(found, key=lambda trial: trial.merit).mask
    alpha: np.ndarray = cv2.resize(best * 255, (width, height), interpolation=cv2.INTER_CUBIC)
    return alpha


def _trials(small: np.ndarray, ground: str) -> Iterator[_Found]:
    """Where the first guesses lead when the sides ``ground`` are background."""

    import cv2

    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    background = _sides(small.shape, ground)
    difference = _difference_from(lab[background], lab)
    slopes = [cv2.Sobel(cv2.GaussianBlur(lab, (0, 0), 1), cv2.CV_32F, dx, 1 - dx) for dx in (0, 1)]
    strength = np.sqrt(sum((slope**2).sum(axis=-1) for slope in slopes))
    edges = cv2.dilate((strength > 1.5 * np.median(strength) + 4).astype(np.uint8), np.ones((3, 3), np.uint8))
    y, x = np.mgrid[-1 : 1 : small.shape[0] * 1j, -1 : 1 : small.shape[1] * 1j]
    # The object is sought away from the background's sides.
    across, down = 0.3 * (("l" in ground) - ("r" in ground)), 0.3 * (("t" in ground) - ("b" in ground))
    for reach, share in GUESSES:
        evidence = cv2.GaussianBlur(difference, (0, 0), 2) * np.exp(-reach * ((x - across) ** 2 + (y - down) ** 2))
        mask = _grab(small, evidence, background, share)
        yield _judged(mask, edges, difference, np.exp(-2 * (x**2 + y**2)))


def _judged(mask: np.ndarray, edges: np.ndarray, difference: np.ndarray, middle: np.ndarray) -> _Found:
    import cv2

    outline = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))[2:-2, 2:-2] == 1
    if not outline.any():
        return _Found(mask, 0, 0, 1, 0, 0)
    hull = cv2.contourArea(cv2.convexHull(cv2.findNonZero(mask)))
    return _Found(
        mask,
        outlined=float(edges[2:-2, 2:-2][outline].mean()),
        compact=float(mask.sum() / max(hull, 1)),
        cut=float(np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]]).mean()),
        central=float((mask * middle).sum() / middle.sum()),
        differs=float(difference[mask == 1].mean()),
    )


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


def _with_alpha(picture: Image.Image, alpha: np.ndarray) -> Image.Image:
    result = picture.convert("RGBA")
    own = np.asarray(result.getchannel("A"), dtype=np.uint16)
    result.putalpha(Image.fromarray((own * alpha // 255).astype(np.uint8)))
    return result
