"""Fooling: how much of what an encoder sees in pictures nobody else sees."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from guidance.encoders import Encoder
from guidance.filters import blur
from guidance.pocket.load import concepts
from guidance.prompt import Prompt, embed_phrases

QUALITY = 50
"""Of the JPEG."""

SIGMA = 1 / 64
"""Of the blur, as a share of the longer side."""

SHIFT = 1 / 32
"""To the right and down, as shares of the width and the height."""

BATCH = 32
"""Pictures that an encoder looks at at a time."""

CAPTIONS = 64
"""Other captions that words must stand out from, of the shipped world."""

_others: WeakKeyDictionary[Encoder, Tensor] = WeakKeyDictionary()


def standing(cosine: Tensor, others: Tensor) -> Tensor:
    """How many standard deviations words are nearer to pictures than other captions are.

    Cosines of different encoders differ in range; this does not.

    Args:
        cosine: of N pictures and P phrases [N, P].
        others: of the pictures and K other captions [N, K].

    Returns:
        [N, P].
    """
    return (cosine - others.mean(dim=1, keepdim=True)) / others.std(dim=1, keepdim=True)


def fooling(optimised: float, judge: float) -> float:
    """The share of what an encoder sees that a judge does not see.

    Args:
        optimised: `standing` by the encoder that was optimised against.
        judge: `standing` by one that nobody optimised against.

    Returns:
        0..1: 0 where the judge sees as much or more, 1 where it sees nothing of it.
    """
    missed = optimised - max(judge, 0.0)
    return min(max(missed / max(optimised, 1.0), 0.0), 1.0)  # less than one deviation is nothing that was seen


def jpeg(pictures: Tensor, quality: int = QUALITY) -> Tensor:
    """Pictures [N, 3, H, W] in 0..1 as they come back from JPEG files; no gradient."""
    files = []
    for picture in pictures.detach().cpu().clamp(0.0, 1.0):
        file = io.BytesIO()
        pixels = (picture * 255.0).round().byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(file, "JPEG", quality=quality)
        files.append(torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1))
    return torch.stack(files).to(pictures.device) / 255.0


def blurred(pictures: Tensor) -> Tensor:
    """Pictures [N, 3, H, W], blurred by `SIGMA` of their longer side."""
    return blur(pictures, max(pictures.shape[-2:]) * SIGMA)


def shifted(pictures: Tensor) -> Tensor:
    """Pictures [N, 3, H, W], moved by `SHIFT`; their border fills what becomes free."""
    down, right = (max(1, round(side * SHIFT)) for side in pictures.shape[-2:])
    return F.pad(pictures, (right, 0, down, 0), mode="replicate")[..., : -down or None, : -right or None]


CHANGES: Mapping[str, Callable[[Tensor], Tensor]] = {"jpeg": jpeg, "blur": blurred, "shift": shifted}
"""What a picture still is what it was after."""


@torch.no_grad()
def seen_by(encoder: Encoder, pictures: Tensor, prompt: Prompt) -> tuple[Tensor, Tensor]:
    """What an encoder makes of pictures and a prompt, whose phrases with a negative weight are left out.

    Args:
        encoder: a CLIP.
        pictures: [N, 3, H, W] in 0..1.
        prompt: what they should show.

    Returns:
        The cosine of each picture and the words, and `standing` [N]: weighted means over phrases.

    Raises:
        InputError: no phrase has a positive weight.
    """
    wanted = prompt.wanted("fooling")
    weights = torch.tensor([phrase.weight for phrase in wanted])
    words = embed_phrases([phrase.text for phrase in wanted], encoder, prompt.chosen_templates(encoder)).cpu()
    device = next(encoder.parameters()).device
    batches = [encoder(batch.to(device)).embedding.cpu() for batch in torch.split(pictures, BATCH)]
    found = F.normalize(torch.cat(batches), dim=-1)
    cosine = found @ words.T
    stands = standing(cosine, found @ _captions(encoder).T)
    return cosine @ weights / weights.sum(), stands @ weights / weights.sum()


def measure_fooling(pictures: Tensor, prompt: Prompt, encoder: Encoder, judge: Encoder | None) -> dict[str, float]:
    """How much pictures fool an encoder, means over them.

    Args:
        pictures: N views of one result [N, 3, H, W] in 0..1.
        prompt: what they should show; it has a phrase with a positive weight.
        encoder: that they were optimised against.
        judge: one that nobody optimised against; None where there is none.

    Returns:
        The encoder's score, a cosine, as ``fooling_score``, and what is left of it in ``fooling_jpeg``,
        ``fooling_blur`` and ``fooling_shift``. With a judge, its score as ``fooling_judge``, and `fooling`.
    """
    changed = [change(pictures) for change in CHANGES.values()]
    scores, stands = seen_by(encoder, torch.cat([pictures, *changed]), prompt)
    score, *rest = scores.view(-1, len(pictures)).mean(dim=1).tolist()
    numbers = {"fooling_score": score, **{f"fooling_{name}": value for name, value in zip(CHANGES, rest, strict=True)}}
    if judge is not None:
        by_judge, judged = (values.mean().item() for values in seen_by(judge, pictures, prompt))
        share = fooling(stands[: len(pictures)].mean().item(), judged)
        numbers = {"fooling": share, **numbers, "fooling_judge": by_judge}
    return {name: round(value, 4) for name, value in numbers.items()}


def _captions(encoder: Encoder) -> Tensor:
    """Embeddings of other captions, of length 1 [CAPTIONS, D]; each encoder reads them once."""
    if encoder not in _others:
        known = concepts("pocket")
        chosen = [known[index * len(known) // CAPTIONS] for index in range(CAPTIONS)]
        _others[encoder] = embed_phrases(chosen, encoder).cpu()
    return _others[encoder]
