"""Pictures: reading any file as the square canvas that the engine works on, and writing what it made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from limn.errors import InputError
from limn.pictures import decode_picture
from limn.registry import suggestion


def read_picture(path: str | Path) -> Image.Image:
    """Opens a picture of any mode and orientation.

    Args:
        path: PNG, JPEG, WebP, GIF, TIFF or BMP.

    Returns:
        The upright picture in mode RGBA (opaque where the file has no alpha), see `decode_picture`.

    Raises:
        InputError: missing, unreadable, truncated or gigantic file.
    """
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise InputError(f"picture {str(path)!r}: is a folder; expected a picture")
        raise InputError(f"picture {str(path)!r}: no such file{_sibling(path)}")
    return decode_picture(path, f"picture {str(path)!r}")


def square(picture: Image.Image, size: int, margin: float = 0.0) -> Tensor:
    """Fits a picture into a white square, alpha over white, the longer side filling it.

    Args:
        picture: any mode.
        size: side of the canvas in pixels.
        margin: white border as a fraction of the side, 0..0.5.

    Returns:
        The canvas [1, 3, size, size], sRGB values in 0..1.
    """
    inside = max(1, round(size * (1 - 2 * margin)))
    rgba = picture.convert("RGBA")
    scale = inside / max(rgba.size)
    # Premultiplied, so that the colours of transparent pixels do not bleed over the edge.
    resized = rgba.convert("RGBa").resize(
        (max(1, round(rgba.width * scale)), max(1, round(rgba.height * scale))), Image.Resampling.LANCZOS
    )
    canvas = Image.new("RGBA", (size, size), "white")
    canvas.alpha_composite(resized.convert("RGBA"), ((size - resized.width) // 2, (size - resized.height) // 2))
    return to_tensor(canvas.convert("RGB"))


def to_tensor(picture: Image.Image) -> Tensor:
    """An RGB picture as a tensor [1, 3, H, W] in 0..1."""
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float() / 255


def _sibling(path: Path) -> str:
    names = [other.name for other in path.parent.glob("*") if other.is_file()] if path.parent.is_dir() else []
    return suggestion(path.name, names) if names else ""
