"""Models: files of every format whose bytes, words, numbers or structure are wrong."""

from __future__ import annotations

import json
import struct
from random import Random

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import BESIDE, damaged_bytes, damaged_text, damaged_tree, encoded, nasty, words_in

WORDS = [
    "\0",
    *words_in("""
    nan | inf | -inf | 1e308 | 1e400 | 0 | -1 | 9999999999 | 4294967295 | 2147483648 | 1/2/3/4 | 1// | x |  | list |
    double | vertex | face
"""),
]
EXTENSIONS = words_in("""
    KHR_draco_mesh_compression | EXT_meshopt_compression | KHR_texture_basisu | KHR_mesh_quantization |
    KHR_materials_pbrSpecularGlossiness | EXT_unheard_of
""")


def broken_header(random: Random, header: object) -> object:
    """A glTF header with wrong values in it."""
    header = damaged_tree(random, header, random.choice([1, 1, 2, 4]), _gltf_value)
    if random.random() < 0.1 and isinstance(header, dict):
        header = header | {random.choice(["extensionsUsed", "extensionsRequired"]): [random.choice(EXTENSIONS)]}
    return header


def _gltf_value(random: Random, old: object) -> object:
    words = words_in("VEC4 | MAT4 | SCALAR | data:, | data:x;base64,!! | ../x.png | scene.glb | /etc/hostname")
    numbers = [*range(-1, 8), 99, 1.5, 5120, 5121, 5123, 5125, 5126]
    return random.choice([*words, *numbers]) if random.random() < 0.6 else nasty(random, old)


def broken_glb(random: Random, content: bytes) -> bytes:
    """A GLB with a damaged header, or damaged bytes."""
    if random.random() < 0.3:
        return damaged_bytes(random, content, random.choice([1, 2, 6]))
    length = int.from_bytes(content[12:16], "little")
    text = json.dumps(broken_header(random, json.loads(content[20 : 20 + length])), default=str).encode()
    text += b" " * (-len(text) % 4)
    rest = content[20 + length :]
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def broken_file(random: Random, name: str, content: bytes) -> bytes:
    """A damaged file of a model."""
    if name.endswith(".glb"):
        return broken_glb(random, content)
    if name.endswith(".gltf") and random.random() < 0.8:
        return json.dumps(broken_header(random, json.loads(content)), default=str).encode()
    if name.endswith((".obj", ".mtl", ".gltf")) or (name.startswith("text.") and random.random() < 0.8):
        return encoded(random, damaged_text(random, content.decode(), random.choice([1, 2, 5]), WORDS))
    return damaged_bytes(random, content, random.choice([1, 2, 6]))


def many(random: Random) -> tuple[str, bytes]:
    """A file of many small things, at which what is quadratic is slow."""
    chain = {"nodes": [{"children": [n + 1]} for n in range(3000)], "scenes": [{"nodes": [0]}]}
    points = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"
    count = 30_000
    files = [
        ("many.obj", points + "".join(f"g a{n}\nf 1 2 3\n" for n in range(count // 10))),
        ("many.obj", points + "".join(f"usemtl a{n}\nf 1 2 3\n" for n in range(3000))),
        ("many.obj", points + "mtllib x.mtl\n" * count + "f 1 2 3\n"),
        ("many.obj", points + "f" + " 1 2 3" * count + "\n"),
        ("many.obj", "".join(f"v {n} {n % 7} 0\n" for n in range(3000)) + f"f {' '.join(map(str, range(1, 3001)))}\n"),
        ("many.stl", "solid a\n" * count + "endsolid\n"),
        ("many.ply", "ply\nformat ascii 1.0\n" + "property float x\n" * count + "end_header\n"),
        ("many.gltf", json.dumps({"asset": {"version": "2.0"}} | chain)),
        ("many.gltf", "[" * count + "]" * count),
    ]
    name, text = random.choice(files)
    return name, text.encode()


@kind
def mesh_files(random: Random, bases: Bases) -> Case:
    """A model that is changed, fitted, or recognised."""
    model = random.choice(list(bases.models))
    sound = bases.models[model]
    broken = random.choice(list(sound)) if random.random() < 0.5 else model
    files: dict[str, bytes | None] = BESIDE | {
        name: broken_file(random, name, content) if name == broken else content for name, content in sound.items()
    }
    if random.random() < 0.05:
        del files[broken]
    if random.random() < 0.05:
        other = f"renamed.{random.choice(['glb', 'gltf', 'obj', 'ply', 'stl', 'STL', 'off', ''])}"
        files[other], model = files.pop(model, b""), other
    if random.random() < 0.02:
        model, content = many(random)
        files[model] = content
    use = random.choice(["stylise_mesh"] * 4 + ["fit_mesh", "start", "evaluate"])
    if use == "evaluate":
        channel = random.choice(["rgb", "depth", "silhouette"])
        words = ["encoder=pocket", "classes=[a cat, a dog]", "views=1", f"channel={channel}", "output=verdict.json"]
        return Case(["evaluate", model, *words], files)
    config = dict(bases.configs["fit_mesh" if use == "start" else use])
    if use == "start":
        files["model.glb"] = bases.models["quad.glb"]["quad.glb"]
    config |= {"start" if use == "start" else "model": model, "parameters": [_parameters(random)]}
    if use == "stylise_mesh":
        config |= random.choice([{}, {}, {"faces": 4}, {"longest_edge": 0.5}, {"parts": {"a": {"group": "front"}}}])
    return Case(["config.json"], files | {"config.json": json.dumps(config).encode()})


def _parameters(random: Random) -> object:
    small = {"style_field": {"width": 8, "features": 4, "depth": 1}}
    return random.choice(
        ["vertex_colours", "vertex_colours", {"uv_texture": {"resolution": 16}}, "vertex_offsets", "free_form", small]
    )
