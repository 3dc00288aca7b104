"""Pictures: reading any file, and fitting it into the canvas that the engine works on."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from torch import Tensor

from limn.errors import InputError
from limn.pictures import decode_picture, to_tensor
from limn.registry import suggestion
from pipelines.inputs.drawings import draw_svg, is_drawing

PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp")
"""Endings of the files that are taken from a folder."""


def read_picture(path: str | Path) -> Image.Image:
    """Opens a picture of any mode and orientation.

    Args:
        path: PNG, JPEG, WebP, GIF, TIFF or BMP; or SVG, which is drawn.

    Returns:
        The upright picture in mode RGBA (opaque where the file has no alpha), see `decode_picture` and `draw_svg`.

    Raises:
        InputError: missing, unreadable, truncated or gigantic file.
    """
    path = Path(path)
    if not path.is_file():
        if path.is_dir():
            raise InputError(f"picture {str(path)!r}: is a folder; expected a picture")
        raise InputError(f"picture {str(path)!r}: no such file{_sibling(path)}")
    return draw_svg(path) if is_drawing(path) else decode_picture(path, f"picture {str(path)!r}")


def fit(picture: Image.Image, shape: tuple[int, int], margin: float = 0.0) -> Tensor:
    """Fits a picture into the middle of a white canvas, as large as it can be there, alpha over white.

    Args:
        picture: any mode.
        shape: height and width of the canvas in pixels.
        margin: white border as a fraction of the canvas's shorter side, 0..0.5.

    Returns:
        The canvas [1, 3, height, width], sRGB values in 0..1.
    """
    height, width = shape
    border = 2 * margin * min(shape)
    rgba = picture.convert("RGBA")
    room = max(1, round(width - border)), max(1, round(height - border))
    scale = min(most / side for most, side in zip(room, rgba.size, strict=True))
    # What nearly fills the room fills it, so that no line of white stays at a side.
    size = [m if m - s * scale < 1 else max(1, round(s * scale)) for m, s in zip(room, rgba.size, strict=True)]
    # Premultiplied, so that the colours of transparent pixels do not bleed over the edge.
    resized = rgba.convert("RGBa").resize((size[0], size[1]), Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (width, height), "white")
    canvas.alpha_composite(resized.convert("RGBA"), ((width - resized.width) // 2, (height - resized.height) // 2))
    return to_tensor(canvas.convert("RGB"))


def _sibling(path: Path) -> str:
    names = [other.name for other in path.parent.glob("*") if other.is_file()] if path.parent.is_dir() else []
    return suggestion(path.name, names) if names else ""
