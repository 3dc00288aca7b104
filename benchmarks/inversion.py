"""Whether what is inverted into the other modality finds its own picture and its own name again.

``OMP_NUM_THREADS=1 python benchmarks/inversion.py [pictures|names]`` by pocket. Some of the exemplars' things are
inverted: a picture becomes a word (OTI) and a hard prompt (PEZ), a name becomes a made-up picture (OVI). Each then
looks for its thing among all things: among names, and among pictures, of which none was inverted.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import Encoder, load_encoder
from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding.hard_prompts import hard_prompt
from guidance.embedding.inversion import patches_of, word_of
from guidance.prompt import embed_phrases

SETS, EVERY = 2, {"pictures": 40, "names": 80}
"""Pictures of each thing, one behind the other; one thing in so many is inverted."""


def main(kinds: list[str]) -> None:
    """A line for each way to ask."""
    encoder, world = load_encoder("pocket", precision="float32"), read_collection("")
    things = [k for k in range(0, len(world.captions) - 1, SETS) if world.captions[k] == world.captions[k + 1]]
    captions = [world.captions[k] for k in things]
    first, second = (look(encoder, world.resized(64, [k + n for k in things])) for n in range(SETS))
    names = embed_phrases(captions, encoder)

    def line(title: str, queries: Tensor) -> None:
        found = "".join(f"{recall(queries, documents, asked):>17s}" for documents in (names, second))
        print(f"{title:44s}{found}", flush=True)

    for kind in kinds:
        asked = torch.arange(0, len(things), EVERY[kind])
        print(f"{len(asked)} things, asked for among {len(things)}")
        print(f"{'recall at 1 and at 5':44s}{'among names':>17s}{'among pictures':>17s}")
        if kind == "pictures":
            rows = first[asked]
            line("a picture, as it is", rows)
            line("a picture as a word (OTI)", torch.stack([word_of(row, encoder, draws()) for row in rows]))
            hard = [hard_prompt(row, encoder, draws()).text for row in rows]
            line("a picture as a hard prompt of 4 words (PEZ)", embed_phrases(hard, encoder))
            print(*(f"  {captions[k]}: {text}" for k, text in zip(asked, hard, strict=True)), sep="\n")
        else:
            rows = embed_phrases([f"a drawing of {captions[k]}" for k in asked], encoder)
            line("a name, as it is", rows)
            line("a name as a picture (OVI)", torch.stack([patches_of(row, encoder, draws()) for row in rows]))


def draws() -> torch.Generator:
    """Of the start of an inversion."""
    return torch.Generator().manual_seed(0)


def recall(queries: Tensor, documents: Tensor, right: Tensor) -> str:
    """How many find theirs first, and among the first five."""
    scores = F.normalize(queries, dim=-1) @ documents.T
    rank = (scores > scores.gather(1, right[:, None])).sum(dim=1)
    return f"{(rank < 1).float().mean():.0%} {(rank < 5).float().mean():.0%}"


@torch.no_grad()
def look(encoder: Encoder, pictures: Tensor) -> Tensor:
    """Embeddings of length 1."""
    return F.normalize(torch.cat([encoder(part).embedding for part in torch.split(pictures, 64)]), dim=-1)


if __name__ == "__main__":
    main(sys.argv[1:] or ["pictures", "names"])
