"""Starts Warp kernels on torch tensors; on the CPU in slices on all of torch's threads."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
import warp as wp
from torch import Tensor

SCALARS = {torch.float32: wp.float32, torch.int32: wp.int32}

PARTS_PER_CORE = 2
"""Into how many parts owned rows are cut for each core; more share the work more evenly but look at more threads."""


def _start_warp() -> None:
    """Starts Warp without its greeting and, where there is no CUDA, without its warning of that."""
    wp.config.log_level = getattr(wp, "LOG_ERROR", 40)
    wp.config.quiet = True
    if torch.cuda.is_available():
        wp.init()
        return
    # The warning is written by native code, past Python's own stderr.
    with Path(os.devnull).open("w") as nowhere:
        stderr = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            wp.init()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


_start_warp()


@lru_cache(maxsize=4)
def _workers(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="limn-rasteriser")


def arrays(*tensors: Tensor) -> tuple[Any, ...]:
    """Warp's view of contiguous tensors: [n] as numbers, [n, m] as vectors of m."""
    return tuple(_array(tensor) for tensor in tensors)


def _array(tensor: Tensor) -> Any:
    if tensor.ndim < 2:
        return wp.from_torch(tensor, requires_grad=False, return_ctype=True)
    length = tensor.shape[1]
    # A side of one may have any stride in torch.
    rows = tensor.as_strided(tensor.shape, (length, 1))
    vector = wp.types.vector(length, SCALARS[tensor.dtype])
    return wp.from_torch(rows, vector, requires_grad=False, return_ctype=True)


def filled(tensor: Tensor, byte: int) -> Tensor:
    """The same contiguous tensor, all its bytes set; on the CPU by one core.

    Torch's own fill starts torch's threads, and these wait for more work, busily, on the cores that slices run on.
    """
    if tensor.device.type == "cpu":
        ctypes.memset(tensor.data_ptr(), byte, tensor.numel() * tensor.element_size())
    else:
        tensor.view(torch.uint8).fill_(byte)
    return tensor


def launch(kernel: Any, count: int, arguments: tuple[Any, ...], device: torch.device) -> None:
    """Runs a kernel on ``count`` threads."""
    if count == 0:
        return
    wp.launch(kernel, dim=count, inputs=arguments, **warp_target(device))


def warp_target(device: torch.device) -> dict[str, Any]:
    """Where Warp runs a kernel on tensors of a device: its own name for the device, and the stream that torch uses."""
    if device.type == "cpu":
        return {"device": "cpu"}
    stream = wp.stream_from_torch(torch.cuda.current_stream(device))
    return {"device": wp.device_from_torch(device), "stream": stream}


def launch_sliced(kernel: Any, count: int, grain: int, arguments: tuple[Any, ...], device: torch.device) -> None:
    """Runs a kernel whose first argument is the number of its first thread.

    Warp runs a CPU launch on one core but releases the GIL meanwhile, so slices of the work run side by side.

    Args:
        kernel: writes to places of its own in every thread, so that slicing cannot change the result.
        count: number of threads.
        grain: fewest threads that are worth a slice of their own.
        arguments: what follows the number of the first thread.
        device: where the tensors lie.
    """
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    slices = min(4 * threads, count // grain) if threads > 1 else 1
    if slices < 2:
        launch(kernel, count, (0, *arguments), device)
        return
    bounds = [count * i // slices for i in range(slices + 1)]
    _share(kernel, [(end - start, (start, *arguments)) for start, end in pairwise(bounds)], device)


def launch_owned(
    kernel: Any, groups: int, threads: int, rows: int, arguments: tuple[Any, ...], device: torch.device
) -> None:
    """Runs a kernel whose threads add to places that they share.

    The result has rows, and the threads of a group reach the rows of their group alone. On the CPU every slice owns
    some rows and goes over all threads that may reach them, so that each row is added to by one core and in the order
    of the threads, however the work is divided.

    Args:
        kernel: gets the number of its first thread and the rows, from first to end, that it may write to; adds
            atomically.
        groups: of threads and of rows.
        threads: of each group.
        rows: of each group.
        arguments: what follows.
        device: where the tensors lie.
    """
    total = groups * rows
    if total == 0:
        return
    cores = torch.get_num_threads() if device.type == "cpu" else 1
    # Slices of whole groups look at no thread twice.
    slices = groups if groups % cores == 0 else min(PARTS_PER_CORE * cores, total)
    if cores == 1 or slices < 2:
        launch(kernel, groups * threads, (0, 0, total, *arguments), device)
        return
    pieces: list[tuple[int, int, int, int]] = []
    for low, high in pairwise(total * i // slices for i in range(slices + 1)):
        start, end = low // rows * threads, -(-high // rows) * threads
        pieces.append((end - start, start, low, high))
    launch_pieces(kernel, pieces, arguments, device)


def launch_pieces(
    kernel: Any, pieces: Sequence[tuple[int, int, int, int]], arguments: tuple[Any, ...], device: torch.device
) -> None:
    """Runs pieces of a kernel that `launch_owned` could run, where it is known better which threads reach which rows.

    Args:
        kernel: see `launch_owned`.
        pieces: number of threads, the first of them, and the rows that they may write to, from first to end.
        arguments: what follows.
        device: where the tensors lie.
    """
    if len(pieces) == 1:
        launch(kernel, pieces[0][0], (*pieces[0][1:], *arguments), device)
    else:
        _share(kernel, [(count, (*owned, *arguments)) for count, *owned in pieces], device)


def launch_parts(kernel: Any, parts: int, threads: int, arguments: tuple[Any, ...], device: torch.device) -> None:
    """Runs a kernel whose threads add to places that those of the same part share.

    On the CPU every part runs on one core, so that its places are added to in the order of the threads.

    Args:
        kernel: gets the number of its first thread; adds atomically.
        parts: how many there are.
        threads: of each part.
        arguments: what follows the number of the first thread.
        device: where the tensors lie.
    """
    if device.type == "cpu" and torch.get_num_threads() > 1:
        _share(kernel, [(threads, (part * threads, *arguments)) for part in range(parts)], device)
    else:
        launch(kernel, parts * threads, (0, *arguments), device)


def _share(kernel: Any, pieces: list[tuple[int, tuple[Any, ...]]], device: torch.device) -> None:
    """Launches pieces (number of threads, arguments) on all of torch's threads."""
    queue = iter(pieces)

    def work() -> None:
        for count, arguments in queue:  # taking the next item of an iterator is atomic
            launch(kernel, count, arguments, device)

    helpers = torch.get_num_threads() - 1
    started = [_workers(helpers).submit(work) for _ in range(helpers)]
    work()
    for helper in started:
        helper.result()
