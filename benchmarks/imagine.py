"""What the parts of `imagine by=clip` are worth: each of them off in turn, and CLIP on plain pixels.

Run by hand: ``python benchmarks/imagine.py [tuned] [variant ...]``. `pocket-judge`, which nothing is optimised against,
says how similar the pictures are to their prompts, and which rank a prompt has among it and all captions of the
exemplars. Settings were chosen on the prompts of TUNED; those of SHOWN were looked at at the end. The pictures of the
first seed go to outputs/imagine_parts.png, a row for each prompt, a column for each variant.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).parents[1]))

from guidance import load_encoder
from guidance.distillation.exemplars.pictures import captions_at
from guidance.prompt import embed_phrases
from pipelines import build, read_config
from pipelines.loop.optimise import optimise
from pipelines.task.start import Start

ROOT = Path(__file__).parents[1]

VARIANTS: dict[str, dict[str, Any]] = {
    "all of it": {},
    "no frequency schedule": {"coarse_to_fine": None},
    "no robust start": {"robust_start": None},
    "no alignment": {"losses.clip.pairs": 0, "losses.blend.pairs": 0, "robust_start.pairs": 0},
    "no blending": {"losses.blend.weight": 0},
    "plain pixels": {"renderer": "pixels", "losses": {"clip": {"loss": "text_similarity"}}},
}
TUNED = ["a red apple", "a sailboat", "a green car", "a purple mushroom", "a pear", "a yellow star"]
SHOWN = ["a blue fish", "a rocket", "a yellow house", "a pink flower", "an owl", "a blue butterfly", "a frog", "a tree"]
SEEDS = (0, 1)
SIZE, STEPS, LOOKS, SIDE = 64, 60, 2, 96


def main(prompts: list[str], variants: dict[str, dict[str, Any]]) -> None:
    """Prints a line for each variant and writes the pictures."""
    judge = load_encoder("pocket-judge", precision="float32")
    captions = list(dict.fromkeys(captions_at("")[0]))
    columns = []
    with tempfile.TemporaryDirectory() as kept, torch.no_grad():
        for name, changes in variants.items():
            asked = [(prompt, seed) for seed in SEEDS for prompt in prompts]
            pictures = [imagined(prompt, seed, changes, Path(kept)) for prompt, seed in asked]
            seen = F.normalize(judge(torch.stack(pictures)).embedding, dim=-1)
            similar, ranks = [], []
            for (prompt, _), one in zip(asked, seen, strict=True):
                words = prompt.split(maxsplit=1)[1]
                found = embed_phrases([words, *(c for c in captions if c != words)], judge) @ one
                similar.append(float(found[0]))
                ranks.append(int((found > found[0]).sum()) + 1)
            first, ten = (sum(rank <= most for rank in ranks) / len(ranks) for most in (1, 10))
            mean = sum(similar) / len(similar)
            print(f"{name:28s} {mean:.3f}  first {first:4.0%}  in ten {ten:4.0%}  ranks {ranks}", flush=True)
            columns.append(torch.cat([_enlarged(picture) for picture in pictures[: len(prompts)]], dim=1))
            sheet = (torch.cat(columns, dim=2) * 255).round().byte().permute(1, 2, 0).numpy()
            (ROOT / "outputs").mkdir(exist_ok=True)
            Image.fromarray(np.ascontiguousarray(sheet)).save(ROOT / "outputs" / "imagine_parts.png")


@torch.enable_grad()
def imagined(prompt: str, seed: int, changes: dict[str, Any], kept: Path) -> Tensor:
    """The picture [3, SIZE, SIZE] that a variant makes of a prompt."""
    settings = {
        "prompt": prompt,
        "seed": seed,
        "by": "clip",
        "size": SIZE,
        "steps": STEPS,
        "num_augs": LOOKS,
        **changes,
    }
    config = read_config(ROOT / "configs" / "imagine.yaml", settings.items())
    own = changes.get("robust_start.pairs", "")
    (stage,) = build(config, Start(kept / f"{prompt} {seed} {own}"))  # variants share their start
    task = stage.task(None)
    result = optimise(task.renderer, task.objective(), stage.settings)
    return result.renderer.render().rgb[result.candidate, 0].detach()


def _enlarged(picture: Tensor) -> Tensor:
    return F.interpolate(picture[None], size=(SIDE, SIDE), mode="bicubic", antialias=True)[0].clamp(0, 1)


if __name__ == "__main__":
    given = sys.argv[1:]
    chosen = {name: VARIANTS[name] for name in given if name != "tuned"}
    main(TUNED if "tuned" in given else SHOWN, chosen or VARIANTS)
