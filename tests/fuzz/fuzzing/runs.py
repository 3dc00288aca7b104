"""Run folders in which files are gone, cut, of other bytes, of another run, or too many."""

from __future__ import annotations

import json
from random import Random

from fuzzing.case import Bases, Case, kind
from fuzzing.damage import damaged_bytes, damaged_text, damaged_tree, encoded, words_in

STRAY = words_in("""
    previews/notes.txt | previews/1.png | previews/99999999.png | previews/-1.webp | checkpoint/old.safetensors |
    start/x.safetensors | status.lock | .part-abc/model.glb | .status.json.part | checkpoint/.checkpoint.json.part |
    stages/fine/metrics.jsonl | x
""")
JUNK = [b"", b"\0" * 40, b"\xff\xfe\xfa", b"null", b"[]", b"{}", b"{"]
STATES = ["queued", "running", "interrupted", "done", "failed", "odd"]


def damaged_run(random: Random, run: dict[str, bytes]) -> dict[str, bytes | None]:
    """The files of a run, damaged."""
    files: dict[str, bytes | None] = dict(run)
    for _ in range(random.choice([0, 1, 1, 1, 2, 4])):
        name = random.choice([n for n, content in files.items() if content is not None] or ["config.yaml"])
        content = files.get(name) or b""
        match random.randrange(9):
            case 0:
                files.pop(name, None)
            case 1:
                files[name] = content[: random.randrange(len(content) + 1)]
            case 2:
                files[name] = damaged_bytes(random, content, random.choice([1, 4]))
            case 3:
                files[name] = random.choice([*JUNK, random.randbytes(50)])
            case 4:
                files[name] = None
            case 5:
                files[name] = _damaged_content(random, name, content)
            case 6:
                other = random.choice([n for n, value in files.items() if value is not None] or [name])
                files[name], files[other] = files.get(other), content
            case 7:
                files[random.choice(STRAY)] = random.choice([b"", b"x", content, None])
            case 8:
                files |= _status(random)
    return files


def _damaged_content(random: Random, name: str, content: bytes) -> bytes:
    try:
        if name.endswith(".json"):
            return json.dumps(damaged_tree(random, json.loads(content), 2), default=str).encode()
        return encoded(random, damaged_text(random, content.decode(), random.choice([1, 2])))
    except ValueError:
        return damaged_bytes(random, content, 3)


def _status(random: Random) -> dict[str, bytes | None]:
    status = {"state": random.choice(STATES), "step": 1, "steps": 3, "host": "elsewhere", "heartbeat": 1e9}
    status["pid"] = random.choice([0, 1, -1, 2**40])
    return {"status.json": json.dumps(damaged_tree(random, status, random.choice([0, 1])), default=str).encode()}


@kind
def run_folders(random: Random, bases: Bases) -> Case:
    """A command on the folder of a run."""
    name = random.choice(list(bases.runs))
    files = {f"run/{path}": content for path, content in damaged_run(random, bases.runs[name]).items()}
    if name == "mesh":
        files["model.glb"] = bases.models["quad.glb"]["quad.glb"]
    word = ["encoder=pocket", "classes=[a cat, a dog]", "views=1"]
    commands = [["resume"]] * 4 + [["export"], ["export", "size=16"], ["status"], ["evaluate", *word]]
    command, *rest = random.choice(commands)
    return Case([command, "run", *rest], files)
