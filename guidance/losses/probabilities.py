"""Probabilities: how likely an encoder finds each of several classes, which words describe in several ways."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.prompt import Prompt
from limn.errors import InputError


def class_probabilities(embedding: Tensor, text: Tensor, scale: float) -> Tensor:
    """How likely an encoder finds each class: a softmax over classes for each way to say them, then the mean.

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        text: of C classes, each said in P ways [P, C, D], of length 1.
        scale: factor on the cosines before the softmax over classes.

    Returns:
        [S, N, C], each row adds up to 1.
    """
    cosines = torch.einsum("snd,pcd->snpc", F.normalize(embedding, dim=-1), text)
    return (scale * cosines).softmax(dim=-1).mean(dim=2)


def cross_entropy(log_probabilities: Tensor, weights: Tensor, stops: Tensor | None = None) -> Tensor:
    """Cross-entropy of the classes that are wanted: mean over looks of the sum of -w log p.

    Args:
        log_probabilities: of C classes in N looks at S candidates [S, N, C].
        weights: of the first of them, P <= C [P]; those below zero take part as other classes only.
        stops: of the first of them, distances 1 - p in 0..1: what is nearer is no longer pulled [P].

    Returns:
        [S].
    """
    entropy = -log_probabilities[..., : len(weights)]
    if stops is not None:
        entropy = entropy.maximum(-torch.log1p(-stops))
    return (entropy @ weights.clamp_min(0.0)).mean(dim=1)


def stops_of_classes(prompt: Prompt, loss: str) -> Tensor | None:
    """The stops of a prompt as `cross_entropy` takes them, None where none has one.

    Raises:
        InputError: a stop that is no distance 1 - p, or one of a phrase that takes part as another class only.
    """
    Prompt(tuple(phrase for phrase in prompt.phrases if phrase.weight <= 0)).without_stops(loss)
    for phrase in prompt.phrases:
        if phrase.stop is not None and phrase.stop >= 1:
            raise InputError(f"{loss}: {phrase.text!r} has the stop {phrase.stop:g}; expected 1 - probability, below 1")
    return None if prompt.stops is None else prompt.stops.where(prompt.weights > 0, 0.0)
