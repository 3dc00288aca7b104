"""Collections of pictures with captions: a folder, a file of arrays, or the shipped world."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from safetensors import SafetensorError, safe_open
from torch import Tensor

from limn.errors import InputError
from limn.pictures import decode_picture
from limn.registry import suggestion

WORLD = Path(__file__).with_name("world.webp")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
MAX_PICTURES = 20_000


@dataclass(frozen=True)
class Collection:
    """Pictures of one size over white.

    Args:
        pictures: uint8 [M, 3, side, side].
        captions: what each shows.
        keywords: other words for what each shows; none where nothing is said.
    """

    pictures: Tensor
    captions: list[str]
    keywords: list[list[str]] = field(default_factory=list)

    def resized(self, side: int, numbers: Sequence[int] | slice = slice(None)) -> Tensor:
        """All pictures, or those of some numbers, as float32 [M, 3, side, side] in 0..1."""
        pictures = self.pictures[numbers].float() / 255.0
        if pictures.shape[-1] == side:
            return pictures
        resized = F.interpolate(pictures, size=(side, side), mode="bicubic", antialias=True, align_corners=False)
        return resized.clamp(0.0, 1.0)


def read_collection(place: str, side: int = 64) -> Collection:
    """Reads pictures and what they show.

    Args:
        place: "" for the shipped world; a folder of pictures, whose captions are in ``captions.txt`` (lines of a file
            name, a colon and words) or else are the file names; or a .safetensors file with ``pictures`` (uint8
            [M, 3, side, side]) and a JSON list ``captions`` in its metadata.
        side: pictures of a folder are fitted into squares of so many pixels.

    Raises:
        InputError: nothing there, or nothing that can be read.
    """
    if not place:
        return read_sheet(WORLD)
    path = Path(place).expanduser()
    if path.is_dir():
        return _read_folder(path, side)
    if path.suffix == ".safetensors" and path.is_file():
        return _read_arrays(path)
    near = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    hint = suggestion(path.name, near) if near else ""
    raise InputError(f"exemplars: no folder of pictures and no .safetensors file at {place!r}{hint}")


def captions_at(place: str) -> tuple[list[str], list[list[str]]]:
    """Captions and keywords of a collection, see `read_collection`, without its pictures."""
    path = Path(place).expanduser()
    if not place:
        described = json.loads(WORLD.with_suffix(".json").read_text())
        return described["captions"], [described["keywords"].get(caption, []) for caption in described["captions"]]
    if path.is_dir():
        return read_captions(path, _files(path)), []
    return read_collection(place).captions, []


def read_sheet(path: str | Path) -> Collection:
    """Reads pictures side by side in one file; a JSON file of the same name has their side, captions and keywords."""
    path = Path(path)
    described = json.loads(path.with_suffix(".json").read_text())
    side, captions, keywords = described["side"], described["captions"], described["keywords"]
    sheet = torch.from_numpy(np.array(Image.open(io.BytesIO(path.read_bytes()), formats=["WEBP"]).convert("RGB")))
    tiles = sheet.view(sheet.shape[0] // side, side, sheet.shape[1] // side, side, 3).permute(0, 2, 4, 1, 3)
    pictures = tiles.reshape(-1, 3, side, side)[: len(captions)].contiguous()
    return Collection(pictures, captions, [keywords.get(caption, []) for caption in captions])


def _read_folder(folder: Path, side: int) -> Collection:
    files = _files(folder)
    return Collection(torch.stack([_read_picture(file, side) for file in files]), read_captions(folder, files))


def _files(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise InputError(f"exemplars: the folder {str(folder)!r} has no pictures; expected PNG, JPEG or WebP files")
    if len(files) > MAX_PICTURES:
        raise InputError(f"exemplars: {len(files)} pictures in {str(folder)!r}; expected {MAX_PICTURES} at most")
    return files


def read_captions(folder: Path, files: Sequence[Path]) -> list[str]:
    """What the files of a folder show.

    Args:
        folder: may have a file ``captions.txt`` with lines of a file name, a colon and words.
        files: in the folder; those without a line there have their names as captions.

    Raises:
        InputError: the file of captions cannot be read or understood.
    """
    listed = _read_captions(folder / "captions.txt", [file.name for file in files])
    return [listed.get(file.name, file.stem.replace("_", " ").replace("-", " ")) for file in files]


def _read_captions(path: Path, names: list[str]) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read; expected UTF-8 text") from error
    captions = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        name, colon, words = (part.strip() for part in line.partition(":"))
        if not colon:
            raise InputError(f"{path}, line {number}: expected a file name, a colon and words, got {line!r}")
        if name not in names:
            raise InputError(f"{path}, line {number}: no {name!r} in the folder{suggestion(name, names)}")
        captions[name] = words
    return captions


def _read_picture(path: Path, side: int) -> Tensor:
    picture = decode_picture(path, f"picture {str(path)!r}")
    canvas = Image.new("RGBA", picture.size, "white")
    canvas.alpha_composite(picture)
    fitted = ImageOps.pad(canvas.convert("RGB"), (side, side), Image.Resampling.LANCZOS, color="white")
    return torch.from_numpy(np.array(fitted)).permute(2, 0, 1)


def _read_arrays(path: Path) -> Collection:
    try:
        with safe_open(path, framework="pt") as file:
            pictures, captions = file.get_tensor("pictures"), json.loads((file.metadata() or {})["captions"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise InputError(f"exemplars: {str(path)!r} has no pictures with captions ({error})") from error
    if pictures.dtype != torch.uint8 or pictures.dim() != 4 or pictures.shape[1] != 3:
        found = f"{pictures.dtype} {list(pictures.shape)}"
        raise InputError(f"exemplars: {str(path)!r}: expected pictures as uint8 [M, 3, side, side], got {found}")
    if len(captions) != len(pictures):
        raise InputError(f"exemplars: {str(path)!r} has {len(pictures)} pictures but {len(captions)} captions")
    return Collection(pictures, captions)
