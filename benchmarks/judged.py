"""What `pocket-judge`, which nothing is optimised against, takes drawings and models for.

``python benchmarks/judged.py [drawings|models]``: a drawing for each prompt by score distillation of exemplars, of the
learned prior, and by CLIP alone, named among everything in the judge's world; models with other looks, named from eight
views of which none was optimised, before and after. The runs stay in ``outputs/gallery`` and are not made again; delete
them for that.
"""

from __future__ import annotations

import sys
import tempfile

import torch
import torch.nn.functional as F
from gallery import ASSETS, PAIRS, PROMPTS, WAYS, drawn, stylised
from torchvision.transforms.functional import to_tensor

from guidance import load_encoder
from guidance.prompt import embed_phrases
from pipelines.evaluate.recognition import recognise_result

JUDGE = "pocket-judge"


def shown(prompt: str, world: list[str]) -> str:
    """What a prompt names: "a blue butterfly" is a butterfly, "a red apple" is a red apple."""
    words = prompt.split()[1:]
    return " ".join(words) if " ".join(words) in world else " ".join(words[1:])


def drawings() -> None:
    """Top-1 and top-5 of all concepts, a line for each prompt."""
    judge = load_encoder(JUDGE)
    world = list(judge.concepts or ())
    names = embed_phrases(world, judge)
    right = {way: [0, 0] for way in WAYS}
    for prompt in PROMPTS:
        truth, line = shown(prompt, world), f"{prompt:20s}"
        for way, counts in right.items():
            picture = to_tensor(drawn(prompt, way))[None]
            with torch.no_grad():
                seen = F.normalize(judge(picture).embedding, dim=-1) @ names.T
            order = [world[index] for index in seen[0].argsort(descending=True)]
            rank = order.index(truth) + 1
            counts[0] += rank == 1
            counts[1] += rank <= 5
            line += f"  {way}: {order[0]} (right: rank {rank})"
        print(line, flush=True)
    for way, (first, five) in right.items():
        print(f"{way}: top-1 {first}, top-5 {five} of {len(PROMPTS)}, among {len(world)} names")


def models() -> None:
    """Rank of the prompt among all concepts and among the names of this list, before and after."""
    world = list(load_encoder(JUDGE).concepts or ())
    few = sorted({shown(prompt, world) for _, prompt in PAIRS} | {model for model, _ in PAIRS})
    with tempfile.TemporaryDirectory() as scratch:
        for model, prompt in PAIRS:
            source, folder = ASSETS / "models" / f"{model}.glb", stylised(model, prompt)
            line = f"{model + ', ' + prompt:24s}"
            for classes in (world, few):
                for subject in (source, folder):
                    verdicts = recognise_result(subject, classes, encoder=JUDGE, output=f"{scratch}/verdicts.json")
                    rank = [verdict.name for verdict in verdicts].index(shown(prompt, world)) + 1
                    line += f"  {rank:4d}"
            print(line, flush=True)
    print(f"ranks among {len(world)} names before, after; among {len(few)} names before, after")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["drawings", "models"]:
        {"drawings": drawings, "models": models}[name]()
