"""Checkpoints: tensors as safetensors, everything else as JSON, complete or not there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from limn.errors import InputError
from limn.files import write_file, writing

VERSION = 3
INDEX = "checkpoint.json"


@dataclass(frozen=True)
class Snapshot:
    """Where a run stands.

    Args:
        tensors: parameters, moments and best states, by name.
        numbers: everything else, as JSON can hold it.
    """

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]


@torch.no_grad()
def copy_tensors(tensors: Mapping[str, Tensor], places: Mapping[str, Tensor], grown: bool = False) -> None:
    """Copies tensors into the places of the same names.

    Args:
        tensors: to copy.
        places: where to.
        grown: a tensor may have another size than its place beyond the first dimension; the place takes its size.

    Raises:
        InputError: a tensor is missing, is one too many, or has another shape or type; nothing is copied then.
    """
    for name in sorted(places.keys() | tensors.keys()):
        if name not in tensors:
            raise InputError(f"the checkpoint has no tensor {name!r}")
        if name not in places:
            raise InputError(f"the checkpoint has a tensor {name!r} that this run has no place for")
        found, wanted = (f"{t.dtype} {list(t.shape)}" for t in (tensors[name], places[name]))
        if found != wanted and not (grown and _alike(tensors[name], places[name])):
            raise InputError(f"the checkpoint's tensor {name!r} is {found}, this run needs {wanted}")
    for name, place in places.items():
        if place.shape == tensors[name].shape:
            place.copy_(tensors[name])
        else:
            place.data = tensors[name].to(place)


def _alike(tensor: Tensor, place: Tensor) -> bool:
    return tensor.dtype == place.dtype and tensor.dim() == place.dim() and tensor.shape[:1] == place.shape[:1]


def write_checkpoint(folder: Path, snapshot: Snapshot, config: str) -> None:
    """Writes a checkpoint; the one before stays valid until this one is complete.

    Args:
        folder: holds one checkpoint.
        snapshot: where the run stands.
        config: the resolved config as text, which a resumed run must have too.

    Raises:
        InputError: the disk is full or refuses.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.contiguous().cpu() for name, tensor in snapshot.tensors.items()}
    content = safetensors.torch.save(tensors)
    file = folder / f"step-{snapshot.numbers['index']:07d}.safetensors"
    index = {
        "version": VERSION,
        "tensors": file.name,
        "digest": _digest(content + json.dumps(snapshot.numbers).encode()),
        "config": _digest(config.encode()),
        "numbers": snapshot.numbers,
    }
    write_file(file, content, durable=True)
    write_file(folder / INDEX, json.dumps(index, indent=1), durable=True)
    for old in folder.glob("step-*.safetensors"):
        if old != file:
            old.unlink(missing_ok=True)


def read_checkpoint(folder: Path, config: str) -> Snapshot:
    """Reads the checkpoint of a folder.

    Args:
        folder: where `write_checkpoint` wrote it.
        config: the resolved config of the run that wants it.

    Raises:
        InputError: there is none, it is damaged, or it belongs to another config.
    """
    index_file = folder / INDEX
    try:
        index = json.loads(index_file.read_text())
        version, name, digest = index["version"], index["tensors"], index["digest"]
        numbers, owner = index["numbers"], index["config"]
        content = (folder / Path(name).name).read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"no checkpoint: {error.filename} does not exist") from error
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"damaged checkpoint: {index_file} is not what was written") from error
    if version != VERSION:
        raise InputError(f"{index_file} is of version {version}; this program reads version {VERSION}")
    if _digest(content + json.dumps(numbers).encode()) != digest:
        raise InputError(f"damaged checkpoint: {folder / name} is not what was written")
    if owner != _digest(config.encode()):
        raise InputError(f"config.yaml is not the one that {index_file} was made with; start a new run with it instead")
    try:
        tensors = safetensors.torch.load(content)
    except safetensors.SafetensorError as error:
        raise InputError(f"damaged checkpoint: {folder / name}: {error}") from error
    return Snapshot(tensors, numbers)


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
