"""Pictures: every format and mode, damaged, gigantic, or not pictures at all, wherever a picture is read."""

from __future__ import annotations

import io
import json
import struct
import zlib
from functools import cache
from random import Random

from PIL import Image, PngImagePlugin

from fuzzing.case import Bases, Case, kind
from fuzzing.configs import argument_of
from fuzzing.damage import damaged_bytes, damaged_tree

FORMATS = {
    "PNG": ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"],
    "JPEG": ["RGB", "L", "CMYK"],
    "WEBP": ["RGB", "RGBA"],
    "GIF": ["P", "L"],
    "TIFF": ["RGB", "RGBA", "L", "F", "I;16", "CMYK", "LAB", "1"],
    "BMP": ["RGB", "L", "1"],
    "PPM": ["RGB", "L"],
    "ICO": ["RGBA"],
    "TGA": ["RGBA"],
    "PDF": ["RGB"],
    "EPS": ["RGB"],
    "AVIF": ["RGB"],
    "JPEG2000": ["RGB"],
}
SUFFIXES = ["png", "jpg", "webp", "gif", "tif", "bmp", "svg", "eps", "txt", "PNG", ""]
NONE = [b"", b"x", bytes(64), b"<svg/>", b"GIF89a"]
MAGIC = b"\x89PNG\r\n\x1a\n"
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n{} loop\n"
NONE += [MAGIC, POSTSCRIPT]


def picture(random: Random) -> bytes:
    """A sound picture of some format, mode and size."""
    name = random.choice(list(FORMATS))
    mode = random.choice(FORMATS[name])
    size = random.choice([(24, 20), (1, 1), (1, 60), (33, 2), (16, 16)])
    made = Image.frombytes("RGB", size, random.randbytes(3 * size[0] * size[1]))
    if mode == "LAB":  # nothing converts to it
        made = Image.new("LAB", size)
    else:
        made = made.convert("L").convert("I").convert(mode) if mode == "I;16" else made.convert(mode)
    file = io.BytesIO()
    options = {"exif": _exif(random)} if name in ("JPEG", "WEBP", "PNG") and random.random() < 0.3 else {}
    if name in ("GIF", "TIFF") and random.random() < 0.3:
        options = {"save_all": True, "append_images": [made.copy()]}
    made.save(file, name, **options)
    return file.getvalue()


def _exif(random: Random) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = random.choice([1, 3, 6, 8, 99])
    return exif.tobytes()


def gigantic(random: Random) -> bytes:
    """A PNG of few bytes that says that it is very large; some are."""
    said = [(10**5, 10**5, 8, 2), (2**31 - 1, 1, 8, 0), (1, 2**31 - 1, 8, 0), (0, 9, 8, 2), (30_000, 1, 8, 0)]
    true = [(4000, 4000, 16, 0), (3000, 3000, 8, 6), (10_000, 10_000, 8, 0)]
    return blank(*random.choice(said if random.random() < 0.8 else true))


@cache
def blank(width: int, height: int, depth: int, colour: int) -> bytes:
    """A black PNG, or the first 128 MB of it."""
    rows = zlib.compress(bytes(min(width * height * depth * {0: 1, 2: 3, 6: 4}[colour] // 8 + height, 1 << 27)))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return MAGIC + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def mended(png: bytes) -> bytes:
    """A damaged PNG with the right checksums, so that the damage reaches the decoder."""
    made, place = png[:8], 8
    while place + 8 <= len(png):
        length = int.from_bytes(png[place : place + 4])
        made += chunk(png[place + 4 : place + 8], png[place + 8 : place + 8 + length])
        place += 12 + length
    return made


def with_text(random: Random) -> bytes:
    """A PNG that holds text, much of it."""
    file, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("words", "x" * random.choice([10, 1 << 20, 1 << 22]), zip=True)
    Image.new("RGB", (9, 9)).save(file, "PNG", pnginfo=text)
    return file.getvalue()


def broken_picture(random: Random) -> bytes:
    """Something where a picture should be."""
    choice = random.random()
    if choice < 0.2:
        return picture(random)
    if choice < 0.55:
        return damaged_bytes(random, picture(random), random.choice([1, 2, 5]))
    if choice < 0.75:
        file = io.BytesIO()
        Image.new(random.choice(["RGB", "RGBA", "P", "LA"]), (24, 20)).save(file, "PNG")
        return mended(damaged_bytes(random, file.getvalue(), random.choice([1, 3])))
    if choice < 0.85:
        return gigantic(random)
    return random.choice([*NONE, random.randbytes(300), with_text(random)])


@kind
def picture_files(random: Random, bases: Bases) -> Case:
    """A picture as target, as mask, as region, as background, as exemplar, or as what is recognised."""
    content = broken_picture(random)
    name = f"picture.{random.choice(SUFFIXES)}" if random.random() < 0.7 else "picture.png"
    use = random.choice(["target", "target", "mask", "region", "background", "exemplars", "evaluate"])
    files: dict[str, bytes | None] = {name: content}
    if use == "evaluate":
        return Case(["evaluate", name, "encoder=pocket", "classes=[a cat, a dog]", "output=verdict.json"], files)
    pipelines = {"mask": "sketch", "region": "imagine", "background": "stylise_mesh", "exemplars": "imagine"}
    pipeline = pipelines.get(use) or random.choice(["edit", "sketch"])
    config = dict(bases.configs[pipeline])
    if pipeline == "sketch":
        config["mask"] = random.choice(["auto", "none"])
    if use in ("target", "mask"):
        config[use] = name
    elif use == "region":
        config["losses"] = {"grey": {"loss": "saturation", "region": name}}
    elif use == "background":
        config["background"] = {"picture": {"file": name}}
    else:
        files = {f"world/{name}": content, "world/b.png": _sound()}
        if random.random() < 0.5:
            files["world/captions.txt"] = damaged_bytes(random, f"{name}: a cat\nb.png: a dog\n".encode())
        config["losses"] = {"prior": {"loss": "distillation", "prior": "exemplars:world", "samples": 1}}
    if pipeline == "stylise_mesh":
        files["model.glb"] = bases.models["quad.glb"]["quad.glb"]
    return Case(["config.json"], files | {"config.json": json.dumps(config).encode()})


def _sound() -> bytes:
    file = io.BytesIO()
    made = Image.new("RGBA", (12, 12))
    made.paste((200, 30, 30, 255), (3, 3, 9, 9))
    made.save(file, "PNG")
    return file.getvalue()


@kind
def photographs(random: Random, bases: Bases) -> Case:
    """The cameras and the pictures of a thing."""
    pose = [[1, 0, 0, 0], [0, 0, -1, -3], [0, 1, 0, 0], [0, 0, 0, 1]]
    other = [[0, 0, 1, 3], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    frames = [{"file_path": f"./p{n}", "transform_matrix": matrix} for n, matrix in enumerate((pose, other))]
    world = {"camera_angle_x": 0.8, "frames": frames}
    if random.random() < 0.3:
        world |= {"fl_x": 20, "fl_y": 20, "cx": 6, "cy": 6, "w": 12, "h": 12}
    text = json.dumps(damaged_tree(random, world, random.choice([0, 1, 1, 2])), default=str).encode()
    if random.random() < 0.2:
        text = damaged_bytes(random, text)
    second = _sound() if random.random() < 0.6 else broken_picture(random)
    files: dict[str, bytes | None] = {"in/transforms.json": text, "in/p0.png": _sound(), "in/p1.png": second}
    config = bases.configs["fit_mesh"] | {"model": None, "pictures": random.choice(["in", "in/transforms.json"])}
    return Case([argument_of("config.json")], files | {"config.json": json.dumps(config).encode()})
