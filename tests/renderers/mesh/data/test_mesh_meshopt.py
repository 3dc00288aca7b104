"""meshopt: a sphere that another program compressed, and the parts of the format that it did not use."""

from pathlib import Path

import numpy as np
import pytest
import torch

from renderers.mesh import read_mesh
from renderers.mesh.read.meshopt import decode
from renderers.scene.colour import to_linear

BALL = Path(__file__).with_name("ball_meshopt.glb")
"""162 vertices on the unit sphere whose colours are half the vertices plus a half, by glTF-Transform 4.5."""


def attributes(rows: np.ndarray) -> bytes:
    """Encodes up to 16 rows of bytes, each difference as it is."""
    parts = [b"\xa0"]
    steps = np.diff(rows.astype(np.int8), axis=0, prepend=np.zeros((1, rows.shape[1]), np.int8))
    for column in steps.astype(np.int8).T.astype(np.int64):
        zigzag = (column << 1 ^ column >> 63) & 255
        parts.append(b"\x03" + np.pad(zigzag, (0, 16 - len(zigzag))).astype(np.uint8).tobytes())
    return b"".join(parts) + bytes(max(32, rows.shape[1]))


def test_a_compressed_sphere() -> None:
    mesh = read_mesh(BALL)
    assert mesh.vertices.shape == (162, 3) and len(mesh.faces) == 320 and mesh.lost == ()
    torch.testing.assert_close(mesh.vertices.norm(dim=1), torch.ones(162), atol=2e-4, rtol=0)
    a, b, c = mesh.vertices[mesh.faces.long()].unbind(1)
    normals = torch.linalg.cross(b - a, c - a)
    assert ((normals * (a + b + c)).sum(1) > 0).all()
    assert float(normals.norm(dim=1).sum() / 2) == pytest.approx(12.2, abs=0.15)
    assert mesh.colours is not None
    torch.testing.assert_close(to_linear(mesh.colours), mesh.vertices / 2 + 0.5, atol=4e-3, rtol=0)


def test_rows_that_are_not_filtered_and_numbers_with_exponents() -> None:
    rows = np.random.default_rng(0).integers(0, 256, (16, 8), np.uint8)
    entry = {"count": 16, "byteStride": 8, "mode": "ATTRIBUTES"}
    assert decode(attributes(rows), entry) == rows.tobytes()
    mantissa, exponent = np.array([[3, -5], [0, 70000]]), np.array([[-1, 2], [0, -20]])
    packed = ((exponent << 24) | (mantissa & 0xFFFFFF)).astype("<i4").view(np.uint8)
    found = decode(attributes(packed), entry | {"count": 2, "filter": "EXPONENTIAL"})
    assert np.frombuffer(found, "<f4").tolist() == [1.5, -20.0, 0.0, 70000 / 2**20]
    with pytest.raises(ValueError, match="filter QUATERNION"):
        decode(attributes(rows), entry | {"filter": "QUATERNION"})


def test_sequences_of_indices() -> None:
    steps = [(0, 5), (1, 300), (0, -2), (0, 1), (1, -299)]  # to the last number of either kind
    content = b"\xd1"
    for which, step in steps:
        value = (step << 1 ^ step >> 31) << 1 | which
        while value > 127:
            content, value = content + bytes([value & 127 | 128]), value >> 7
        content += bytes([value])
    found = decode(content + bytes(4), {"count": 5, "byteStride": 4, "mode": "INDICES"})
    assert np.frombuffer(found, "<u4").tolist() == [5, 300, 3, 4, 1]
