"""Reading pictures: the formats that the docs name and no other, so that no decoder starts another program."""

from __future__ import annotations

import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from limn.errors import InputError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")
"""By Pillow's names. Pillow alone would hand PostScript to Ghostscript, whatever the file is called."""

MAX_PIXELS = 120_000_000

ENOUGH = 4096**2
"""Pixels of the largest canvas; larger pictures are reduced by a whole factor when they are read."""


def with_longer_side(proportions: tuple[int, int], pixels: int) -> tuple[int, int]:
    """Height and width in pixels of a picture in given proportions, height and width, whose longer side is given."""
    height, width = (max(1, round(side * pixels / max(proportions))) for side in proportions)
    return height, width


def to_tensor(picture: Image.Image) -> Tensor:
    """A picture as a tensor [1, 3, H, W] in 0..1; what is transparent lies over white."""
    if "A" in picture.getbands():
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture.convert("RGBA"))
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1)[None].float() / 255


def decode_picture(source: bytes | str | Path, where: str, formats: tuple[str, ...] = FORMATS) -> Image.Image:
    """Decodes a picture of any mode and orientation.

    Args:
        source: content of a file, or its place.
        where: how messages name it.
        formats: to try, by Pillow's names.

    Returns:
        The upright picture in mode RGBA (opaque where the file has no alpha); one of more than 16 megapixels reduced by
        the mean of squares of pixels.

    Raises:
        InputError: unreadable, truncated or gigantic.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=formats) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Image.DecompressionBombError(f"{picture.width} x {picture.height} pixels")
                return _rgba(picture)
    except Image.DecompressionBombError as error:
        raise InputError(f"{where}: too large ({error}); expected {MAX_PIXELS:,} pixels at most") from error
    except UnidentifiedImageError as error:
        known = f"{', '.join(formats[:-1])} or {formats[-1]}"
        raise InputError(f"{where}: not a readable picture; expected {known}") from error
    except OSError as error:
        if error.strerror:  # of the system, not of a decoder
            raise InputError(f"{where}: cannot be read ({error.strerror})") from error
        raise InputError(f"{where}: damaged or cut short ({error})") from error
    except Exception as error:  # whatever a decoder makes of a broken file
        raise InputError(f"{where}: damaged or cut short ({error})") from error


def _rgba(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith(("I", "F")):  # Pillow would clip deep grey, not scale it
        picture = _grey(np.asarray(picture))
    elif picture.mode not in ("L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGBA")
    factor = math.isqrt(picture.width * picture.height // ENOUGH)
    if factor > 1:
        picture.load()
        # Premultiplied, so that the colours of transparent pixels do not count.
        alpha = picture.mode in ("LA", "RGBA")
        picture = picture.convert("RGBa").reduce(factor).convert("RGBA") if alpha else picture.reduce(factor)
    return ImageOps.exif_transpose(picture).convert("RGBA")


def _grey(values: npt.NDArray[Any]) -> Image.Image:
    """Eight bits a pixel; the brightest is white. In bands of rows, which take little memory."""
    scale = 255 / max(np.nanmax(values, initial=0), 1)
    bands = [np.nan_to_num(band * scale).clip(0, 255).astype(np.uint8) for band in np.array_split(values, 64)]
    return Image.fromarray(np.concatenate(bands))
