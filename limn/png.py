"""Pictures as PNG files."""

from __future__ import annotations

import io

from PIL import Image
from torch import Tensor


def png(picture: Tensor) -> bytes:
    """The content of a PNG file, 8 bits a channel.

    Args:
        picture: [3, H, W], straight sRGB values, or with opacity [4, H, W]; clamped to 0..1.
    """
    pixels = (picture.detach().cpu().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
