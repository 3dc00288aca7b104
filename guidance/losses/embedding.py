"""Losses towards targets in embedding space."""

from __future__ import annotations

from typing import Annotated

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.embedding.augmented import augmented_target
from guidance.embedding.expression import Expression
from guidance.embedding.metrics import METRICS, Metric, cosine_distance
from guidance.embedding.modality import noise_bridged
from guidance.embedding.reading import Reading, Space
from guidance.embedding.residual import residual_distance, residual_vector
from guidance.embedding.statistics import statistics_of
from guidance.embedding.subspaces import Basis
from guidance.embedding.whitening import Whitening, log_likelihood, whitening_of
from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.loss import Loss
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired
from guidance.prompt import Prompt, embed_phrases
from guidance.target import Target
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step


class EmbeddingDistance(Loss):
    """Mean over looks of a metric between pictures and an expression, such as ``"a cat" + style("inks/*.png")``.

    Args:
        encoder: looks at the pictures.
        toward: what they should come to, as `Expression` reads it.
        metric: ``cosine``, ``spherical``, ``euclidean`` or ``hyperbolic``.
        space: where embeddings are compared, see `Reading`; ``raw`` for metrics that know lengths.
        noise: variance by which the target is blurred anew in each step, so that words come to lie among pictures
            (CapDec takes 0.016).
    """

    target: Tensor

    def __init__(
        self,
        encoder: AugmentedEncoder,
        toward: Expression,
        metric: Metric = "cosine",
        space: Space = "sphere",
        noise: Annotated[float, Field(ge=0, le=1)] = 0.0,
    ) -> None:
        super().__init__()
        self.encoder, self.metric, self.noise = encoder, METRICS[metric], noise
        self.reading = Reading(encoder.encoder, space)
        self.register_buffer("target", toward.embed(encoder.encoder, space=space), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        target = self.target
        if self.noise and step.training:
            target = noise_bridged(target, step.generator("bridge"), self.noise)
        return self.metric(self.reading.seen(self.encoder(frames, step).embedding), target).mean(dim=1)


class Residual(Loss):
    """Mean over looks of `residual_distance` along the way from bad examples to good ones, no farther than these are.

    Args:
        encoder: looks at the pictures.
        good: what pictures should be like, as `Expression` reads it.
        bad: what they should not.

    Source: RAVE (Gaintseva et al. 2024); CLIP-LIT's prompts are words in place of examples.
    """

    vector: Tensor
    threshold: Tensor

    def __init__(self, encoder: AugmentedEncoder, good: Expression, bad: Expression) -> None:
        super().__init__()
        self.encoder = encoder
        best, worst = good.embed(encoder.encoder), bad.embed(encoder.encoder)
        vector = residual_vector(best[None], worst[None])
        self.register_buffer("vector", vector, persistent=False)
        self.register_buffer("threshold", best @ vector, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return residual_distance(self.encoder(frames, step).embedding, self.vector, self.threshold).mean(dim=1)


class AugmentedTarget(EncodedComparison[Tensor]):
    """Mean over looks of 1 - cos to `augmented_target`: what words say changes, the rest of the picture stays.

    Args:
        encoder: looks at the pictures, then and now.
        prompt: what shall be there.
        target: how the scene looked at the start.
        corpus: other words of the same kind, such as ``a red star`` and ``a green star`` beside the prompt ``a blue
            star``; without them the prompt is added alone, and `power` counts beside the length of the embedding of
            the picture, which is about 70 for pocket.
        power: how strong the change is. The paper takes 8 with ViT-B/32, whose pictures are all far from words; where
            they are near, as for pocket, so much leaves nothing of the picture.
        basis: of the corpus: ``raw``, ``gram_schmidt`` or ``pca``.
    """

    words: Tensor
    corpus: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        target: Target,
        corpus: list[str] | None = None,
        power: Positive = 1.0,
        basis: Basis = "gram_schmidt",
    ) -> None:
        super().__init__(encoder, target)
        self.power, self.basis = power, basis
        first = prompt.without_stops("augmented_target").embed(encoder.encoder)
        words = F.normalize(prompt.weights.to(first) @ first, dim=-1)
        self.register_buffer("words", words, persistent=False)
        rows = embed_phrases(corpus, encoder.encoder, prompt.templates) if corpus else None
        self.register_buffer("corpus", rows, persistent=False)

    def read(self, encoded: Encoded) -> Tensor:
        """The embedding [S, N, D]."""
        return encoded.embedding

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """1 - cos of every look and the augmented same look at the start."""
        wanted = augmented_target(target, self.words, self.corpus, self.power, self.basis)
        return cosine_distance(*paired(pictures, wanted)).flatten(1).mean(dim=1)


def unlikelihood(embedding: Tensor, whitening: Whitening) -> Tensor:
    """How unusual pictures are: mean over looks of -`log_likelihood` per dimension.

    Args:
        embedding: of S candidates in N looks, of any length [S, N, D].
        whitening: of the encoder's embeddings of pictures.

    Returns:
        [S].
    """
    return -log_likelihood(embedding, whitening).mean(dim=1) / whitening.matrix.shape[1]


class Likelihood(Loss):
    """`unlikelihood` of pictures to an encoder that has statistics.

    Beside losses of words it keeps pictures from leaving what the encoder has met.

    Args:
        encoder: looks at the pictures.

    Source: Whitened CLIP (Betser et al. 2025).
    """

    def __init__(self, encoder: AugmentedEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        moments = statistics_of(encoder.encoder).pictures
        self.whitening = whitening_of(moments.mean, moments.covariance)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return unlikelihood(self.encoder(frames, step).embedding, self.whitening)
