"""Masks: which part of a picture is the object."""

from __future__ import annotations

import logging
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from pipelines.pictures import read_picture

log = logging.getLogger("limn")

WORKING_SIZE = 200


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

    Args:
        rgb: [H, W, 3] uint8.

    Returns:
        [H, W] uint8, 255 on the object; None where no object stands free: nothing differs from the border, or what
        differs is cut by it.
    """
    height, width = rgb.shape[:2]
    scale = WORKING_SIZE / max(height, width)
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    difference = _difference_from_border(small)
    guesses = np.stack([_grab(small, difference, share) for share in (0.3, 0.4, 0.5)])
    found = np.median(guesses, axis=0).astype(np.uint8)
    # What different first guesses agree on was found in the picture; the rest is guessed.
    agreed = guesses.all(axis=0).sum() >= 0.85 * guesses.any(axis=0).sum()
    if not agreed or not 0.08 < found.mean() < 0.8 or difference[found == 1].mean() < 15 or _is_cut(found):
        return None
    alpha: np.ndarray = cv2.resize(found * 255, (width, height), interpolation=cv2.INTER_LINEAR)
    return alpha


def _grab(small: np.ndarray, difference: np.ndarray, share: float) -> np.ndarray:
    """GrabCut from a first guess that calls ``share`` of the picture object; 1 on the object, without specks."""
    labels = _first_guess(difference, share)
    cv2.setRNGSeed(0)
    empty = np.zeros((1, 65))
    cv2.grabCut(np.ascontiguousarray(small[..., ::-1]), labels, None, empty, empty.copy(), 6, cv2.GC_INIT_WITH_MASK)
    found = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    return _large_parts(cv2.morphologyEx(cv2.morphologyEx(found, cv2.MORPH_OPEN, kernel), cv2.MORPH_CLOSE, kernel))


def _border(shape: tuple[int, ...]) -> np.ndarray:
    """The outermost 2 % of a picture, as a mask."""
    band = max(2, round(0.02 * max(shape[:2])))
    border = np.ones(shape[:2], bool)
    border[band:-band, band:-band] = False
    return border


def _difference_from_border(small: np.ndarray) -> np.ndarray:
    """Distance in Lab to the nearest of five colours of the border (a border of sky and grass has more than one)."""
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    cv2.setRNGSeed(0)
    border = lab[_border(small.shape)]
    _, _, colours = cv2.kmeans(border, 5, np.empty(0), criteria, 2, cv2.KMEANS_PP_CENTERS)
    distance: np.ndarray = np.linalg.norm(lab[:, :, None] - colours, axis=-1).min(axis=-1)
    return distance


def _first_guess(difference: np.ndarray, share: float) -> np.ndarray:
    """GrabCut's labels to start from: the border is background, what differs from it near the middle is object."""
    height, width = difference.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    evidence = cv2.GaussianBlur(difference, (0, 0), 3) * np.exp(-0.7 * (x**2 + y**2))
    border = _border(difference.shape)
    labels = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    labels[evidence > np.quantile(evidence[~border], 1 - share)] = cv2.GC_PR_FGD
    labels[border] = cv2.GC_BGD
    return labels


def _is_cut(found: np.ndarray) -> bool:
    """Whether more than a quarter of the object's outline lies at the picture's edge: then the picture cuts it."""
    outline = (cv2.dilate(found, np.ones((3, 3), np.uint8)) == 1) & (found == 0)
    inside = np.zeros_like(outline)
    inside[8:-8, 8:-8] = True
    return bool((outline & ~inside).sum() > outline.sum() / 4)


def _large_parts(found: np.ndarray) -> np.ndarray:
    """Drops specks: parts under a tenth of the largest one."""
    count, parts, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return found
    areas = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(parts, 1 + np.flatnonzero(areas >= 0.1 * areas.max())).astype(np.uint8)


def _with_alpha(picture: Image.Image, alpha: np.ndarray) -> Image.Image:
    result = picture.convert("RGBA")
    own = np.asarray(result.getchannel("A"), dtype=np.uint16)
    result.putalpha(Image.fromarray((own * alpha // 255).astype(np.uint8)))
    return result
