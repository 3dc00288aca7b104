"""harmonics: directions as real spherical harmonics."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.lights import CONSTANT


def harmonics(directions: Tensor, degree: int) -> Tensor:
    """The first real spherical harmonics, orthonormal over the sphere.

    Args:
        directions: unit [..., 3].
        degree: number of bands, 1..4.

    Returns:
        [..., degree^2], in the order and with the signs of tiny-cuda-nn.

    Source: Sloan 2008, Stupid Spherical Harmonics Tricks.
    """
    x, y, z = directions.unbind(-1)
    xx, yy, zz = x * x, y * y, z * z
    bands = [
        [torch.full_like(x, CONSTANT)],
        [-0.48860251 * y, 0.48860251 * z, -0.48860251 * x],
        [
            1.09254843 * x * y,
            -1.09254843 * y * z,
            0.94617470 * zz - 0.31539157,
            -1.09254843 * x * z,
            0.54627422 * (xx - yy),
        ],
        [
            0.59004359 * y * (yy - 3.0 * xx),
            2.89061144 * x * y * z,
            0.45704580 * y * (1.0 - 5.0 * zz),
            0.37317633 * z * (5.0 * zz - 3.0),
            0.45704580 * x * (1.0 - 5.0 * zz),
            1.44530572 * z * (xx - yy),
            0.59004359 * x * (3.0 * yy - xx),
        ],
    ]
    return torch.stack([one for band in bands[:degree] for one in band], dim=-1)
