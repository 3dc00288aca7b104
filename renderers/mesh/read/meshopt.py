"""Buffers that meshoptimizer has compressed (EXT_meshopt_compression, which describes the bitstreams)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = ("EXT_meshopt_compression", "KHR_meshopt_compression")
Bytes = NDArray[np.uint8]


def decode(content: bytes, entry: dict[str, Any]) -> bytes:
    """The bytes of a buffer view.

    Args:
        content: the bitstream.
        entry: of the extension: count, byteStride, mode and filter.

    Raises:
        ValueError: broken, or of a version or kind that is not read.
    """
    count, stride = entry["count"], entry["byteStride"]
    data = np.frombuffer(content, np.uint8)
    if entry["mode"] == "ATTRIBUTES":
        rows, kind = _attributes(data, count, stride), entry.get("filter", "NONE")
        if kind == "EXPONENTIAL":
            whole = rows.view("<i4")
            rows = np.ldexp((whole << 8 >> 8).astype("<f4"), whole >> 24).view(np.uint8)
        elif kind != "NONE":  # of normals and rotations, which are not read
            raise ValueError(f"filter {kind}")
        return rows.tobytes()
    order = _triangles(content, count) if entry["mode"] == "TRIANGLES" else _sequence(content, count)
    return np.array(order, np.int64).astype("<u2" if stride == 2 else "<u4").tobytes()


def _attributes(data: Bytes, count: int, stride: int) -> Bytes:
    """Rows [count, stride]: in blocks, for each byte of a row the differences to the row before."""
    if data[0] != 0xA0:
        raise ValueError(f"attributes of version {data[0] & 15}")
    rows, place, last = np.empty((count, stride), np.uint8), 1, data[len(data) - stride :]
    most = min(8192 // stride & ~15, 256)
    for first in range(0, count, most):
        size = min(most, count - first)
        for byte in range(stride):
            zigzag, place = _differences(data, place, size)
            steps = (zigzag >> 1) ^ -(zigzag & 1)
            rows[first : first + size, byte] = (steps.cumsum() + int(last[byte])) & 255
        last = rows[first + size - 1]
    return rows


def _differences(data: Bytes, place: int, size: int) -> tuple[NDArray[np.int64], int]:
    """Numbers of 0, 2, 4 or 8 bits in groups of 16; the largest of 2 or 4 bits stands for a byte that follows."""
    groups = (size + 15) // 16
    kinds = (data[place : place + (groups + 3) // 4, None] >> np.array([0, 2, 4, 6]) & 3).reshape(-1)[:groups]
    if len(kinds) < groups:
        raise ValueError("cut off")
    place += (groups + 3) // 4
    values = np.zeros((groups, 16), np.int64)
    for group, kind in enumerate(kinds.tolist()):
        if kind == 3:
            values[group] = data[place : place + 16]
            place += 16
        elif kind:
            bits = 2 * kind
            packed = data[place : place + 2 * bits]
            place += 2 * bits
            found = (packed[:, None] >> np.arange(8 - bits, -1, -bits) & (1 << bits) - 1).reshape(-1).astype(np.int64)
            escaped = np.flatnonzero(found == (1 << bits) - 1)
            found[escaped] = data[place : place + len(escaped)]
            place += len(escaped)
            values[group] = found
    return values.reshape(-1)[:size], place


class _Varints:
    """Numbers of any length, seven bits a byte."""

    def __init__(self, content: bytes, place: int) -> None:
        self.content, self.place = content, place

    def byte(self) -> int:
        self.place += 1
        return self.content[self.place - 1]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128 or shift > 28:
                return value

    def step(self) -> int:
        value = self.number()
        return (value >> 1) ^ -(value & 1)


def _sequence(content: bytes, count: int) -> list[int]:
    if content[0] != 0xD1:
        raise ValueError(f"indices of version {content[0] & 15}")
    numbers, last, order = _Varints(content, 1), [0, 0], []
    for _ in range(count):
        value = numbers.number()
        which, value = value & 1, value >> 1
        last[which] += (value >> 1) ^ -(value & 1)
        order.append(last[which])
    return order


def _triangles(content: bytes, count: int) -> list[int]:
    """Corners of triangles, each told by an edge and a vertex among the last sixteen of both."""
    if content[0] != 0xE1:
        raise ValueError(f"triangles of version {content[0] & 15}")
    if len(content) < 17 + count // 3:
        raise ValueError("cut off")
    numbers, table = _Varints(content, 1 + count // 3), content[-16:]
    edges: list[tuple[int, int]] = [(0, 0)] * 16  # the latest last
    vertices, order = [0] * 16, list[int]()
    fresh = last = 0

    def explicit() -> int:
        nonlocal last
        last += numbers.step()
        return last

    def recent(number: int) -> int:
        nonlocal fresh
        fresh += number == 0
        return vertices[-number] if number else fresh - 1

    for code in content[1 : 1 + count // 3]:
        if code < 0xF0:
            a, b = edges[-1 - (code >> 4)]
            kind = code & 15
            if 0 < kind < 13:
                c = vertices[-1 - kind]
            else:
                if kind in (13, 14):
                    last += 2 * kind - 27
                c = recent(0) if kind == 0 else explicit() if kind == 15 else last
                vertices.append(c)
            edges += (c, b), (a, c)
        else:
            both = table[code & 15] if code < 0xFE else numbers.byte()
            fresh = 0 if code >= 0xFE and both == 0 else fresh
            parts = (15 if code == 0xFF else 0, both >> 4, both & 15)
            told = [code >= 0xFE and part == 15 for part in parts]
            found = [0 if late else recent(part) for part, late in zip(parts, told, strict=True)]
            a, b, c = (explicit() if late else one for one, late in zip(found, told, strict=True))
            vertices += [one for one, part, late in zip((a, b, c), parts, told, strict=True) if late or part == 0]
            edges += (b, a), (c, b), (a, c)
        order += (a, b, c)
        if len(edges) > 4096:
            del edges[:-16], vertices[:-16]
    return order
