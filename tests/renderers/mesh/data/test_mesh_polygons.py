"""Polygons: their triangles cover them and nothing else, in every format that has polygons."""

from pathlib import Path

import numpy as np
import pytest
import torch

from renderers.mesh import read_mesh
from renderers.mesh.read.polygons import triangulate

CONCAVE = [(0, 0), (2, 0), (2, 1), (1.8, 0.2), (0.2, 0.2), (0, 1)]  # the shoelace formula gives 0.56
ARROW = [(0, 0), (2, -1), (0.5, 0), (2, 1)]  # four corners, 0.5
KEYHOLE = [(0, 0), (3, 0), (3, 3), (0, 3), (0, 0), (1, 1), (1, 2), (2, 2), (2, 1), (1, 1)]  # around a hole, 8
SHAPES = {"concave": (CONCAVE, 0.56), "arrow": (ARROW, 0.5), "keyhole": (KEYHOLE, 8.0)}
TILT = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]


def area(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def ply(points: np.ndarray, binary: bool) -> bytes:
    kind = "binary_big_endian" if binary else "ascii"
    header = f"ply\nformat {kind} 1.0\nelement vertex {len(points)}\n"
    header += "".join(f"property double {axis}\n" for axis in "xyz")
    header += "element face 2\nproperty list uchar int vertex_index\nend_header\n"
    rows = [list(range(len(points))), [0, 1, 2]]
    if binary:
        body = points.astype(">f8").tobytes()
        body += b"".join(bytes([len(row)]) + np.array(row, ">i4").tobytes() for row in rows)
    else:
        lines = [*points.tolist(), *([len(row), *row] for row in rows)]
        body = "\n".join(" ".join(map(str, line)) for line in lines).encode() + b"\n"
    return header.encode() + body


@pytest.mark.parametrize("kind", ["obj", "negative.obj", "ply", "binary.ply"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("start", [0, 1, 3])
def test_concave_polygons(shape: str, kind: str, start: int, tmp_path: Path) -> None:
    corners, expected = SHAPES[shape]
    points = np.pad(np.roll(np.array(corners, float), start, 0), ((0, 0), (0, 1))) @ TILT.T
    path = tmp_path / f"a.{kind}"
    if kind.endswith("ply"):
        path.write_bytes(ply(points, "binary" in kind))
        expected += area(points, np.array([[0, 1, 2]]))
    else:
        order = range(-len(points), 0) if "negative" in kind else range(1, len(points) + 1)
        lines = [f"v {x} {y} {z}" for x, y, z in points.tolist()]
        path.write_text("\n".join(lines) + "\nf " + " ".join(map(str, order)) + "\n")
    mesh = read_mesh(path)
    assert area(mesh.vertices.double().numpy(), mesh.faces.numpy()) == pytest.approx(expected, rel=1e-5)


def test_random_polygons_of_all_sizes_at_once() -> None:
    random, points, sizes, expected = np.random.default_rng(0), [], [], []
    for size in [3, 4, 4, 5, 7, 12, 60] * 20:
        angle = (np.arange(size) + random.uniform(-0.3, 0.3, size)) * 2 * np.pi / size
        flat = np.stack([np.cos(angle), np.sin(angle)], 1) * random.uniform(0.2, 1, (size, 1))
        x, y = flat.T
        expected.append(abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2)
        points.append(np.pad(flat, ((0, 0), (0, 1))) @ np.linalg.qr(random.normal(size=(3, 3)))[0].T)
        sizes.append(size)
    everything = np.concatenate(points)
    triangles, owner = triangulate(everything, np.arange(len(everything)), np.array(sizes))
    a, b, c = (everything[triangles[:, corner]] for corner in range(3))
    found = np.bincount(owner, np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    assert (np.diff(owner) >= 0).all()


def test_polygons_with_one_side_up_keep_it(tmp_path: Path) -> None:
    lines = [f"v {x} {y} 0" for x, y in CONCAVE] + ["f 1 2 3 4 5 6", "f 6 5 4 3 2 1"]
    (tmp_path / "a.obj").write_text("\n".join(lines))
    mesh = read_mesh(tmp_path / "a.obj")
    a, b, c = mesh.vertices[mesh.faces.long()].unbind(1)
    up = torch.linalg.cross(b - a, c - a)[:, 2] > 0
    assert up.tolist() == [True] * 4 + [False] * 4


def test_folded_quads_and_polygons_that_cross_themselves_stay_whole(tmp_path: Path) -> None:
    folded = ["v 0 0 0", "v 1 0 0.4", "v 1 1 0", "v 0 1 0.4", "f 1 2 3 4"]
    bow = ["v 0 0 3", "v 1 1 3", "v 1 0 3", "v 0 1 3", "v -1 0 3", "f 5 6 7 8 9"]
    (tmp_path / "a.obj").write_text("\n".join(folded + bow))
    assert len(read_mesh(tmp_path / "a.obj").faces) == 5


def test_triangle_strips_of_ply(tmp_path: Path) -> None:
    grid = [(x, y, 0.0) for x in range(4) for y in range(2)]
    header = "ply\nformat ascii 1.0\nelement vertex 8\n" + "".join(f"property float {axis}\n" for axis in "xyz")
    header += "element tristrips 1\nproperty list int int vertex_indices\nend_header\n"
    body = "\n".join(f"{x} {y} {z}" for x, y, z in grid) + "\n9 1 0 3 2 -1 5 4 7 6\n"
    (tmp_path / "a.ply").write_text(header + body)
    mesh = read_mesh(tmp_path / "a.ply")
    assert len(mesh.faces) == 4 and area(mesh.vertices.double().numpy(), mesh.faces.numpy()) == pytest.approx(2.0)
    a, b, c = mesh.vertices[mesh.faces.long()].unbind(1)
    assert (torch.linalg.cross(b - a, c - a)[:, 2] > 0).all()
