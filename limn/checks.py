"""Arguments: checks what a public function was given, and says in one line what does not fit."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cache
from numbers import Integral, Real
from typing import Any, NoReturn

import torch
from torch import Tensor

from limn.errors import InputError
from limn.kept import Kept
from limn.registry import suggestion

LARGEST = 2**31 - 1
"""Kernels count in int32."""


@Kept
def index_range(index: Tensor) -> tuple[int, int]:
    """The least and the greatest of indices, (0, -1) where there are none; looked at once per tensor."""
    if not index.numel():
        return 0, -1
    least, greatest = index.aminmax()
    return int(least), int(greatest)


@Kept
def _as_int32(index: Tensor) -> Tensor:
    return index.to(torch.int32).contiguous()


class Arguments:
    """The arguments of one call.

    Shapes are written as in docstrings, ``"N P 4"``. A letter is the size that the first tensor has there; further
    tensors must have the same. All tensors must lie on the device of the first.

    Args:
        function: its name, for the messages.
    """

    def __init__(self, function: str) -> None:
        self.function = function
        self.sizes: dict[str, int] = {}
        self._first: tuple[str, torch.device] | None = None

    @property
    def device(self) -> torch.device | None:
        """Where the first tensor is."""
        return None if self._first is None else self._first[1]

    def refuse(self, name: str, found: object, expected: str) -> NoReturn:
        """Raises `InputError` about an argument."""
        raise InputError(f"{self.function}: {name} is {found}; expected {expected}")

    def numbers(self, name: str, value: Any, *shapes: str, dtype: torch.dtype | None = torch.float32) -> Tensor:
        """A tensor of floating-point numbers in one of some shapes, contiguous and in a dtype (None: its own)."""
        tensor = self._tensor(name, value, "numbers", shapes)
        if not tensor.is_floating_point():
            self.refuse(name, _described(tensor), self._expected("numbers", shapes))
        return tensor.to(dtype or tensor.dtype).contiguous()

    def values(
        self, name: str, value: Any, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
    ) -> Tensor:
        """Finite numbers within limits [V], in float32 unless they are a tensor of another precision."""
        try:
            tensor = torch.as_tensor(value).reshape(-1)
            tensor = tensor if isinstance(value, Tensor) and tensor.is_floating_point() else tensor.float()
        except (TypeError, ValueError, RuntimeError):
            self.refuse(name, _described(value), "a number, or numbers [V]")
        if not tensor.numel():
            self.refuse(name, "empty", "a number, or numbers [V]")
        for limit in tensor.detach().aminmax():
            self.number(name, float(limit), least, above=above, below=below)
        return tensor

    def indices(self, name: str, value: Any, *shapes: str, rows: int, of: str, least: int = 0) -> Tensor:
        """A tensor of integers from ``least`` to below ``rows``, as contiguous int32; one that is read again is cheap.

        Args:
            name: of the argument.
            value: what was given.
            shapes: one of which it must have.
            rows: how many there are of what it points to.
            of: what it points to, for the message.
            least: of the values allowed.
        """
        tensor = self._tensor(name, value, "integers", shapes)
        if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
            self.refuse(name, _described(tensor), self._expected("integers", shapes))
        low, high = index_range(tensor) if tensor.device.type != "meta" else (0, -1)
        if low <= high and (low < least or high >= rows):
            wrong = low if low < least else high
            raise InputError(f"{self.function}: {name} holds {wrong}; expected {least} to {rows - 1}, {of}")
        return tensor if tensor.dtype == torch.int32 and tensor.is_contiguous() else _as_int32(tensor)

    def flags(self, name: str, value: Any, *shapes: str) -> Tensor:
        """A tensor of bytes, or of truth values, as contiguous bytes."""
        tensor = self._tensor(name, value, "bytes", shapes)
        if tensor.dtype not in (torch.uint8, torch.bool):
            self.refuse(name, _described(tensor), self._expected("bytes", shapes))
        return tensor.contiguous().view(torch.uint8)

    def divisor(self, name: str, count: int, total: int) -> None:
        """How many sets there are of something that pictures share."""
        if count < 1 or total % count:
            self.refuse(name, f"{count} of them for {total} pictures", "one for all, or a divisor of their number")

    def number(
        self, name: str, value: Any, least: float = -math.inf, above: float = -math.inf, below: float = math.inf
    ) -> float:
        """A finite number within limits."""
        limits = [("from", least), ("above", above), ("below", below)]
        words = [f"{word} {limit:.4g}" for word, limit in limits if math.isfinite(limit)]
        expected = " ".join(["a finite number", " and ".join(words)]).strip()
        if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
            self.refuse(name, _described(value), expected)
        found = float(value)
        if not (least <= found and above < found < below):
            self.refuse(name, found, expected)
        return found

    def as_many(self, **columns: Tensor) -> list[Tensor]:
        """Columns [V], those of one value for all."""
        count = max(len(column) for column in columns.values())
        if any(len(column) not in (1, count) for column in columns.values()):
            found = ", ".join(f"{len(column)} {name}" for name, column in columns.items())
            raise InputError(f"{self.function}: {found}; expected as many of each, or one")
        return [column.expand(count) for column in columns.values()]

    def count(self, name: str, value: Any, least: int = 1) -> int:
        """An integer from ``least``."""
        if not _whole(value, least):
            self.refuse(name, _described(value), f"an integer from {least}")
        return int(value)

    def size(self, name: str, value: Any) -> tuple[int, int]:
        """Height and width."""
        fits = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
        if not fits or not all(_whole(side, 1) for side in value):
            self.refuse(name, _described(value), "height and width, integers from 1")
        return int(value[0]), int(value[1])

    def one_of(self, name: str, value: Any, known: Collection[str]) -> None:
        """One of some names."""
        if value not in known:
            raise InputError(f"{self.function}: {name} is {value!r}{suggestion(str(value), known)}")

    def countable(self, what: str, *counts: int) -> None:
        """A product that kernels count up to."""
        if math.prod(counts) > LARGEST:
            self.refuse(what, " x ".join(map(str, counts)), f"at most {LARGEST}: fewer or smaller ones in a call")

    def _tensor(self, name: str, value: Any, kind: str, shapes: tuple[str, ...]) -> Tensor:
        if not isinstance(value, Tensor):
            self.refuse(name, _described(value), self._expected(kind, shapes))
        if not any(self._fits(value.shape, _parsed(shape)) for shape in shapes):
            self.refuse(name, _described(value), self._expected(kind, shapes))
        first, device = self._first = self._first or (name, value.device)
        if value.device != device:
            self.refuse(name, f"on {value.device}", f"on {device}, where {first} is")
        return value

    def _fits(self, shape: torch.Size, expected: tuple[int | str, ...]) -> bool:
        if len(shape) != len(expected):
            return False
        sizes = dict(self.sizes)
        for side, wanted in zip(shape, expected, strict=True):
            if side != (wanted if isinstance(wanted, int) else sizes.setdefault(wanted, side)):
                return False
        self.sizes = sizes
        return True

    def _expected(self, kind: str, shapes: tuple[str, ...]) -> str:
        known = {letter: self.sizes[letter] for shape in shapes for letter in shape.split() if letter in self.sizes}
        where = ", ".join(f"{letter} = {size}" for letter, size in known.items())
        written = " or ".join(f"[{shape.replace(' ', ', ')}]" for shape in shapes)
        return f"{kind} {written}" + (f" with {where}" if where else "")


@cache
def _parsed(shape: str) -> tuple[int | str, ...]:
    return tuple(int(side) if side.isdigit() else side for side in shape.split())


def _whole(value: object, least: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def _described(value: object) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    return repr(value)[:60] if isinstance(value, int | float | str | tuple | list | None) else type(value).__name__
