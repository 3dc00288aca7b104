"""Templates: sentences that phrases are put into, by name, and those of them whose texts agree best."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from limn.errors import InputError, short
from limn.registry import Registry

PLAIN = ("{}",)

TEMPLATES: Registry[Callable[[], tuple[str, ...]]] = Registry(
    "templates",
    {
        "actions": "guidance.templates:actions",
        "imagenet": "guidance.templates:imagenet",
        "imagenet_best": "guidance.templates:imagenet_best",
    },
)
"""Functions that give sentences with ``{}`` where the phrase goes, by the name that a config uses."""


def imagenet() -> tuple[str, ...]:
    """The 80 sentences of CLIP's zero-shot classification of ImageNet."""
    from open_clip import OPENAI_IMAGENET_TEMPLATES

    return tuple(template("{}") for template in OPENAI_IMAGENET_TEMPLATES)


def imagenet_best() -> tuple[str, ...]:
    """The 7 of CLIP's 80 that its authors found to do best together."""
    from open_clip import SIMPLE_IMAGENET_TEMPLATES

    return tuple(template("{}") for template in SIMPLE_IMAGENET_TEMPLATES)


def actions() -> tuple[str, ...]:
    """The 16 sentences of ActionCLIP (Wang et al. 2021): the action ends them, begins them, or stands inside."""
    return (
        "a photo of action {}",
        "a picture of action {}",
        "Human action of {}",
        "{}, an action",
        "{} this is an action",
        "{}, a video of action",
        "Playing action of {}",
        "{}",
        "Playing a kind of action, {}",
        "Doing a kind of action, {}",
        "Look, the human is {}",
        "Can you recognize the action of {}?",
        "Video classification of {}",
        "A video of {}",
        "The man is {}",
        "The woman is {}",
    )


def parse_templates(templates: str | Sequence[str]) -> tuple[tuple[str, ...], int | None]:
    """Sentences, and how many of them to choose.

    Args:
        templates: a sentence with ``{}``, a name of `TEMPLATES`, ``name:count`` for the so many of them whose texts
            agree best, or a list of sentences and names.

    Returns:
        The sentences, and the count; None for all of them.

    Raises:
        InputError: neither a sentence with ``{}`` nor a name, or a count that is not from 1 to their number.
    """
    given = [templates] if isinstance(templates, str) else list(templates)
    found: list[str] = []
    keep = None
    for one in given or PLAIN:
        name, colon, count = one.partition(":")
        if "{}" in one:
            found.append(one)
        elif name.strip() in TEMPLATES.names():
            found += TEMPLATES.find(name.strip())()
            if colon and len(given) > 1:
                raise InputError(f"templates: {short(one)} chooses among one set; expected it alone, not in a list")
            keep = _count(one, count, len(found)) if colon else None
        else:
            known = ", ".join(TEMPLATES.names())
            raise InputError(f"template {short(one)} has no {{}} where the phrase goes; by name: {known}")
    return tuple(found), keep


def _count(text: str, count: str, most: int) -> int:
    if not (count.strip().isdecimal() and 1 <= int(count) <= most):
        raise InputError(f"templates: {short(text)}: expected a count from 1 to {most} behind the colon")
    return int(count)


def agreement(embeddings: Tensor) -> Tensor:
    """How well the texts of each template agree with the mean of all: mean cosine over phrases.

    Args:
        embeddings: of P phrases in K templates [K, P, D], of any length.

    Returns:
        [K].
    """
    rows = F.normalize(embeddings, dim=-1)
    return (rows * F.normalize(rows.mean(dim=0), dim=-1)).sum(dim=-1).mean(dim=1)


def best_templates(texts: Sequence[str], encoder: Encoder, templates: Sequence[str], keep: int) -> tuple[str, ...]:
    """The templates whose texts agree best, see `agreement`, in their order.

    Args:
        texts: phrases.
        encoder: reads them.
        templates: to choose from.
        keep: how many to choose.
    """
    sentences = [template.replace("{}", text) for template in templates for text in texts]
    agree = agreement(encoder.encode_text(sentences).view(len(templates), len(texts), -1))
    best = torch.topk(agree, keep).indices.sort().values
    return tuple(templates[index] for index in best.tolist())
