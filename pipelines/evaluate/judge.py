"""Judge: an encoder that looks at results."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.channels import Channel
from guidance.encoders import Encoder, load_encoder
from guidance.prompt import embed_phrases
from guidance.templates import PLAIN
from pipelines.evaluate.subject import Subject


class Judge:
    """An encoder that looks at results; it keeps what it saw, so that several measures share one look.

    Args:
        name: of the encoder, see `load_encoder`. It computes in float32, so that figures are the same everywhere.
        views: of models, from which it looks.
    """

    def __init__(self, name: str, views: int = 8) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.name, self.views = name, views
        self.encoder: Encoder = load_encoder(name, device, "float32")
        self._seen: dict[tuple[Subject, str], Tensor] = {}

    def see(self, subject: Subject, channel: Channel = "rgb") -> Tensor:
        """Un-normalised embeddings of the views of a model, or of the picture that a result is [V, D]."""
        return self.keep(subject, f"views {channel}", lambda: subject.pictures(self.views, channel))

    def keep(self, subject: Subject, look: str, pictures: Callable[[], Tensor]) -> Tensor:
        """The same for other pictures of a result.

        Args:
            subject: the result.
            look: a name for these pictures.
            pictures: [V, 3, H, W] in 0..1; they are made when this look is new.
        """
        if (subject, look) not in self._seen:
            self._seen[subject, look] = self.look(pictures())
        return self._seen[subject, look]

    @torch.no_grad()
    def look(self, pictures: Tensor) -> Tensor:
        """Un-normalised embeddings [N, D] of pictures [N, 3, H, W] in 0..1."""
        device = next(self.encoder.parameters()).device
        batches = [self.encoder(batch.to(device)).embedding for batch in torch.split(pictures, 32)]
        return torch.cat(batches).cpu()

    @torch.no_grad()
    def layers(self, pictures: Tensor, names: Sequence[str]) -> dict[str, Tensor]:
        """Inner layers [N, 1, C, h, w] of pictures [N, 3, H, W] in 0..1.

        Raises:
            InputError: the encoder has no such layer.
        """
        self.encoder.check_layers(names)
        device = next(self.encoder.parameters()).device
        found = self.encoder.encode_image(pictures.to(device), names, (len(pictures), 1)).layers
        return {name: layer.cpu() for name, layer in found.items()}

    def read(self, phrases: Sequence[str], templates: Sequence[str] = PLAIN) -> Tensor:
        """Embeddings of length 1 [P, D] of phrases, each the mean over templates."""
        return embed_phrases(phrases, self.encoder, templates).cpu()


def cosines(seen: Tensor, words: Tensor) -> Tensor:
    """Cosines [V, P] of embeddings [V, D] and [P, D]."""
    return F.normalize(seen, dim=-1) @ F.normalize(words, dim=-1).T
