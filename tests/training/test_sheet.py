from pathlib import Path

import torch
from PIL import Image

from training.prior.sheet import LINE, MARGIN, contact_sheet


def test_a_sheet_has_a_row_for_every_so_many_pictures(tmp_path: Path) -> None:
    red = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1).expand(3, 3, 8, 8)
    contact_sheet(red, ["a red star", "two", "three" * 40], tmp_path / "new" / "sheet.png", columns=2, side=20)
    sheet = Image.open(tmp_path / "new" / "sheet.png")
    assert sheet.size == (2 * (20 + MARGIN) + MARGIN, 2 * (20 + MARGIN + LINE) + MARGIN)
    assert sheet.getpixel((MARGIN + 10, MARGIN + 10)) == (255, 0, 0)
    assert sheet.getpixel((2 * MARGIN + 30, 2 * MARGIN + LINE + 30)) == (255, 255, 255)
