"""The same loss from Python: a renderer, an objective, the loop.

Run: python examples/own_loss.py [STEPS]
"""

import sys
from pathlib import Path

import torch
from warmth import Warmth

from guidance import Augmentations, AugmentedEncoder, Objective, Prompt, TextSimilarity, load_encoder
from pipelines import Settings, optimise
from renderers import Strokes, closed_shapes

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
generator = torch.Generator().manual_seed(0)

centres = 40 + 144 * torch.rand(2, 48, 2, generator=generator)  # two candidates of 48 shapes
colours = torch.rand(2, 48, 4, generator=generator)
scene = closed_shapes(centres, (224, 224), radius=18, colour=colours, generator=generator)
drawing = Strokes(scene, {"points": 1.0, "colour": 0.02})

view = AugmentedEncoder(load_encoder("pocket"), Augmentations([{"perspective": 0.5}, {"crop": [0.7, 0.9]}]), num_augs=6)
text = TextSimilarity(view, Prompt.parse("a green apple | a worm:-0.2"))
objective = Objective({"text": text}) + 0.3 * Objective({"warmth": Warmth(contrast=2)})

result = optimise(drawing, objective, Settings(steps))
for artefact in drawing.artefacts(Path("outputs/own_loss"), result.candidate):
    print(artefact.path)
