"""Every kernel compiles for GPUs; NVIDIA's compiler comes with Warp, and no GPU is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import warp as wp

import limn.launch  # noqa: F401  # starts Warp quietly

ROOT = Path(__file__).parents[2]
PACKAGES = [folder.parent for folder in ROOT.glob("*/__init__.py")]
USING_WARP = sorted(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for file in package.rglob("*.py")
    if re.search(r"^import warp\b", file.read_text(), re.MULTILINE)
)
WITHOUT_KERNELS = {
    "limn.kernels",
    "limn.launch",
    "renderers.fields.kernels.rows",
    "renderers.mesh.kernels.addressing",
    "renderers.mesh.kernels.common",
    "renderers.mesh.kernels.footprint",
    "renderers.mesh.nearest",
    "renderers.mesh.operations.mipmaps",
    "renderers.strokes.kernels.common",
    "renderers.strokes.passes",
}
"""These import Warp for its types, its functions or its devices; any other module must have kernels."""

ARCHITECTURES = (75, 90, 120)
"""Turing (2018), Hopper (2022) and consumer Blackwell (2025)."""

CHANNELS = 4
"""For which kernels are made that exist for any number of channels; those of fields have directives for this one."""


def modules_of(name: str) -> Iterator[Any]:
    """Warp's modules behind a module of ours: its own, and one for each kernel that is made when asked for."""
    module = import_module(name)
    if wp.get_module(name).kernels:
        yield wp.get_module(name)
    if "kernels" in name.split("."):
        makers = [value for value in vars(module).values() if hasattr(value, "cache_info")]
        yield from (make(CHANNELS).module for make in makers if make.__module__ == name)


def compile_for_gpus(module: Any, folder: Path) -> None:
    """Compiles all kernels of a module for every architecture, and sees that none was left out."""
    wp.compile_aot_module(module, arch=ARCHITECTURES, module_dir=folder, use_ptx=True)
    texts = [file.read_text() for file in folder.glob("*.ptx")]
    assert len(texts) == len(ARCHITECTURES)
    for architecture in ARCHITECTURES:
        (text,) = (text for text in texts if f".target sm_{architecture}" in text)
        entries = re.findall(r"\.entry (\w+)_cuda_kernel_forward", text)
        assert len(entries) >= len(module.kernels)
        for kernel in module.kernels.values():
            assert any(entry.startswith(kernel.key) for entry in entries), f"{kernel.key} has no code"


def test_modules_without_kernels_are_known() -> None:
    assert {name for name in USING_WARP if not any(modules_of(name))} == WITHOUT_KERNELS


@pytest.mark.parametrize("name", [name for name in USING_WARP if name not in WITHOUT_KERNELS])
def test_every_kernel_compiles(name: str, tmp_path: Path) -> None:
    for number, module in enumerate(modules_of(name)):
        compile_for_gpus(module, tmp_path / str(number))


@wp.func_native("this is not CUDA;")
def broken(x: float): ...


def test_a_kernel_that_does_not_compile_is_an_error(tmp_path: Path) -> None:
    def kernel(values: wp.array(dtype=float)):
        broken(values[wp.tid()])

    module = wp.Module("broken", None)
    wp.kernel(kernel, module=module, enable_backward=False)
    with pytest.raises(Exception, match="CUDA kernel build failed"):
        compile_for_gpus(module, tmp_path)


def test_an_empty_module_and_a_kernel_without_types_are_errors(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="No compilable kernels"):
        compile_for_gpus(wp.Module("empty", None), tmp_path)

    def generic(values: wp.array(dtype=Any)):
        values[wp.tid()] = values[0]

    def plain(values: wp.array(dtype=float)):
        values[wp.tid()] = 1.0

    module = wp.Module("generic", None)
    for function in (generic, plain):
        wp.kernel(function, module=module, enable_backward=False)
    with pytest.raises(AssertionError):
        compile_for_gpus(module, tmp_path)
