"""Losses between pictures and words."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.metrics import half_square_angle
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.losses.concepts import without_concepts
from guidance.losses.probabilities import cross_entropy, stops_of_classes
from guidance.prompt import Prompt, embed_phrases
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Positive
from limn.step import Step

Distance = Literal["cosine", "spherical"]


def text_distance(embedding: Tensor, text: Tensor, distance: Distance = "cosine") -> Tensor:
    """How far pictures are from each phrase.

    Args:
        embedding: [..., D], of any length.
        text: of P phrases [P, D], of any length.
        distance: ``cosine`` 1 - cos(x, y), or ``spherical`` 2 asin(|x - y| / 2)^2 of the normalised vectors.

    Returns:
        [..., P].
    """
    cosine = F.normalize(embedding, dim=-1) @ F.normalize(text, dim=-1).T
    return 1.0 - cosine if distance == "cosine" else half_square_angle(cosine)


def text_similarity(
    embedding: Tensor, text: Tensor, weights: Tensor, distance: Distance = "cosine", stops: Tensor | None = None
) -> Tensor:
    """How far pictures are from weighted phrases: mean over looks of the weighted sum over phrases.

    With stops, a phrase counts |weight| max(sign(weight) distance, sign(weight) stop).

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        text: of P phrases [P, D], of any length.
        weights: of the phrases [P]; negative ones repel.
        distance: see `text_distance`.
        stops: of the phrases [P], distances: what is nearer is no longer pulled, what is farther no longer repelled.

    Returns:
        [S].

    Source: CLIPDraw (cosine, negatives), VQGAN-CLIP (spherical, stops; it lets the value fall on where the gradient
    has stopped).
    """
    return (stopped(text_distance(embedding, text, distance), weights, stops) @ weights).mean(dim=1)


def stopped(far: Tensor, weights: Tensor, stops: Tensor | None) -> Tensor:
    """Distances that no longer change where they have passed their stops.

    Args:
        far: to P phrases [..., P].
        weights: of the phrases [P].
        stops: see `text_similarity`.

    Returns:
        [..., P].
    """
    return far if stops is None else torch.where(weights > 0, far.maximum(stops), far.minimum(stops))


def text_contrast(
    embedding: Tensor, text: Tensor, weights: Tensor, scale: float, stops: Tensor | None = None
) -> Tensor:
    """Cross-entropy of telling phrases from other captions; harder to fool than a cosine, as captions compete.

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        text: the P phrases first, then other captions [P + Q, D], of any length.
        weights: of the phrases [P]; those below zero take part as other captions only.
        scale: factor on the cosines before the softmax, the inverse of the temperature.
        stops: of the phrases, distances 1 - probability [P]; see `cross_entropy`.

    Returns:
        [S], the mean over looks of the cross-entropies weighted by the positive weights.

    Source: CLIP's training loss, per picture.
    """
    logits = scale * F.normalize(embedding, dim=-1) @ F.normalize(text, dim=-1).T
    return cross_entropy(logits.log_softmax(dim=-1), weights, stops)


class TextSimilarity(Loss):
    """`text_similarity` to the prompt.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show.
        distance: ``cosine`` or ``spherical``.
        together: whether it is the mean embedding of all views and looks that is compared, as in text2mesh, so that
            not every view has to say everything.
        without: concepts whose directions are taken out of the words, see `without_concepts`.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        distance: Distance = "cosine",
        together: bool = False,
        without: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.encoder, self.distance, self.together = encoder, distance, together
        text = prompt.embed(encoder.encoder)
        self.register_buffer("text", without_concepts(text, without, encoder.encoder), persistent=False)
        self.register_buffer("weights", prompt.weights.to(self.text), persistent=False)
        self.register_buffer("stops", prompt.stops, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        embedding = self.encoder(frames, step).embedding
        if self.together:
            embedding = embedding.mean(dim=1, keepdim=True)
        return text_similarity(embedding, self.text, self.weights, self.distance, self.stops)


class TextContrast(Loss):
    """`text_contrast` of the prompt against other captions.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show.
        others: captions that they should not be taken for; with an embedded encoder, its world's concepts by
            default.
        temperature: of the softmax; by default the encoder's own.

    Raises:
        InputError: nothing to tell the prompt from, no phrase with a positive weight, or see `stops_of_classes`.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        others: list[str] | None = None,
        temperature: Positive | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.scale = encoder.encoder.logit_scale if temperature is None else 1.0 / temperature
        captions = _world(encoder) if others is None else others
        wanted = {phrase.text for phrase in prompt.phrases}
        captions = [caption for caption in captions if caption not in wanted]
        if not captions and len(prompt.phrases) < 2:
            raise InputError(f"text_contrast: others names no caption to tell {prompt.phrases[0].text!r} from")
        prompt.wanted("text_contrast")
        text = prompt.embed(encoder.encoder)
        if captions:
            text = torch.cat([text, embed_phrases(captions, encoder.encoder, prompt.chosen_templates(encoder.encoder))])
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("weights", prompt.weights.to(self.text), persistent=False)
        self.register_buffer("stops", stops_of_classes(prompt, "text_contrast"), persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return text_contrast(self.encoder(frames, step).embedding, self.text, self.weights, self.scale, self.stops)


def _world(encoder: AugmentedEncoder) -> list[str]:
    if encoder.encoder.concepts is None:
        raise InputError(f"text_contrast: encoder {encoder.encoder.name!r} needs `others`, a list of captions")
    return list(encoder.encoder.concepts)
