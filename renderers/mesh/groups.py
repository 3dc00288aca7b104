"""Groups: named sets of faces, carried over to the faces that a mesh is made anew of; all of them at once."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

Groups = Mapping[str, Tensor]
"""Name -> its faces, ascending [n]."""


def divided(groups: Groups, parent: Tensor) -> dict[str, Tensor]:
    """The groups of faces that others were cut into.

    Args:
        groups: of the old faces.
        parent: of each new face its old one, ascending [G].
    """
    if not groups:
        return {}
    owner, faces = _joined(groups)
    starts, ends = (torch.searchsorted(parent, faces, right=right) for right in (False, True))
    row, new = _ranges(starts, ends)
    return _apart(groups, owner[row] * len(parent) + new, len(parent))


def inherited(groups: Groups, old: Tensor, new: Tensor, heir: Tensor, count: int) -> dict[str, Tensor]:
    """The groups of faces that others were merged into: a new face belongs to a group if most of it does.

    Args:
        groups: of the old faces; those of which nothing is left are left out.
        old: corners of the old faces [F, 3].
        new: corners of the new faces [G, 3].
        heir: of each old corner its new one.
        count: how many new corners there are.
    """
    if not groups:
        return {}
    owner, faces = _joined(groups)
    corners = heir[old.long()]
    total = torch.bincount(corners.reshape(-1), minlength=count)
    pairs = (corners[faces] * len(groups) + owner[:, None]).reshape(-1)
    pairs, amount = pairs.unique(return_counts=True)  # type: ignore[no-untyped-call]
    at, group = pairs // len(groups), pairs % len(groups)
    share = amount / total[at]
    ends = torch.bincount(at, minlength=count).cumsum(0)
    starts = ends - torch.bincount(at, minlength=count)
    flat = new.long().reshape(-1)
    row, pair = _ranges(starts[flat], ends[flat])
    keys, place = (group[pair] * len(new) + row // 3).unique(return_inverse=True)
    part = torch.zeros(len(keys), dtype=share.dtype).index_add_(0, place, share[pair] / 3)
    found = _apart(groups, keys[part > 0.5], len(new))
    return {name: faces for name, faces in found.items() if len(faces)}


def _joined(groups: Groups) -> tuple[Tensor, Tensor]:
    """The number of the group, and the face, of each face of each group [n]."""
    sizes = torch.tensor([len(faces) for faces in groups.values()])
    return torch.arange(len(groups)).repeat_interleave(sizes), torch.cat(list(groups.values())).long()


def _ranges(starts: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """All numbers from each start to before its end, behind the number of their range."""
    sizes = ends - starts
    row = torch.arange(len(starts)).repeat_interleave(sizes)
    first = sizes.cumsum(0) - sizes
    return row, torch.arange(len(row)) - first[row] + starts[row]


def _apart(groups: Groups, keys: Tensor, faces: int) -> dict[str, Tensor]:
    """Groups from keys that are the number of a group times ``faces`` plus a face."""
    keys = keys.unique()  # type: ignore[no-untyped-call]
    sizes = torch.bincount(keys // faces, minlength=len(groups)).tolist()
    return dict(zip(groups, torch.split(keys % faces, sizes), strict=True))
