"""Reads every model below folders, and says for each what came of it.

Run by hand: ``python benchmarks/reading.py FOLDER... [--json FILE]``. A line has the faces, the seconds, how the model
is coloured (texture and its size, colours of vertices or corners, grey), and the name. Below it stands what the file
holds and the mesh does not, or why it was refused. At the end stand the sums.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from limn.errors import InputError
from renderers.mesh.mesh import Mesh
from renderers.mesh.read import read_mesh

ENDINGS = {".glb", ".gltf", ".obj", ".ply", ".stl"}


def main(folders: list[Path], result: Path | None) -> None:
    """Prints a line for every model, and the sums."""
    rows = []
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in ENDINGS):
        start = time.perf_counter()
        try:
            mesh = read_mesh(path)
            row = {"faces": len(mesh.faces), "colours": colours_of(mesh), "said": mesh.lost}
        except InputError as error:
            row = {"faces": 0, "colours": "refused", "said": (str(error),)}
        row |= {"path": str(path), "seconds": time.perf_counter() - start}
        rows.append(row)
        print(f"{row['faces']:>9,} {row['seconds']:7.2f} s  {row['colours']:<17} {path}", flush=True)
        for line in row["said"]:
            print(f"{'':29}{line}")
    read = [row for row in rows if row["faces"]]
    small = max((row["seconds"] for row in read if row["faces"] < 100_000), default=0.0)
    print(f"{len(rows)} files, {len(read)} read; the slowest below 100,000 faces took {small:.2f} s")
    if result:
        result.write_text(json.dumps(rows, indent=1))


def colours_of(mesh: Mesh) -> str:
    """How a mesh is coloured, in a word."""
    if mesh.texture is not None:
        return f"texture {mesh.texture.shape[1]}x{mesh.texture.shape[0]}"
    if mesh.colours is not None:
        return "vertices"
    return "grey" if mesh.corner_colours is None else "corners"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    main(arguments.folders, arguments.json)
