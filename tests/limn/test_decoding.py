"""Decoding pictures: only the formats that the docs name, nothing started, little memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from guidance.distillation.exemplars.pictures import read_collection
from limn.errors import InputError
from limn.pictures import decode_picture
from pipelines.inputs.pictures import read_picture
from renderers.mesh.read.contents import read_texture
from renderers.scene.backgrounds import Picture

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\n{ } loop\n%%EOF\n"


def refused_texture(path: Path) -> None:
    lost: list[str] = []
    if read_texture(path.read_bytes(), "texture", ("repeat", "repeat"), lost) is None:
        raise InputError(lost[0])


PLACES: dict[str, Callable[[Path], object]] = {
    "target": read_picture,
    "texture": refused_texture,
    "background": lambda path: Picture(str(path)),
    "exemplars": lambda path: read_collection(str(path.parent), 8),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
def test_postscript_starts_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, suffix: str) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "gs").write_text(f"#!/bin/sh\necho 10.0\ntouch {tmp_path}/started\n")
    (programs / "gs").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(EpsImagePlugin, "gs_binary", None)
    path = tmp_path / "pictures" / f"picture.{suffix}"
    path.parent.mkdir()
    path.write_bytes(POSTSCRIPT)
    with pytest.raises(InputError):
        PLACES[place](path)
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("kind", ["PPM", "PCX", "SGI", "ICNS", "DDS", "TGA"])
def test_other_formats_are_not_opened(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture.png"
    Image.new("RGB", (16, 16), "red").save(path, kind)
    with pytest.raises(InputError, match="not a readable picture; expected PNG, JPEG, WEBP, GIF, TIFF or BMP"):
        decode_picture(path, "it")


@pytest.mark.parametrize("mode", ["L", "RGBA", "I;16"])
def test_gigantic_pictures_are_reduced_to_the_mean(tmp_path: Path, mode: str) -> None:
    stripes = np.zeros((8200, 8200), np.uint16 if mode == "I;16" else np.uint8)
    stripes[::2] = 65535 if mode == "I;16" else 255
    picture = Image.fromarray(stripes).convert(mode)
    path = tmp_path / "picture.tiff"
    picture.save(path)
    read = decode_picture(path, "it")
    assert (read.mode, read.size) == ("RGBA", (4100, 4100))
    assert set(np.unique(np.asarray(read)[..., 0])) <= {127, 128}
