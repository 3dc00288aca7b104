"""Encoder: a frozen network that looks at pictures, and at phrases if it is a CLIP."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from guidance.encoders.preprocess import Preprocess
from guidance.encoders.towers import DENSE, Activations, Tower, tower_of
from limn.errors import InputError
from limn.registry import suggestion

TEXT_BATCH = 256
"""Phrases that the text tower reads at a time."""


class Encoded:
    """What an encoder makes of pictures.

    Args:
        activations: the rest of the tower's pass, behind the last layer.
        layers: name -> activations [*shape, C, h, w], those that were asked for.
        shape: leading dimensions, [N] or [S, N].
    """

    def __init__(self, activations: Activations, layers: dict[str, Tensor], shape: tuple[int, ...]) -> None:
        self._activations = activations
        self._shape = shape
        self.layers = {name: layer.view(*shape, *layer.shape[1:]) for name, layer in layers.items()}

    @classmethod
    def joined(cls, parts: Sequence[Encoded]) -> Encoded:
        """Looks at one thing [1, n, ...], part behind part, as [1, sum of n, ...]."""
        # Channels last, as towers leave their layers: to subtract one order from another takes ten times as long.
        layers = {
            name: torch.cat([part.layers[name][0].permute(0, 2, 3, 1) for part in parts]).permute(0, 3, 1, 2)
            for name in parts[0].layers
        }
        activations = (("embedding", torch.cat([part.embedding[0] for part in parts])) for _ in range(1))
        return cls(activations, layers, (1, -1))

    @classmethod
    def given(cls, embedding: Tensor | None, layers: Mapping[str, Tensor]) -> Encoded:
        """What was encoded before: an embedding [K, D] and layers [K, ...], each as [1, K, ...].

        Raises:
            InputError: when an embedding is asked for that was not given.
        """

        def activations() -> Activations:
            if embedding is None:
                raise InputError("the target has layers only; this loss compares embeddings")
            yield "embedding", embedding

        return cls(activations(), dict(layers), (1, -1))

    @cached_property
    def embedding(self) -> Tensor:
        """The un-normalised embeddings [*shape, D]; the rest of the tower runs when they are first asked for."""
        embedding: Tensor
        *_, (_, embedding) = self._activations
        return embedding.float().view(*self._shape, embedding.shape[-1])


class Encoder(nn.Module):
    """A frozen network, such as a CLIP: gradients flow to the pictures, never to its weights.

    Args:
        model: an open_clip model, or a module with a `Tower` as ``visual``; both with ``visual.preprocess_cfg``. The
            encoder takes it over and changes its image tower.
        tokenizer: turns phrases into tokens, with a ``context_length``; None for a network that knows no words.
        name: for messages.
        dtype: of the image tower's weights and activations; what goes in and comes out is float32.
        vocabulary: the words that the model has met; None where that is unknown.
        concepts: the names of everything that it was taught; None where that is unknown.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Callable[..., Tensor] | None,
        name: str,
        dtype: torch.dtype = torch.float32,
        vocabulary: frozenset[str] | None = None,
        concepts: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__()
        self.name = name
        self.dtype = dtype
        self.vocabulary = vocabulary
        self.concepts = concepts
        self.preprocess = Preprocess.from_config(model.visual.preprocess_cfg)
        self._tokenizer = tokenizer
        model.eval().requires_grad_(False)
        tower = tower_of(model.visual, dtype)
        # Convolutions on the CPU are 1.5 to 2 times faster this way; transformers do not mind.
        self.tower: Tower = tower.to(memory_format=torch.channels_last)
        self.model = model

    @property
    def reads(self) -> bool:
        """True if it knows words, as a CLIP does."""
        return self._tokenizer is not None

    @property
    def tokenizer(self) -> Callable[..., Tensor]:
        """Turns phrases into tokens.

        Raises:
            InputError: this encoder knows no words.
        """
        if self._tokenizer is None:
            raise InputError(
                f"encoder {self.name!r} knows no words; expected a CLIP, such as pocket or ViT-B-32/openai"
            )
        return self._tokenizer

    @property
    def channels(self) -> int:
        """Of what it reads: 3 of pictures, or those of latents."""
        return len(self.preprocess.mean)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures that the image tower takes, in pixels; see `Preprocess.size_for`."""
        return self.preprocess.size

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the inner layers, first to last."""
        return self.tower.names

    @property
    def context(self) -> int:
        """How many tokens of a phrase the text tower takes, marks of beginning and end included."""
        length: int = self.tokenizer.context_length  # type: ignore[attr-defined]
        return length

    @property
    def logit_scale(self) -> float:
        """The factor that the model was trained to multiply cosines with."""
        self.tokenizer  # noqa: B018
        return float(self.model.logit_scale.exp())

    def check_layers(self, names: Iterable[str]) -> None:
        """Raises an `InputError` for the first layer that this encoder does not have."""
        for name in names:
            if name == DENSE and not self.tower.dense:
                raise InputError(f"encoder {self.name!r} knows no words for places; open_clip's ViTs and ResNets do")
            if name not in (*self.layers, DENSE):
                raise InputError(f"encoder {self.name!r} has no layer {name!r}{suggestion(name, self.layers)}")

    def encode_image(
        self, pictures: Tensor, layers: Sequence[str] = (), shape: tuple[int, ...] | None = None
    ) -> Encoded:
        """Runs the image tower once, as far as it is needed.

        Args:
            pictures: [N, 3, H, W] float32 in 0..1, of any size; for an encoder of latents, latents [N, C, h, w].
            layers: the inner layers whose activations are wanted, and `DENSE`.
            shape: leading dimensions of the result, with product N; [N] by default.

        Returns:
            Activations and embeddings in float32.
        """
        x = self.preprocess.normalise(self.preprocess.fit(pictures))
        activations = self.tower(x.to(self.dtype, memory_format=torch.channels_last), dense=DENSE in layers)
        found: dict[str, Tensor] = {}
        while len(found) < len(set(layers)):
            name, layer = next(activations)
            if name in layers:
                found[name] = layer.float()
        return Encoded(activations, found, shape or (len(pictures),))

    forward = encode_image

    @torch.no_grad()
    def encode_text(self, phrases: Sequence[str]) -> Tensor:
        """Un-normalised embeddings [P, D] of phrases; what goes beyond the context is cut."""
        tokens = self.tokenizer(list(phrases)).to(next(self.model.parameters()).device)
        batches = (tokens[start : start + TEXT_BATCH] for start in range(0, len(tokens), TEXT_BATCH))
        return torch.cat([self.model.encode_text(batch, normalize=False).float() for batch in batches])

    def count_tokens(self, phrase: str) -> int:
        """How many tokens a phrase takes, marks of beginning and end included; to be compared with ``context``."""
        room = len(phrase) * 4 + 8  # a token is never less than a byte
        tokens = self.tokenizer([phrase], context_length=room)[0]
        padding = (tokens.flip(0) == tokens[-1]).int().cumprod(0).sum()
        return room - int(padding)
