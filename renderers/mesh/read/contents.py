"""Contents of files, within limits that stop broken or hostile files early."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from limn.errors import InputError
from limn.pictures import FORMATS
from renderers.mesh.read.part import Texture

LARGEST_FILE = 512 * 2**20
MOST_FACES = 4_000_000
MOST_PIXELS = 8192 * 8192
LONGEST_SIDE = 4096
TEXTURES = ("TGA", "DDS")
"""Formats of textures alone, by Pillow's names."""
KTX2 = b"\xabKTX 20\xbb"


def read_bytes(path: Path) -> bytes:
    """All of a file.

    Raises:
        InputError: no such file, not readable, empty, or larger than 512 MB.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(f"{path}: {size / 2**20:,.0f} MB, expected at most {LARGEST_FILE // 2**20} MB")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}, expected a readable file") from error
    if not content:
        raise InputError(f"{path}: the file is empty")
    return content


def check_faces(count: int, where: str) -> None:
    """Refuses too many faces.

    Raises:
        InputError: more than four million.
    """
    if count > MOST_FACES:
        raise InputError(f"{where}: {count:,} faces, expected at most {MOST_FACES:,}; decimate it first")


def read_texture(content: bytes, where: str, wrap: tuple[str, str], lost: list[str]) -> Texture | None:
    """Decodes a picture; one that is broken is None and a line in ``lost``.

    Raises:
        InputError: more pixels than memory is meant for.
    """
    if content.startswith(KTX2):
        lost.append(f"{where}: KTX2, convert it: npx @gltf-transform/cli ktxdecompress model.glb readable.glb")
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(content), formats=(*FORMATS, *TEXTURES))
            width, height = picture.size
            if width * height > MOST_PIXELS:
                raise InputError(f"{where}: {width}x{height} pixels, expected at most {MOST_PIXELS:,} pixels")
            if width < 1 or height < 1:
                raise ValueError("no pixels")
            rgba = _eight_bits(picture).convert("RGBA")
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"{where}: expected at most {MOST_PIXELS:,} pixels; {error}") from error
    except Exception as error:  # whatever the decoder makes of a broken file
        lost.append(f"{where}: cannot be decoded ({_line(error)})")
        return None
    if max(width, height) > LONGEST_SIDE:
        scale = LONGEST_SIDE / max(width, height)
        rgba = rgba.resize((max(1, round(width * scale)), max(1, round(height * scale))), Image.Resampling.LANCZOS)
        lost.append(f"{where}: {width}x{height} pixels reduced to {rgba.width}x{rgba.height}")
    if np.asarray(rgba.getchannel("A")).min() < 255:
        lost.append(f"{where}: transparency")
    return Texture(np.asarray(rgba.convert("RGB")), wrap)


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Grey pictures of 16 bits, which Pillow would cut off at 255."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture).astype(np.int64) // 257).clip(0, 255).astype(np.uint8))


def _line(error: Exception) -> str:
    text = re.sub(r" <[^<>]* at 0x[0-9a-f]+>", "", str(error)).splitlines()
    return text[0] if text else type(error).__name__
