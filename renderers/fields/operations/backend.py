"""Backend: what computes the operations of fields."""

from __future__ import annotations

from typing import Literal, get_args

import torch

Backend = Literal["warp", "reference"]
"""``warp``: kernels for CPU and CUDA, float32. ``reference``: their definition in pure torch, slow, any dtype."""

BACKENDS: tuple[str, ...] = get_args(Backend)


def dtype_of(backend: str) -> torch.dtype | None:
    """The only dtype that a back end computes in, None where it takes any."""
    return None if backend == "reference" else torch.float32
