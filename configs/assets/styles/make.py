"""Makes the style pictures: a painting in swirls, a mosaic, a watercolour and an ink drawing. Run: python make.py."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy.spatial import cKDTree

FOLDER = Path(__file__).parent
SIZE, FINE = 256, 4
"""Side of a picture in pixels, and how much finer it is drawn."""


def noise(draws: np.random.Generator, size: int, scale: float) -> np.ndarray:
    """Smooth noise [size, size] of mean 0 and deviation 1 with features of a size in pixels."""
    coarse = draws.standard_normal([round(size / scale) + 4] * 2)
    field = cv2.resize(cv2.GaussianBlur(coarse, (0, 0), 0.7), (size, size), interpolation=cv2.INTER_CUBIC)
    return (field - field.mean()) / field.std()


def colours(draws: np.random.Generator, palette: list[str], count: int, spread: float) -> np.ndarray:
    """Colours around those of a palette [count, 3] in 0..255."""
    base = np.array([[int(each[i : i + 2], 16) for i in (0, 2, 4)] for each in palette], float)
    return (base[draws.integers(len(base), size=count)] + draws.normal(0, spread, (count, 3))).clip(0, 255)


def swirls() -> np.ndarray:
    """Thick strokes of oil along whirls: night blues, with ochre where the field turns."""
    draws, size = np.random.default_rng(3), SIZE * FINE
    field = noise(draws, size, 110)
    dy, dx = np.gradient(field)
    length = np.hypot(dx, dy) + 1e-9
    along = np.stack([-dy / length, dx / length], axis=-1)
    picture = np.full((size, size, 3), (28, 40, 84), np.uint8)
    blues = ["1b2f6b", "28519c", "3f7fbf", "86b6d9", "16244f", "5fa0a8"]
    warm = ["f2c14e", "f7e08a", "e39a2d", "fbf3c8"]
    for number in range(5200):
        place = draws.uniform(0, size, 2)
        x, y = place.astype(int)
        bright = field[y, x] > 1.05 or (field[y, x] > 0.8 and number % 3 == 0)
        colour = colours(draws, warm if bright else blues, 1, 9)[0]
        width = draws.uniform(11, 24)
        points = [place]
        for _ in range(draws.integers(8, 20)):
            x, y = points[-1].astype(int)
            if not (0 <= x < size and 0 <= y < size):
                break
            points.append(points[-1] + 9 * along[y, x])
        line = np.array(points)
        across = np.stack([-np.gradient(line[:, 1]), np.gradient(line[:, 0])], axis=1) / 9 if len(line) > 1 else 0
        for bristle in np.linspace(-0.5, 0.5, 5):
            tone = (colour * (1 + 0.16 * draws.standard_normal())).clip(0, 255)
            moved = (line + bristle * width * across).round().astype(np.int32)
            cv2.polylines(picture, [moved], False, tone.tolist(), max(1, round(width / 4)), cv2.LINE_AA)
    return picture


def mosaic() -> np.ndarray:
    """Tesserae of terracotta, sand and sea in rows that bend, with dark joints."""
    draws, size = np.random.default_rng(5), SIZE * FINE
    bend = noise(draws, size, 150)
    grid = np.stack(np.meshgrid(np.arange(-40, size + 40, 44.0), np.arange(-40, size + 40, 44.0)), -1).reshape(-1, 2)
    centres = grid + draws.normal(0, 7, grid.shape)
    y, x = np.mgrid[:size, :size].astype(float)
    places = np.stack([x + 40 * bend, y + 40 * noise(draws, size, 150)], axis=-1).reshape(-1, 2)
    far, near = cKDTree(centres).query(places, k=2)
    tone = noise(draws, len(centres), 1)[0] * 0 + draws.standard_normal(len(centres))
    families = [
        ["c8643c", "a8452c", "d98a5b"],
        ["e8d8b0", "d6bf8d", "f2ead2"],
        ["2f7f8f", "1f5a73", "6fb3b0"],
        ["30384a"],
    ]
    region = noise(draws, size, 90)
    kinds = np.digitize(
        region[centres[:, 1].clip(0, size - 1).astype(int), centres[:, 0].clip(0, size - 1).astype(int)],
        [-0.6, 0.2, 1.0],
    )
    shades = np.stack([colours(draws, families[kind], 1, 8)[0] for kind in kinds]) * (1 + 0.06 * tone)[:, None]
    joint = ((far[:, 1] - far[:, 0]) / 9).clip(0, 1)[:, None]
    bevel = (1 + 0.10 * (1 - far[:, :1] / 30)).clip(0.9, 1.1)
    picture = joint * shades[near[:, 0]] * bevel + (1 - joint) * np.array([58, 50, 46])
    return picture.reshape(size, size, 3).clip(0, 255).astype(np.uint8)


def watercolour() -> np.ndarray:
    """Washes of rose, violet, green and ochre that bleed into each other, with dark rims, on grained paper."""
    draws, size = np.random.default_rng(8), SIZE * 2
    paper = 1 - 0.025 * noise(draws, size, 1.5).clip(-2, 2)[..., None] * np.ones(3)
    light = np.ones((size, size, 3))
    hues = ["e4728a", "8a6fb8", "5fae8c", "e0a84a", "4f8fc7", "d85f4f", "b8d07a"]
    for hue in draws.permutation(hues * 2):
        shape = noise(draws, size, 80) + 0.16 * noise(draws, size, 14) + 0.06 * noise(draws, size, 4)
        level = shape - draws.uniform(1.0, 1.5)
        inside = 1 / (1 + np.exp(-level * 26))
        rim = np.exp(-((level - 0.04) ** 2) / 0.0022)
        wash = 0.5 + 0.2 * noise(draws, size, 30) + 0.06 * noise(draws, size, 6)
        strength = (inside * wash.clip(0.12, 1) + 0.32 * rim)[..., None]
        absorbed = -np.log(np.array([int(hue[i : i + 2], 16) for i in (0, 2, 4)]) / 255 + 0.02)
        light *= np.exp(-strength * absorbed)
    return (255 * light * paper).clip(0, 255).astype(np.uint8)


def ink() -> np.ndarray:
    """Pen and ink: strokes that cross where it is dark, on cream."""
    draws, size = np.random.default_rng(13), SIZE * FINE
    dark = noise(draws, size, 80)
    picture = np.full((size, size, 3), (246, 240, 224), np.uint8)
    for level, turn in ((-0.5, 0.8), (0.4, -0.75), (1.2, 0.05)):
        way = turn + 0.25 * noise(draws, size, 160)
        for _ in range(1700):
            place = draws.uniform(0, size, 2)
            x, y = place.astype(int)
            if dark[y, x] < level + draws.normal(0, 0.12):
                continue
            points = [place]
            for _ in range(draws.integers(6, 14)):
                x, y = points[-1].clip(0, size - 1).astype(int)
                points.append(points[-1] + 7 * np.array([np.cos(way[y, x]), np.sin(way[y, x])]))
            line = np.array(points).round().astype(np.int32)
            cv2.polylines(picture, [line], False, (34, 30, 38), int(draws.integers(3, 6)), cv2.LINE_AA)
    return picture


if __name__ == "__main__":
    kinds = {
        "swirls": (swirls, 256, 28),
        "mosaic": (mosaic, 256, 28),
        "watercolour": (watercolour, 256, 50),
        "ink": (ink, 192, 20),
    }
    for name, (make, side, quality) in kinds.items():
        picture = Image.fromarray(make()).resize((side, side), Image.Resampling.LANCZOS)
        picture.save(FOLDER / f"{name}.webp", quality=quality, method=6)
