"""Weights in a file: of a whole model or of its image tower, whatever they are wrapped in."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from limn.errors import InputError


def read_weights(file: Path) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file, or of what ``torch.save`` wrote; those of mappings in it, too.

    Nothing but tensors and plain values is read, so that a file from anywhere can do no harm.

    Raises:
        InputError: the file cannot be read, or has none.
    """
    try:
        read = load_file(file) if file.suffix == ".safetensors" else torch.load(file, "cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        line = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise InputError(f"{file}: expected weights, .safetensors or what torch.save writes ({line})") from error
    found = dict(_tensors(read, ""))
    if not found:
        raise InputError(f"{file}: has no weights")
    return found


def put_weights(model: Any, weights: Mapping[str, Tensor]) -> None:
    """Puts weights into a model of open_clip: all of them, or those of the image tower where these are all there are.

    What stands before the names, such as ``module.`` or ``model.visual.``, does not matter.

    Args:
        model: with an image tower ``visual``.
        weights: by name.

    Raises:
        InputError: they are not those of such a model.
    """
    whole, tower = model.state_dict(), model.visual.state_dict()
    for wanted, into in ((whole, model), (tower, model.visual)):
        prefix = _prefix(weights, wanted)
        if prefix is not None:
            _check_shapes(weights, wanted, prefix)
            into.load_state_dict({name: weights[prefix + name] for name in wanted})
            return
    missing = next(name for name in tower if not any(given.endswith(name) for given in weights))
    raise InputError(f"expected weights of the same image tower: there is no {missing}")


def _tensors(value: Any, name: str) -> list[tuple[str, Tensor]]:
    """All tensors in nested mappings, by dotted names."""
    if isinstance(value, Tensor):
        return [(name, value)]
    if not isinstance(value, Mapping):
        return []
    return [pair for key, part in value.items() for pair in _tensors(part, f"{name}.{key}" if name else str(key))]


def _prefix(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str | None:
    """The shortest text before all names that are wanted; None where some are missing whatever stands before."""
    first = next(iter(wanted))
    ends = [name.removesuffix(first) for name in weights if name == first or name.endswith(f".{first}")]
    return next((each for each in sorted(ends, key=len) if all(each + name in weights for name in wanted)), None)


def _check_shapes(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor], prefix: str) -> None:
    for name, value in wanted.items():
        if weights[prefix + name].shape != value.shape:
            got, shape = list(weights[prefix + name].shape), list(value.shape)
            raise InputError(f"expected weights of the same architecture: {name} is {got}, not {shape}")
