"""gather_rows: points by their numbers, with a gradient that adds up in one order."""

from __future__ import annotations

from torch import Tensor


def gather_rows(rows: Tensor, index: Tensor) -> Tensor:
    """What ``rows[..., index, :]`` gives.

    On the CPU the gradient of that expression adds up in the order in which threads happen to work, so that two runs
    differ in the last bits; this one's does not, and takes less time.

    Args:
        rows: [..., P, D].
        index: integers in 0..P-1, of any shape.

    Returns:
        [..., *index.shape, D].
    """
    flat = index.long().flatten()[:, None].expand(*rows.shape[:-2], -1, rows.shape[-1])
    return rows.gather(-2, flat).view(*rows.shape[:-2], *index.shape, rows.shape[-1])
