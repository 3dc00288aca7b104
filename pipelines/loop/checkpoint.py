"""Checkpoints: tensors as safetensors, everything else as JSON, complete or not there."""

from __future__ import annotations

import hashlib
import json
import logging
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

logger = logging.getLogger("limn")

VERSION = 4
INDEX = "checkpoint.json"
PREVIOUS = "previous.json"
"""Of the checkpoint before the latest."""


class DamageError(InputError):
    """A checkpoint that is not what was written."""


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


def write_checkpoint(folder: str | Path, snapshot: Snapshot, config: str) -> None:
    """Writes a checkpoint; the one before stays, so that damage to this one costs little.

    Args:
        folder: holds the two latest checkpoints.
        snapshot: where the run stands.
        config: the resolved config as text, which a resumed run must have too.

    Raises:
        InputError: the disk is full or refuses.
    """
    folder = Path(folder)
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
    latest, previous = folder / INDEX, folder / PREVIOUS
    if _tensors_of(latest) not in ("", file.name):
        write_file(previous, latest.read_bytes(), durable=True)
    write_file(latest, json.dumps(index, indent=1), durable=True)
    kept = {file.name, _tensors_of(previous)}
    for old in folder.glob("step-*.safetensors"):
        if old.name not in kept and old.is_file():
            old.unlink(missing_ok=True)


def read_checkpoint(folder: str | Path, config: str) -> Snapshot:
    """Reads the latest checkpoint of a folder, or where that is damaged the one before, and says so.

    Args:
        folder: where `write_checkpoint` wrote it.
        config: the resolved config of the run that wants it.

    Raises:
        InputError: there is none, all are damaged, or it belongs to another config.
    """
    folder = Path(folder)
    try:
        return _read(folder, INDEX, config)
    except DamageError as error:
        try:
            snapshot = _read(folder, PREVIOUS, config)
        except DamageError:
            raise error from None
        logger.warning("%s; the one before it, of step %d, is used", error, snapshot.numbers["index"])
        return snapshot


def has_checkpoint(folder: str | Path) -> bool:
    """True if a checkpoint was written there."""
    folder = Path(folder)
    return (folder / INDEX).exists() or (folder / PREVIOUS).exists()


@dataclass(frozen=True)
class Progress:
    """How far a stage has come: steps that are done, all its steps, seconds that they took."""

    index: int = 0
    total: int = 0
    seconds: float = 0.0


def progress_of(folder: str | Path) -> Progress:
    """The progress up to the latest checkpoint of a folder; zeros where there is none, or a damaged one."""
    try:
        numbers = json.loads((Path(folder) / INDEX).read_text(encoding="utf-8"))["numbers"]
        return Progress(int(numbers["index"]), int(numbers["total"]), float(numbers["seconds"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Progress()


def _read(folder: Path, name: str, config: str) -> Snapshot:
    index_file = folder / name
    try:
        index = json.loads(index_file.read_text(encoding="utf-8"))
        version, name, digest = index["version"], index["tensors"], index["digest"]
        numbers, owner = index["numbers"], index["config"]
        content = (folder / Path(name).name).read_bytes()
    except FileNotFoundError as error:
        raise DamageError(f"no checkpoint: {error.filename} does not exist") from error
    except OSError as error:
        raise DamageError(f"cannot read {error.filename}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError(f"damaged checkpoint: {index_file} is not what was written") from error
    if version != VERSION:
        raise InputError(f"{index_file} is of version {version}; this program reads version {VERSION}")
    if _digest(content + json.dumps(numbers).encode()) != digest:
        raise DamageError(f"damaged checkpoint: {folder / name} is not what was written")
    if owner != _digest(config.encode()):
        raise InputError(f"config.yaml is not the one that {index_file} was made with; start a new run with it instead")
    return Snapshot(safetensors.torch.load(content), numbers)


def _tensors_of(index_file: Path) -> str:
    """The name of the tensors' file; empty where the index is missing or damaged."""
    try:
        return str(json.loads(index_file.read_text(encoding="utf-8"))["tensors"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def _digest(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
