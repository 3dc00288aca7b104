"""A renderer of one's own: a grid of coloured tiles, judged like any drawing.

Run: python examples/own_renderer.py [STEPS]
"""

import sys
from pathlib import Path

import torch
from tiles import Tiles

from guidance import Augmentations, AugmentedEncoder, Objective, Prompt, TextSimilarity, load_encoder
from pipelines import Settings, optimise

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
view = AugmentedEncoder(load_encoder("pocket"), Augmentations([{"perspective": 0.3}, {"crop": [0.7, 1.0]}]), num_augs=6)
objective = Objective({"text": TextSimilarity(view, Prompt.parse("a red heart on a yellow background"))})
tiles = Tiles(torch.full((2, 3, 28, 28), 0.8))  # two candidates of 28 x 28 tiles
result = optimise(tiles, objective, Settings(steps))
for artefact in tiles.artefacts(Path("outputs/own_renderer"), result.candidate):
    print(artefact.path)
