"""Distinct points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def distinct(points: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Distinct rows of three numbers, in the order in which they come, and the number of each given one among them."""
    bits = (points + 0.0).view(np.uint32).astype(np.uint64)  # + 0.0 makes -0 the same as 0
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F) + bits[:, 2]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(points[first][inverse], points):  # two points share a key
        _, first, inverse = np.unique(points, axis=0, return_index=True, return_inverse=True)
    order = first.argsort()
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return points[first[order]], rank[inverse.reshape(-1)]
