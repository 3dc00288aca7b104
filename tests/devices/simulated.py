"""A simulated device for torch: it computes on the processor and is as strict as CUDA about what lies where.

A tensor on ``sim`` is ordinary memory under another device's name; for every operation torch calls `_compute`, which
gives the memory the processor's name for a moment. Like CUDA the device refuses tensors that lie elsewhere, unless they
are single numbers, and generators of another device. A process can have one such device, and keeps it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils.backend_registration import _setup_privateuseone_for_python_backend

CPU, SIM = 1, 12
"""DLPack's numbers for the processor and for a device that it does not know."""

CPU_KERNELS = torch._C.DispatchKeySet(torch._C.DispatchKey.CPU)

aten = torch.ops.aten

_pointer = ctypes.pythonapi.PyCapsule_GetPointer
_pointer.restype, _pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]

_libraries: list[torch.library.Library] = []
"""What is registered lives as long as its library."""


def register() -> None:
    """Makes the device known to torch."""
    _setup_privateuseone_for_python_backend("sim")
    every, some = torch.library.Library("_", "IMPL"), torch.library.Library("aten", "IMPL")
    every.fallback(_compute, "PrivateUse1")
    some.impl("_copy_from", _copy_from, "PrivateUse1")
    some.impl("convolution_overrideable", partial(_compute, aten.convolution.default), "PrivateUse1")
    some.impl("convolution_backward_overrideable", _convolution_backward, "PrivateUse1")
    _libraries.extend([every, some])


def _named(tensor: Tensor, device: int) -> Tensor:
    """The same memory, shape and strides under a device's name."""
    capsule = torch._C._to_dlpack(tensor)
    # The capsule points to a DLTensor: void *data, int32 device_type, ...
    ctypes.c_int32.from_address(_pointer(capsule, b"dltensor") + 8).value = device
    return torch._C._from_dlpack(capsule)


def _compute(op: Any, *args: Any, **kwargs: Any) -> Any:
    """Any operation on tensors of the device."""
    schema = op._schema
    if any(result.alias_info is not None and not result.alias_info.is_write for result in schema.returns):
        return op.redispatch(CPU_KERNELS, *args, **kwargs)  # a view: no number is read
    given = dict(zip((argument.name for argument in schema.arguments), args, strict=False)) | kwargs
    lent: list[tuple[Tensor, Tensor]] = []
    inside = {
        argument.name: _each(lambda value, of=argument: _inwards(op, of, value, lent), given[argument.name])
        for argument in schema.arguments
        if argument.name in given
    }
    result = op(**inside)
    for inner, outer in lent:
        if inner.numel() != outer.numel():
            storage = _named(inner, SIM).untyped_storage()
            set_ = aten.set_.source_Storage_storage_offset
            set_.redispatch(CPU_KERNELS, outer, storage, 0, inner.shape, inner.stride())
    return _each(lambda value: _outwards(value, lent), result)


def _each(change: Callable[[Any], Any], value: Any) -> Any:
    return type(value)(map(change, value)) if isinstance(value, list | tuple) else change(value)


def _inwards(op: Any, argument: Any, value: Any, lent: list[tuple[Tensor, Tensor]]) -> Any:
    """What the CPU's operation gets for a value; notes which tensor lends its memory to which."""
    if isinstance(value, torch.Generator) and value.device.type != "sim":
        raise RuntimeError(f"{op}: expected a 'sim' device type for generator but found {value.device.type!r}")
    if isinstance(value, torch.device):
        return torch.device("cpu")
    if isinstance(value, int | float) and isinstance(argument.type, torch.TensorType):
        return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else None)
    if not isinstance(value, Tensor):
        return value
    if value.device.type != "sim":
        if value.ndim and argument.name != "indices":  # both are allowed on CUDA
            raise RuntimeError(f"{op}: expected all tensors to be on the same device, found sim and {value.device}")
        return value
    # What is written and has no size yet gets one, which lent memory could not.
    inner = torch.empty_like(value, device="cpu") if argument.alias_info and not value.numel() else _named(value, CPU)
    lent.append((inner, value))
    return inner


def _outwards(value: Any, lent: list[tuple[Tensor, Tensor]]) -> Any:
    """What the device gives for a result of the CPU's operation: the tensor that was written, or a new one."""
    if not isinstance(value, Tensor):
        return value
    written = [outer for inner, outer in lent if inner is value]
    return written[0] if written else _named(value, SIM)


def _copy_from(source: Tensor, to: Tensor, non_blocking: bool = False) -> Tensor:
    """The one way between devices."""
    here, there = (_named(tensor, CPU) if tensor.device.type == "sim" else tensor for tensor in (source, to))
    there.copy_(here)
    return to


def _convolution_backward(gradient: Tensor, pictures: Tensor, weight: Tensor, *rest: Any) -> Any:
    transposed, groups = rest[3], rest[5]
    bias = weight.shape[1] * groups if transposed else weight.shape[0]
    return _compute(aten.convolution_backward.default, gradient, pictures, weight, [bias], *rest)
