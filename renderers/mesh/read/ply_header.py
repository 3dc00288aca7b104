"""PLY: the header, and the tables of numbers below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from limn.errors import InputError

KINDS = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}
KINDS |= {"float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2"}
KINDS |= {"int32": "i4", "uint32": "u4", "float32": "f4", "float64": "f8"}
ORDERS = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}

Column = tuple[NDArray[Any], NDArray[np.int64]]
"""Values, and how many of them each row has."""


@dataclass
class Element:
    """Rows of a PLY file that are made alike.

    Args:
        name: as in the header.
        count: of rows.
        properties: name, kind of the values, and kind of their number if there is one.
    """

    name: str
    count: int
    properties: list[tuple[str, str, str | None]] = field(default_factory=list)


@dataclass
class Header:
    """What the header says.

    Args:
        order: of bytes, empty for text.
        elements: in the order of the file.
        comments: their text.
        size: bytes of the header.
    """

    order: str
    elements: list[Element]
    comments: list[str]
    size: int


def read_header(content: bytes, path: Path) -> Header:
    """Reads the header.

    Raises:
        InputError: not a PLY file.
    """
    end = content.find(b"end_header")
    stop = content.find(b"\n", end) + 1
    if not content.startswith(b"ply") or end < 0 or not stop:
        raise InputError(f"{path}: expected a PLY file, which starts with 'ply' and has an 'end_header'")
    header = Header("?", [], [], stop)
    for line in content[:end].decode("utf-8", "replace").splitlines()[1:]:
        words = line.split()
        try:
            if words[:1] == ["format"]:
                header.order = ORDERS[words[1]]
            elif words[:1] == ["element"]:
                header.elements.append(Element(words[1], int(words[2])))
            elif words[:2] == ["property", "list"]:
                header.elements[-1].properties.append((words[4], KINDS[words[3]], KINDS[words[2]]))
            elif words[:1] == ["property"]:
                header.elements[-1].properties.append((words[2], KINDS[words[1]], None))
            elif words[:1] in (["comment"], ["obj_info"]):
                header.comments.append(line.split(None, 1)[1] if len(words) > 1 else "")
        except (KeyError, IndexError, ValueError) as error:
            raise InputError(f"{path}: the header line {line.strip()[:60]!r} makes no sense") from error
    if header.order == "?":
        raise InputError(f"{path}: no format, expected {', '.join(ORDERS)}")
    return header


@dataclass
class Body:
    """The rows below a header, read element by element."""

    content: bytes
    header: Header
    place: int

    def table(self, element: Element) -> tuple[dict[str, Column], int]:
        """The columns of the next element by name, and how many of its rows the file has."""
        if not self.header.order:
            return self._text(element)
        kinds = [(name, self.header.order + kind) for name, kind, count in element.properties if count is None]
        if len(kinds) == len(element.properties):
            row = np.dtype(kinds)
            here = min(element.count, (len(self.content) - self.place) // max(row.itemsize, 1))
            rows = np.frombuffer(self.content, row, here, self.place)
            self.place += here * row.itemsize
            return {name: (rows[name], np.ones(here, np.int64)) for name, _ in kinds}, here
        return self._alike(element) or self._one_by_one(element)

    def _alike(self, element: Element) -> tuple[dict[str, Column], int] | None:
        """Rows whose lists are all as long as those of the first one."""
        order, place, fields = self.header.order, self.place, []
        for name, kind, count in element.properties:
            length = 1
            if count is not None:
                if place + np.dtype(count).itemsize > len(self.content):
                    return None
                length = int(np.frombuffer(self.content, order + count, 1, place)[0])
                fields.append((f"{name}#", order + count, 1))
            if not 0 <= length <= 65536:
                return None
            fields.append((name, order + kind, length))
            place = self.place + np.dtype([(f, k, (n,)) for f, k, n in fields]).itemsize
        row = np.dtype([(f, k, (n,)) for f, k, n in fields])
        if self.place + element.count * row.itemsize > len(self.content):
            return None
        rows = np.frombuffer(self.content, row, element.count, self.place)
        lists = [name for name, _, count in element.properties if count is not None]
        if any((rows[f"{name}#"] != rows[name].shape[1]).any() for name in lists):
            return None
        self.place += element.count * row.itemsize
        lengths = {f: np.full(element.count, n) for f, _, n in fields}
        return {name: (rows[name].reshape(-1), lengths[name]) for name, _, _ in element.properties}, element.count

    def _one_by_one(self, element: Element) -> tuple[dict[str, Column], int]:
        content, order, place = self.content, self.header.order, self.place
        rules = [
            (np.dtype(order + kind), None if count is None else np.dtype(order + count))
            for _, kind, count in element.properties
        ]
        spans: list[list[tuple[int, int]]] = [[] for _ in rules]
        here = 0
        for _ in range(element.count):
            starts = []
            for kind, count in rules:
                length = 1
                if count is not None:
                    raw = content[place : place + count.itemsize]
                    length = int(np.frombuffer(raw, count)[0]) if len(raw) == count.itemsize else len(content)
                    place += count.itemsize
                starts.append((place, max(length, 0)))
                place += kind.itemsize * max(length, 0)
            if place > len(content):
                break
            for column, start in zip(spans, starts, strict=True):
                column.append(start)
            here += 1
            self.place = place
        columns = {}
        for (name, _, _), (kind, _), rows in zip(element.properties, rules, spans, strict=True):
            values = b"".join(content[start : start + kind.itemsize * length] for start, length in rows)
            columns[name] = (np.frombuffer(values, kind), np.array([length for _, length in rows], np.int64))
        return columns, here

    def _text(self, element: Element) -> tuple[dict[str, Column], int]:
        values: list[list[float]] = [[] for _ in element.properties]
        lengths: list[list[int]] = [[] for _ in element.properties]
        here = 0
        while here < element.count and self.place < len(self.content):
            stop = self.content.find(b"\n", self.place)
            stop = len(self.content) if stop < 0 else stop
            words = self.content[self.place : stop].split()
            self.place = stop + 1
            if not words:
                continue
            start, spans = 0, []
            for _, _, count in element.properties:
                length = 1 if count is None else int(words[start])
                start += count is not None
                spans.append((start, length))
                start += length
            if start > len(words) or any(length < 0 for _, length in spans):
                break
            for index, (begin, length) in enumerate(spans):
                values[index].extend(map(float, words[begin : begin + length]))
                lengths[index].append(length)
            here += 1
        return {
            name: (np.array(values[index]).astype(kind), np.array(lengths[index], np.int64))
            for index, (name, kind, _) in enumerate(element.properties)
        }, here
