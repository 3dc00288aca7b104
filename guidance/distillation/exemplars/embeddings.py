"""How an encoder sees a collection of pictures, kept so that it looks at them once and not in every run."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from guidance.distillation.exemplars.pictures import WORLD, Collection
from guidance.encoders import Encoder
from guidance.prompt import embed_phrases
from limn.errors import InputError
from limn.files import write_file

logger = logging.getLogger("limn")

SHIPPED = WORLD.with_suffix(".safetensors")
BATCH = 128


def embeddings(encoder: Encoder, collection: Collection) -> Tensor:
    """Embeddings of length 1 [M, D]: those that are shipped or were kept by an earlier run, else new ones, then kept.

    Args:
        encoder: looks at the pictures.
        collection: M pictures.
    """
    key = fingerprint(encoder, collection)
    found = _read(SHIPPED, key)
    if found is None:
        found = _once(key, encoder, lambda: embed_pictures(encoder, collection), f"{len(collection.pictures)} pictures")
    return F.normalize(found.float().to(_device(encoder)), dim=-1)


def embeddings_of_captions(encoder: Encoder, collection: Collection) -> Tensor:
    """Embeddings of length 1 of what M pictures show [M, D]: those that were kept by an earlier run, else new ones."""
    rows = {caption: row for row, caption in enumerate(dict.fromkeys(collection.captions))}
    different = list(rows)
    key = hashlib.blake2b(f"{fingerprint(encoder, collection)} {different}".encode(), digest_size=16).hexdigest()
    found = _once(key, encoder, lambda: embed_phrases(different, encoder), f"{len(different)} captions")
    return F.normalize(found.float().to(_device(encoder)), dim=-1)[[rows[caption] for caption in collection.captions]]


def _once(key: str, encoder: Encoder, make: Callable[[], Tensor], what: str) -> Tensor:
    """What an earlier run kept, else what is made, in half precision in either case."""
    kept = cache_folder() / f"{key}.safetensors"
    found = _read(kept, key)
    if found is not None:
        return found
    logger.info("encoder %s looks at %s, once", encoder.name, what)
    made = make().half()
    with suppress(OSError, InputError):  # without a place to keep them, they are made again in the next run
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_embeddings(kept, made, key)
    return made


@torch.no_grad()
def embed_pictures(encoder: Encoder, collection: Collection) -> Tensor:
    """Embeddings of length 1 [M, D], made anew."""
    pictures = collection.resized(encoder.size[0])
    batches = [encoder(batch.to(_device(encoder))).embedding for batch in torch.split(pictures, BATCH)]
    return F.normalize(torch.cat(batches), dim=-1)


def write_embeddings(file: str | Path, made: Tensor, key: str) -> None:
    """Writes embeddings in half precision under the fingerprint of what they were made by and of."""
    write_file(file, save({"embeddings": made.half().cpu().contiguous()}, metadata={"key": key}))


def fingerprint(encoder: Encoder, collection: Collection) -> str:
    """What embeddings depend on: the encoder's name, size and weights, and the pictures.

    The weights are those outside the image tower, which are float32 everywhere: the tower's precision and the rounding
    in its preparation are the machine's.
    """
    digest = hashlib.blake2b(f"{encoder.name} {encoder.size}".encode(), digest_size=16)
    for name, value in sorted(encoder.model.state_dict().items()):
        if not name.startswith("visual."):
            digest.update(name.encode())
            digest.update(value.detach().cpu().float().numpy().tobytes())
    digest.update(collection.pictures.numpy().tobytes())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where embeddings are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "limn"


def _read(file: Path, key: str) -> Tensor | None:
    try:
        with safe_open(file, framework="pt") as opened:
            same = (opened.metadata() or {}).get("key") == key
            found: Tensor | None = opened.get_tensor("embeddings") if same else None
            return found
    except (OSError, SafetensorError):
        return None


def _device(encoder: Encoder) -> torch.device:
    device: torch.device = encoder.model.logit_scale.device
    return device
