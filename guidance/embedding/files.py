"""Embeddings of pictures in files."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from guidance.encoders import Encoder
from limn.errors import InputError, short
from limn.pictures import decode_picture, to_tensor


def pictures_in(pattern: str) -> list[Path]:
    """The files of a name or a pattern, sorted.

    Raises:
        InputError: there are none.
    """
    place = Path(pattern).expanduser().absolute()
    files = sorted(path for path in Path(place.anchor).glob(str(place.relative_to(place.anchor))) if path.is_file())
    if not files:
        raise InputError(f"no pictures at {short(pattern)}")
    return files


@torch.no_grad()
def embed_pictures(files: list[Path], encoder: Encoder) -> Tensor:
    """Un-normalised embeddings of pictures over white, each looked at whole [K, D].

    Raises:
        InputError: a file cannot be read.
    """
    device = next(encoder.parameters()).device
    rows = []
    for path in files:
        picture = to_tensor(decode_picture(path, str(path))).to(device)
        rows.append(encoder.encode_image(picture).embedding)
    return torch.cat(rows)
