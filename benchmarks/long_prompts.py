"""Prompts that are longer than an encoder reads: what finds the pictures that they describe.

``OMP_NUM_THREADS=1 python benchmarks/long_prompts.py [encoder ...]``; ``pocket`` and ``pocket-judge`` unless given. Six
sentences and some keywords describe a thing of the exemplars, which is sought among the pictures of all things.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Encoder, load_encoder
from guidance.distillation.exemplars.pictures import read_collection
from guidance.split import split

EVERY, KEYWORDS, OVERLAP = 12, 3, 1 / 11
"""One picture in so many is described, by as many keywords at most; ClipMD's windows share 7 tokens of 77."""

SENTENCES = [
    "a drawing of {}",
    "{} on a white background",
    "a picture of {}",
    "this is {}",
    "an icon of {}",
    "a clean image that shows {}",
]


def main(names: list[str]) -> None:
    """A line for each encoder and way to read."""
    world = read_collection("")
    things = list(range(0, len(world.captions) - 1, 2))
    asked, texts = torch.arange(0, len(things), EVERY), []
    for number in asked.tolist():
        name, words = world.captions[things[number]], world.keywords[things[number]][:KEYWORDS]
        said = random.Random(number).sample(SENTENCES, len(SENTENCES))
        texts.append(". ".join([*(sentence.replace("{}", name) for sentence in said), *words]))
    for name in names:
        encoder = load_encoder(name, precision="float32")
        with torch.no_grad():
            looks = [encoder(part).embedding for part in torch.split(world.resized(64, things), 64)]
        pictures = F.normalize(torch.cat(looks), dim=-1)
        print(f"{name}: {len(asked)} things among {len(things)}, recall at 1 and at 5")
        for title, parts in {
            "cut off": lambda text, encoder: [text],
            "windows (ClipMD)": windows,
            "sentences": sentences,
        }.items():
            rows = torch.stack([mean(encoder, parts(text, encoder)) for text in texts])
            scores = rows @ pictures.T
            rank = (scores > scores.gather(1, asked[:, None])).sum(dim=1)
            print(f"  {title:18s} {(rank < 1).float().mean():6.1%} {(rank < 5).float().mean():6.1%}", flush=True)


def mean(encoder: Encoder, parts: list[str]) -> Tensor:
    """The embedding of several texts [D], of length 1."""
    return F.normalize(F.normalize(encoder.encode_text(parts), dim=-1).mean(dim=0), dim=-1)


def sentences(text: str, encoder: Encoder) -> list[str]:
    """As prompts are cut."""
    return split(text, lambda part: encoder.count_tokens(part) <= encoder.context)


def windows(text: str, encoder: Encoder) -> list[str]:
    """As many words as the encoder reads, then as many that begin with the last few of these, to the end."""
    words, room, parts, start = text.split(), encoder.context - 2, [], 0
    lengths = [encoder.count_tokens(word) - 2 for word in words]
    while True:
        end = start + 1
        while end < len(words) and sum(lengths[start : end + 1]) <= room:
            end += 1
        parts.append(" ".join(words[start:end]))
        if end == len(words):
            return parts
        following = end
        while following - 1 > start and sum(lengths[following - 1 : end]) <= OVERLAP * room:
            following -= 1
        start = following


if __name__ == "__main__":
    main(sys.argv[1:] or ["pocket", "pocket-judge"])
