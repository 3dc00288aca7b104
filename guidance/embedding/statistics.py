"""Statistics of an encoder: what the embeddings of all pictures, and of all words, have in common."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from guidance.embedding.modality import procrustes
from guidance.embedding.whitening import shrunk_covariance
from guidance.encoders import Encoder
from limn.errors import InputError
from limn.files import write_file

FOLDERS = [Path(__file__).parent, Path.home() / ".cache" / "limn" / "statistics"]
"""Where statistics are sought: those that are shipped, then those that were made here."""

BATCH = 32
"""Pictures that an encoder looks at at a time."""


@dataclass(frozen=True)
class Moments:
    """Of the embeddings of one kind, each of length 1.

    Args:
        mean: [D].
        covariance: [D, D], see `shrunk_covariance`.
    """

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, embeddings: Tensor) -> Moments:
        """The moments of embeddings [K, D] of any length."""
        rows = F.normalize(embeddings, dim=-1)
        return cls(rows.mean(dim=0), shrunk_covariance(rows))


@dataclass(frozen=True)
class Statistics:
    """What an encoder makes of many pictures and their captions.

    Args:
        pictures: of pictures.
        words: of captions.
        rotation: from captions to their pictures [D, D], see `procrustes`; between centred embeddings.
    """

    pictures: Moments
    words: Moments
    rotation: Tensor

    @classmethod
    @torch.no_grad()
    def of(cls, encoder: Encoder, pictures: Tensor, captions: Sequence[str]) -> Statistics:
        """Measures an encoder.

        Args:
            encoder: that looks and reads.
            pictures: uint8 [K, 3, H, W].
            captions: what each shows, K.
        """
        device = next(encoder.parameters()).device
        batches = [part.to(device).float() / 255 for part in torch.split(pictures, BATCH)]
        seen = torch.cat([encoder.encode_image(part).embedding for part in batches]).cpu()
        words = encoder.encode_text(captions).cpu()
        p, w = Moments.of(seen), Moments.of(words)
        rotation = procrustes(F.normalize(words, dim=-1) - w.mean, F.normalize(seen, dim=-1) - p.mean)
        return cls(p, w, rotation)

    def save(self, folder: str | Path, encoder: Encoder) -> Path:
        """Writes them as safetensors named by the encoder and its fingerprint.

        Raises:
            InputError: the disk is full or refuses.
        """
        path = Path(folder) / f"{re.sub(r'[^a-zA-Z0-9]+', '-', encoder.name)}-{fingerprint(encoder)}.safetensors"
        tensors = {
            f"{kind}.{name}": t for kind in ("pictures", "words") for name, t in vars(getattr(self, kind)).items()
        }
        tensors = {name: tensor.contiguous() for name, tensor in (tensors | {"rotation": self.rotation}).items()}
        return write_file(path, save(tensors, {"encoder": encoder.name}))

    @classmethod
    def load(cls, path: str | Path) -> Statistics:
        """Reads them.

        Raises:
            InputError: damaged.
        """
        try:
            with safe_open(path, framework="pt") as file:
                found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            pictures, words = (
                Moments(**{name: found[f"{kind}.{name}"] for name in Moments.__annotations__})
                for kind in ("pictures", "words")
            )
            return cls(pictures, words, found["rotation"])
        except (SafetensorError, KeyError, OSError) as error:
            raise InputError(f"{path}: no statistics of an encoder, or damaged: {error}") from error


def statistics_of(encoder: Encoder) -> Statistics:
    """The statistics of an encoder, those that are shipped or those that were made on this machine.

    Raises:
        InputError: there are none; names the command that makes them.
    """
    name = f"*-{fingerprint(encoder)}.safetensors"
    for folder in FOLDERS:
        for path in folder.glob(name):
            return Statistics.load(path)
    raise InputError(
        f"encoder {encoder.name!r} has no statistics; make them once from pictures with captions: "
        f"python run.py statistics FOLDER encoder={encoder.name}"
    )


def fingerprint(encoder: Encoder) -> str:
    """Tells encoders apart: 16 digits of a hash of the first values of the text tower, which has one precision."""
    digest = hashlib.sha256()
    for name, parameter in sorted(encoder.model.state_dict().items()):
        if name.startswith("visual."):
            continue
        digest.update(f"{name} {tuple(parameter.shape)}".encode())
        digest.update(parameter.flatten()[:256].cpu().float().numpy().tobytes())
    return digest.hexdigest()[:16]
