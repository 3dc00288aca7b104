"""Contact sheets: drawn pictures over the words that asked for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

MARGIN, LINE = 6, 14


def contact_sheet(pictures: Tensor, texts: Sequence[str], path: Path, columns: int = 10, side: int = 96) -> None:
    """Writes a PNG.

    Args:
        pictures: [N, 3, H, W] in 0..1.
        texts: N; what does not fit below a picture is cut.
        path: of the file; its folder is made when missing.
        columns: pictures in a row.
        side: height and width of a picture on the sheet in pixels.
    """
    width, height = side + MARGIN, side + MARGIN + LINE
    columns = min(columns, len(texts))
    rows = math.ceil(len(texts) / columns)
    sheet = Image.new("RGB", (columns * width + MARGIN, rows * height + MARGIN), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(10)
    levels = (pictures.clamp(0.0, 1.0) * 255.0).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    for number, (picture, text) in enumerate(zip(levels, texts, strict=True)):
        x, y = MARGIN + number % columns * width, MARGIN + number // columns * height
        sheet.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC), (x, y))
        while pen.textlength(text, font) > side:
            text = text[:-1]
        pen.text((x, y + side + 1), text, "black", font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
