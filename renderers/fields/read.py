"""read_field: a field as a run left it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from limn.errors import InputError
from renderers.fields.factory import field
from renderers.fields.renderer import FieldRenderer
from renderers.registry import Canvas


def read_field(path: str | Path, candidates: int = 1, size: tuple[int, int] = (64, 64)) -> FieldRenderer:
    """The field of a ``field.safetensors``, on the CPU.

    Args:
        path: of the file.
        candidates: S, all alike.
        size: height and width of its pictures in pixels.

    Raises:
        InputError: no such file, or it holds no field.
    """
    try:
        with safe_open(path, framework="pt") as file:
            settings: dict[str, Any] = json.loads((file.metadata() or {})["field"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise InputError(f"field {str(path)!r} cannot be read: {error}") from error
    made = field(Canvas(size, candidates, torch.Generator()), **settings)
    try:
        made.load_state_dict({name: tensor.expand(candidates, *tensor.shape[1:]) for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise InputError(f"field {str(path)!r} does not fit its settings: {error}") from error
    return made
