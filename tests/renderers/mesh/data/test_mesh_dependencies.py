"""Every reader works with the packages that the project declares, and with nothing else that happens to be there."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from mesh_files import every_format

ROOT = Path(__file__).parents[4]
PROGRAM = """
import sys
from pathlib import Path
for name in sys.argv[1].split(","):
    sys.modules[name] = None
from renderers.mesh import read_mesh
for path in sys.argv[2:]:
    mesh = read_mesh(Path(path))
    assert len(mesh.faces) >= 2, path
    print(path, mesh.lost)
"""
FACES = """ply
format ascii 1.0
element vertex 6
property float x
property float y
property float z
element face 2
property list uchar int vertex_indices
property uchar red
property uchar green
property uchar blue
end_header
0 0 0
2 0 0
2 1 0
1.8 0.2 0
0.2 0.2 0
0 1 0
3 0 1 2 255 0 0
6 0 1 2 3 4 5 0 0 255
"""
FACET = "facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"


def plain(name: str) -> str:
    return re.split(r"[^\w.-]", name, maxsplit=1)[0].lower().replace("_", "-")


def declared() -> set[str]:
    """The distributions that an install without extras brings."""
    waiting = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    found = {"limn"}
    while waiting:
        name = plain(waiting.pop())
        if name not in found:
            found.add(name)
            try:
                waiting += [line for line in requires(name) or [] if "extra ==" not in line]
            except PackageNotFoundError:
                continue  # of another system
    return found


def test_readers_need_only_declared_packages(tmp_path: Path) -> None:
    brought = declared()
    others = {
        module
        for module, owners in packages_distributions().items()
        if module.isidentifier() and not brought & {plain(owner) for owner in owners}
    }
    assert "pytest" in others and "numpy" not in others
    others |= {"scipy", "networkx", "lxml", "shapely", "rtree", "trimesh"}
    (tmp_path / "faces.ply").write_text(FACES)
    (tmp_path / "text.stl").write_text("solid a\n" + FACET * 2 + "endsolid a\n")
    (tmp_path / "concave.obj").write_text("v 0 0 0\nv 2 -1 0\nv 0.5 0 0\nv 2 1 0\nf 1 2 3 4\n")
    paths = [*every_format(tmp_path), *(tmp_path / name for name in ("faces.ply", "text.stl", "concave.obj"))]
    command = [sys.executable, "-c", PROGRAM, ",".join(sorted(others)), *map(str, paths)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.splitlines()) == len(paths) and "Traceback" not in result.stderr
