"""Kept: what is computed of a tensor once, and known until the tensor is written to or gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

T = TypeVar("T")


class Kept(Generic[T]):
    """Decorator of a function of one tensor; what it returns must not hold that tensor, which would never be freed."""

    def __init__(self, function: Callable[[Tensor], T]) -> None:
        self._function = function
        self._known = WeakTensorKeyDictionary()

    def __call__(self, tensor: Tensor) -> T:
        """What the function gives."""
        if tensor.is_inference():  # its changes are not counted
            return self._function(tensor)
        known: tuple[int, T] | None = self._known.get(tensor)  # type: ignore[no-untyped-call]
        if known is not None and known[0] == tensor._version:
            return known[1]
        value = self._function(tensor)
        self.tell(tensor, value)
        return value

    def tell(self, tensor: Tensor, value: T) -> None:
        """Notes what the function would give, where that is known without it."""
        if not tensor.is_inference():
            self._known[tensor] = (tensor._version, value)
