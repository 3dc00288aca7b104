"""glTF 2.0 files: the container, its buffers and the arrays in them (Khronos glTF 2.0 specification)."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import numpy as np
from numpy.typing import NDArray

from limn.errors import InputError
from renderers.mesh.read import meshopt
from renderers.mesh.read.contents import LARGEST_FILE, read_bytes
from renderers.mesh.read.linked import read_linked

MAGIC = b"glTF"
JSON_CHUNK, BINARY_CHUNK = 0x4E4F534A, 0x004E4942
COMPONENTS = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


@dataclass
class Document:
    """A glTF file whose arrays are read on demand.

    Args:
        path: the file.
        header: its JSON.
        binary: the binary chunk of a GLB.
    """

    path: Path
    header: dict[str, Any]
    binary: bytes | None = None
    buffers: dict[int, bytes] = field(default_factory=dict)
    views: dict[int, bytes] = field(default_factory=dict)
    arrays: dict[int, NDArray[Any]] = field(default_factory=dict)

    def item(self, kind: str, index: int) -> dict[str, Any]:
        """Entry ``index`` of one of the header's lists."""
        rows = self.header.get(kind, [])
        if not isinstance(index, int) or not 0 <= index < len(rows):
            raise InputError(f"{self.path}: refers to {kind}[{index}], expected one of {len(rows)}")
        entry: dict[str, Any] = rows[index]
        return entry

    def uri(self, text: str) -> bytes:
        """What a data URI holds, or the file beside this one that it names."""
        if not text.startswith("data:"):
            return read_linked(self.path, text)
        kind, _, data = text.partition(",")
        try:
            if not kind.endswith(";base64"):
                return unquote_to_bytes(data)
            plain = unquote("".join(data.split()))
            return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except binascii.Error as error:
            raise InputError(f"{self.path}: a data URI is not valid base64 ({error})") from error

    def buffer(self, index: int) -> bytes:
        """The bytes of a buffer."""
        if index not in self.buffers:
            entry = self.item("buffers", index)
            if "uri" in entry:
                self.buffers[index] = self.uri(entry["uri"])
            elif index == 0 and self.binary is not None:
                self.buffers[index] = self.binary
            else:
                raise InputError(f"{self.path}: buffers[{index}] has no data, expected a binary chunk or a uri")
        return self.buffers[index]

    def view(self, index: int) -> bytes:
        """The bytes of a buffer view."""
        entry = self.item("bufferViews", index)
        packed = next(
            (entry["extensions"][name] for name in meshopt.NAMES if name in entry.get("extensions", {})), None
        )
        if packed is not None:
            return self._unpacked(index, packed)
        return self._span(index, entry)

    def _unpacked(self, index: int, packed: dict[str, Any]) -> bytes:
        if index not in self.views:
            count, stride = packed["count"], packed["byteStride"]
            if not 0 < count * stride <= LARGEST_FILE:
                raise InputError(
                    f"{self.path}: bufferViews[{index}] has {count:,} rows, expected 1 to {LARGEST_FILE} bytes"
                )
            try:
                self.views[index] = meshopt.decode(self._span(index, packed), packed)
            except (ValueError, IndexError) as error:
                raise InputError(
                    f"{self.path}: bufferViews[{index}] cannot be decompressed ({error}); "
                    "convert it: npx @gltf-transform/cli copy model.glb readable.glb"
                ) from error
        return self.views[index]

    def _span(self, index: int, entry: dict[str, Any]) -> bytes:
        data = self.buffer(entry["buffer"])
        start, length = entry.get("byteOffset", 0), entry["byteLength"]
        if start < 0 or length < 0 or start + length > len(data):
            raise InputError(
                f"{self.path}: bufferViews[{index}] ends at byte {start + length:,} of {len(data):,}; it is cut off"
            )
        return data[start : start + length]

    def array(self, index: int, values: NDArray[Any] | None = None) -> NDArray[Any]:
        """An accessor's values [count, width]; normalised integers become float64 in 0..1 or -1..1.

        Args:
            index: of the accessor.
            values: that an extension has decompressed, in place of those of the buffer view.
        """
        if values is not None:
            return self._array(index, values)
        if index not in self.arrays:
            self.arrays[index] = self._array(index, None)
        return self.arrays[index]

    def _array(self, index: int, values: NDArray[Any] | None) -> NDArray[Any]:
        entry = self.item("accessors", index)
        kind, width, count = np.dtype(COMPONENTS[entry["componentType"]]), WIDTHS[entry["type"]], entry["count"]
        if not 0 < count * width * kind.itemsize <= LARGEST_FILE:
            raise InputError(f"{self.path}: accessors[{index}] has {count:,} items, expected 1 to {LARGEST_FILE} bytes")
        if values is not None:
            kind = values.dtype
        elif "bufferView" in entry:
            values = self._rows(entry["bufferView"], entry.get("byteOffset", 0), count, kind, width, index)
        else:
            values = np.zeros((count, width), kind)
        if "sparse" in entry:
            values = self._with_sparse(values.copy(), entry["sparse"], index)
        if entry.get("normalized") and kind.kind in "iu":
            return np.maximum(values.astype(np.float64) / np.iinfo(kind).max, -1.0)
        return values

    def _rows(self, view: int, start: int, count: int, kind: np.dtype[Any], width: int, index: int) -> NDArray[Any]:
        data = self.view(view)
        row = kind.itemsize * width
        stride = self.item("bufferViews", view).get("byteStride", row)
        if start < 0 or stride < row or start + stride * (count - 1) + row > len(data):
            raise InputError(f"{self.path}: accessors[{index}] reads beyond its {len(data):,} bytes")
        block = np.frombuffer(data, np.uint8)
        rows = np.lib.stride_tricks.as_strided(block[start:], (count, row), (stride, 1), writeable=False)
        return np.ascontiguousarray(rows).view(kind)

    def _with_sparse(self, values: NDArray[Any], sparse: dict[str, Any], index: int) -> NDArray[Any]:
        count, where, what = sparse["count"], sparse["indices"], sparse["values"]
        kind = np.dtype(COMPONENTS[where["componentType"]])
        rows = self._rows(where["bufferView"], where.get("byteOffset", 0), count, kind, 1, index)[:, 0]
        values[rows] = self._rows(
            what["bufferView"], what.get("byteOffset", 0), count, values.dtype, values.shape[1], index
        )
        return values


def open_gltf(path: Path) -> Document:
    """Opens a GLB or glTF file.

    Raises:
        InputError: not such a file, cut off, another version, or one that needs an extension that is not read.
    """
    content = read_bytes(path)
    text, binary = _chunks(content, path) if content.startswith(MAGIC) else (content, None)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = "a ZIP archive" if content.startswith(b"PK") else "neither GLB nor glTF"
        raise InputError(f"{path}: {what}, expected a glTF 2.0 file ({str(error).splitlines()[0]})") from error
    if not isinstance(header, dict) or not isinstance(header.get("asset"), dict):
        raise InputError(f"{path}: JSON without an asset, expected a glTF 2.0 file")
    version = str(header["asset"].get("version"))
    if not version.startswith("2."):
        raise InputError(f"{path}: glTF version {version}, expected 2.0")
    return Document(path, header, binary)


def _chunks(content: bytes, path: Path) -> tuple[bytes, bytes | None]:
    if len(content) < 20:
        raise InputError(f"{path}: cut off after {len(content)} bytes, expected a GLB file")
    version, length = struct.unpack_from("<II", content, 4)
    if version != 2:
        raise InputError(f"{path}: GLB version {version}, expected 2")
    if length > len(content):
        raise InputError(f"{path}: cut off after {len(content):,} of {length:,} bytes")
    chunks: dict[int, bytes] = {}
    start = 12
    while start + 8 <= length:
        size, kind = struct.unpack_from("<II", content, start)
        if start + 8 + size > length:
            raise InputError(f"{path}: a chunk ends at byte {start + 8 + size:,} of {length:,}; the file is cut off")
        chunks.setdefault(kind, content[start + 8 : start + 8 + size])
        start += 8 + size
    if JSON_CHUNK not in chunks:
        raise InputError(f"{path}: no JSON chunk, expected a GLB file")
    return chunks[JSON_CHUNK], chunks.get(BINARY_CHUNK)
