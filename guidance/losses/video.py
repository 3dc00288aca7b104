"""Losses on films: all frames together are compared, as one embedding, with words or with another film."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoder
from guidance.loss import Loss
from guidance.losses.image import image_similarity
from guidance.losses.text import text_similarity
from guidance.prompt import Prompt
from guidance.target import Target
from limn.frames import Frames
from limn.step import Step


def video_embedding(frames: Tensor) -> Tensor:
    """The embedding of a film: the mean of its frames' embeddings, each of length 1, at length 1 again.

    Args:
        frames: embeddings of V frames [..., V, D], of any length.

    Returns:
        [..., D].

    Source: Luo et al., CLIP4Clip, 2021, its parameter-free similarity ("meanP").
    """
    return F.normalize(F.normalize(frames, dim=-1).mean(dim=-2), dim=-1)


def by_look(embedding: Tensor, views: int) -> Tensor:
    """Films as an encoder sees them: all views through the same draw of augmentations are one film.

    Args:
        embedding: of S candidates in V views, each in K looks, view after view [S, V * K, D].
        views: V.

    Returns:
        `video_embedding` of each look [S, K, D].
    """
    by_view = embedding.view(len(embedding), views, -1, embedding.shape[2])
    return video_embedding(by_view.transpose(1, 2))


def film_of(target: Target, encoder: Encoder) -> Tensor:
    """`video_embedding` of a target that is a film [1, 1, D].

    Raises:
        InputError: the target is something else.
    """
    return video_embedding(encoder(target.film_frames()).embedding)[None, None]


class VideoTextSimilarity(Loss):
    """`text_similarity` of the prompt and all views together: not every view has to say everything.

    The views of a step are the frames of a film: those of a turntable, or of an animation. Unlike the ``together`` of
    `TextSimilarity`, every frame counts alike, however long its embedding is.

    Args:
        encoder: looks at the pictures.
        prompt: what the film should show.
    """

    text: Tensor
    weights: Tensor
    stops: Tensor | None

    def __init__(self, encoder: AugmentedEncoder, prompt: Prompt) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("text", prompt.embed(encoder.encoder), persistent=False)
        self.register_buffer("weights", prompt.weights.to(self.text), persistent=False)
        self.register_buffer("stops", prompt.stops, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        seen = by_look(self.encoder(frames, step).embedding, frames.rgb.shape[1])
        return text_similarity(seen, self.text, self.weights, stops=self.stops)


class VideoSimilarity(Loss):
    """1 - cos of the `video_embedding` of all views and that of a target.

    What the films show is compared, in whatever order.

    Args:
        encoder: looks at both.
        target: a film; or a picture for each view, which together are one, a fixed picture, or an embedding.
    """

    film: Tensor | None

    def __init__(self, encoder: AugmentedEncoder, target: Target) -> None:
        super().__init__()
        self.encoder, self.target = encoder, target
        film = None if target.film is None else film_of(target, encoder.encoder)
        self.register_buffer("film", film, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        views = frames.rgb.shape[1]
        seen = by_look(self.encoder(self.target.counted(frames, step), step).embedding, views)
        return image_similarity(seen, self._of_target(frames, step))

    def _of_target(self, frames: Frames, step: Step) -> Tensor:
        """[1 or S, K or 1, D]."""
        if self.film is not None:
            return self.film
        embedding = self.encoder.target(self.target, frames, step).embedding
        if self.target.views is not None:
            return by_look(embedding, self.target.frames(frames, step).rgb.shape[1])
        return by_look(embedding, 1 if self.target.picture is not None else embedding.shape[1])
