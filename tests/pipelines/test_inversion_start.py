"""What an inversion of an expression finds lies in the folder of the run."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from guidance import load_encoder
from guidance.embedding import Expression
from pipelines import build, read_config, run
from pipelines.task.start import Start

BOAT = Path(__file__).parents[2] / "configs/assets/sailboat.png"


def test_an_inversion_is_found_once_in_a_run(tmp_path: Path) -> None:
    near = {"loss": "embedding_distance", "toward": f'as_words("{BOAT}")', "num_augs": 0}
    config = {"recipe": "imagine", "prompt": "a boat", "losses": {"near": near}, "size": 32, "steps": 1}
    folder = run(config, output=str(tmp_path)).folder
    assert folder is not None
    (file,) = (folder / "start").glob("as_words-*.safetensors")
    found = load_file(file)["found"]
    other = torch.randn(found.shape, generator=torch.Generator().manual_seed(0))
    targets = []
    for kept in (found, other):
        save_file({"found": kept}, file)
        (stage,) = build(read_config(folder / "config.yaml", finished=True), Start(folder / "start"))
        targets.append(stage.task(None).objective().losses[0].target)
        torch.testing.assert_close(targets[-1], F.normalize(kept, dim=0))


def test_inversions_are_told_apart() -> None:
    """By function, argument and encoder."""
    asked: list[str] = []

    def keep(name: str, find: object) -> torch.Tensor:
        asked.append(name)
        return torch.eye(192 if len(asked) > 3 else 128)[len(asked)]

    encoder = load_encoder("pocket", precision="float32")
    for text in ('as_picture("a cat")', 'as_picture("a dog")', 'as_words("a cat")'):
        assert Expression(text, keep).embed(encoder).argmax() == len(asked)
    Expression('as_picture("a cat")', keep).embed(load_encoder("pocket-judge", precision="float32"))
    assert len(set(asked)) == 4
